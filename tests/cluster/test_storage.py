"""Places: what is listed, fetched and put in place, whole or not at all, and what is never printed."""

import contextlib
import pickle
from pathlib import Path, PurePosixPath

import pytest

from unnoise.errors import InputError, OutputError, UsageError

pytest.importorskip("fsspec", reason="the extra 'cluster' is not installed")

from fsspec.implementations.memory import MemoryFileSystem

from unnoise.cluster.plan import plan
from unnoise.cluster.storage import Place, reason, without_secrets


class Slow(MemoryFileSystem):
    """A file system that shows files while they are written, as SFTP does."""

    protocol = "slow"
    cachable = False


@pytest.fixture
def memory():
    """The URL of an empty folder in memory."""
    fs = MemoryFileSystem()
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield "memory://store"
    fs.store.clear()


def fill(url, **files):
    place = Place.of(url)
    for name, content in files.items():
        path = PurePosixPath(name.replace("__", "/").replace("_", "."))
        if place.fs is None:
            place.local(path).parent.mkdir(parents=True, exist_ok=True)
            place.local(path).write_bytes(content)
        else:
            place.fs.pipe_file(f"{place.root}/{path}", content)
    return place


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_files_are_listed_by_name_and_bytes(tmp_path, memory, kind):
    place = fill(tmp_path if kind == "folder" else memory, b_png=b"12", sub__a_png=b"1", _hidden_png=b"", a_jpg=b"123")
    assert {str(name): size for name, size in place.files(recursive=False).items()} == {"a.jpg": 3, "b.png": 2}
    assert [str(name) for name in place.files(recursive=True)] == ["a.jpg", "b.png", "sub/a.png"]
    assert Place.of(f"{tmp_path}/missing").files(recursive=True) == {}


@pytest.mark.parametrize("kind", ["folder", "memory", "slow"])
def test_what_fails_half_way_is_not_there(tmp_path, memory, kind):
    place = Place.of(tmp_path / "out" if kind == "folder" else memory)
    if kind == "slow":
        place = Place(place.shown, place.root, Slow())
    name = PurePosixPath("sub/a.png")
    for written in (b"whole", None):
        expected = contextlib.nullcontext() if written else pytest.raises(InputError, match="network failed")
        with expected, place.stored(name, overwrite=True) as path:
            if written is None:
                if kind != "folder":  # there denoise_file itself writes to a temporary name
                    path.write_bytes(b"half")
                raise InputError("The network failed.")
            path.write_bytes(written)
    with place.fetched(name) as path:
        assert path.read_bytes() == b"whole"
    assert [str(file) for file in place.files(recursive=True)] == ["sub/a.png"]
    every = place.fs.find(place.root) if place.fs else [file for file in Path(place.root).rglob("*") if file.is_file()]
    assert len(every) == 1


def test_a_write_that_breaks_off_leaves_the_old_file(memory, monkeypatch):
    place = Place.of(memory)
    place = Place(place.shown, place.root, Slow())
    name = PurePosixPath("a.png")
    with place.stored(name, overwrite=True) as path:
        path.write_bytes(b"old")

    def broken(self, local, remote, **_):
        self.pipe_file(remote, b"ne")
        raise ConnectionError("the line broke")

    monkeypatch.setattr(Slow, "put_file", broken)
    with pytest.raises(OutputError, match="the line broke"), place.stored(name, overwrite=True) as path:
        path.write_bytes(b"new")
    assert place.fs.cat_file(f"{place.root}/a.png") == b"old"


def test_an_existing_file_is_kept_unless_asked(memory):
    place = fill(memory, a_png=b"old")
    expected = pytest.raises(OutputError, match="exists already")
    with expected as caught, place.stored(PurePosixPath("a.png"), overwrite=False) as path:
        path.write_bytes(b"new")
    assert caught.value.remedy == "overwrite"
    assert place.fs.cat_file(f"{place.root}/a.png") == b"old"


def test_errors_call_a_fetched_file_by_its_own_name(memory):
    place = fill(memory, a_png=b"content")
    with (
        pytest.raises(InputError, match=r"^Cannot read memory://store/a\.png: no image\.$"),
        place.fetched(PurePosixPath("a.png")) as path,
    ):
        raise InputError(f"Cannot read {path}: no image.")
    with pytest.raises(InputError, match=r"Cannot read memory://store/b\.png"), place.fetched(PurePosixPath("b.png")):
        pass


def test_secrets_are_never_told():
    text = "sftp://me:se:cr@et@host/x and https://host/a.png?X-Amz-Signature=123 failed"
    assert without_secrets(text) == "sftp://me@host/x and https://host/a.png failed"
    assert "secret" not in reason(ValueError("cannot open ftp://me:secret@host/scans"))
    assert without_secrets("s3://bucket/a b.png: 10:30@noon") == "s3://bucket/a b.png: 10:30@noon"


def test_an_unknown_place_is_told():
    with pytest.raises(UsageError, match="nosuch"):
        Place.of("nosuch://bucket/in")


def test_places_can_be_pickled(tmp_path, memory):
    for url in (str(tmp_path), memory):
        assert pickle.loads(pickle.dumps(Place.of(url))) == Place.of(url)


def test_a_place_that_cannot_be_written_is_found_before(tmp_path, memory, monkeypatch):
    for place in (Place.of(tmp_path / "new"), Place.of(memory)):
        place.check_writable()
        assert place.files(recursive=True) == {}
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"Cannot write to .*file"):
        Place.of(tmp_path / "file").check_writable()

    def full(self, local, remote, **_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MemoryFileSystem, "put_file", full)
    with pytest.raises(OutputError, match=r"Cannot write to memory://store: .*No space left on device") as caught:
        Place.of(memory).check_writable()
    assert caught.value.remedy == "output"


def test_a_plan_holds_what_is_not_done(memory):
    source = fill(f"{memory}/in", a_png=b"1", b_tif=b"12", c_png=b"1", sub__d_png=b"1", raw_nef=b"1", notes_txt=b"1")
    target = fill(f"{memory}/in/out", a_png=b"done", b_png=b"", x_png=b"another")
    todo = plan(source, target, recursive=True, suffix=".png")
    assert todo.sizes == {"b.tif": 2, "c.png": 1, "sub/d.png": 1}  # the empty b.png is not done
    assert todo.done == [("memory://store/in/a.png", "memory://store/in/out/a.png")]
    assert ["raw file" in line for line in todo.left_out] == [True]
    assert set(plan(source, target, suffix=".png", overwrite=True).sizes) == {"a.png", "b.tif", "c.png"}


def test_what_cannot_be_planned(memory):
    source = fill(f"{memory}/in", a_png=b"1", a_tif=b"1")
    with pytest.raises(OutputError, match="is the input folder"):
        plan(source, Place.of(f"{memory}/in/"))
    with pytest.raises(InputError, match=r"both be written to a\.png"):
        plan(source, Place.of(f"{memory}/out"), suffix=".png")
    with pytest.raises(InputError, match="no images in memory://store/empty") as caught:
        plan(Place.of(f"{memory}/empty"), Place.of(f"{memory}/out"))
    assert caught.value.remedy == "recursive"
