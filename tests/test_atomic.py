"""Files that are whole or not there."""

import os

import pytest

from unnoise.atomic import atomic_path, remove_leftovers, write_bytes, write_text
from unnoise.errors import OutputError


def files(folder):
    return sorted(os.listdir(folder))


def test_the_file_appears_only_when_the_block_has_ended(tmp_path):
    target = tmp_path / "image.png"
    with atomic_path(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        temporary.write_bytes(b"pixels")
        assert not target.exists()
    assert target.read_bytes() == b"pixels"
    assert files(tmp_path) == ["image.png"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "model.keras"
    target.write_text("old")

    def interrupted():
        with atomic_path(target) as temporary:
            temporary.write_text("half of the new")
            raise error

    with pytest.raises(error):
        interrupted()
    assert target.read_text() == "old"
    assert files(tmp_path) == ["model.keras"]


def test_existing_file_is_replaced_only_with_overwrite(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "first")
    with pytest.raises(OutputError, match=r"exists already \(overwrite is false\)"):
        write_text(target, "second", overwrite=False)
    assert target.read_text() == "first"
    write_text(target, "second", overwrite=True)
    assert target.read_text() == "second"
    assert files(tmp_path) == ["a.txt"]


def test_the_file_is_flushed_by_a_handle_that_may_write(tmp_path, monkeypatch):
    """Windows refuses to flush a file that is open for reading only."""
    flushed = []

    def fsync(descriptor):
        assert os.write(descriptor, b"") == 0  # an error where it cannot be written
        flushed.append(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    write_text(tmp_path / "a.txt", "text")
    assert flushed
    assert (tmp_path / "a.txt").read_text() == "text"


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"the folder .*nowhere does not exist"):
        write_bytes(tmp_path / "nowhere" / "a.bin", b"x")
    assert files(tmp_path) == []


def test_a_refused_write_is_an_output_error_that_gives_the_reason(tmp_path):
    def full_disk():
        with atomic_path(tmp_path / "a.bin") as temporary:
            temporary.write_bytes(b"some")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        full_disk()
    assert files(tmp_path) == []


def test_text_is_utf_8_and_line_ends_are_kept(tmp_path):
    write_text(tmp_path / "a.txt", "Größe\r\n28×28\n")
    assert (tmp_path / "a.txt").read_bytes() == "Größe\r\n28×28\n".encode()


def test_writing_through_a_folder_of_the_same_name_is_an_output_error(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match="Cannot write"):
        write_text(tmp_path / "a", "text")
    assert files(tmp_path) == ["a"]


def test_leftovers_are_those_of_that_file_alone(tmp_path):
    killed = [".a.0123abcd.tmp.png", ".a.0123abcd.tmp.jpg", ".a.b.0123abcd.tmp.png", ".[a].0123abcd.tmp.png"]
    for name in [*killed, "a.png"]:
        (tmp_path / name).write_text("half")
    remove_leftovers(tmp_path / "a.png")
    assert files(tmp_path) == sorted([*killed[1:], "a.png"])
    remove_leftovers(tmp_path / "[a].png")
    assert files(tmp_path) == sorted([*killed[1:3], "a.png"])
    with atomic_path(tmp_path / "new.png") as temporary:
        temporary.write_text("half")
        remove_leftovers(tmp_path / "new.png")
        assert not temporary.exists()
        temporary.write_text("whole")
