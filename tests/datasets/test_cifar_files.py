"""The binary layout of CIFAR-10 and CIFAR-100, from generated files."""

import gzip
import tarfile

import numpy as np
import pytest

from unnoise import datasets
from unnoise.errors import DataError

CLASSES = {"cifar-10": 10, "cifar-100": 100}
FIRST_BATCH = {"cifar-10": "cifar-10-batches-bin/data_batch_1.bin", "cifar-100": "cifar-100-binary/train.bin"}
NAMES = {"cifar-10": "cifar-10-batches-bin/batches.meta.txt", "cifar-100": "cifar-100-binary/fine_label_names.txt"}
pytestmark = pytest.mark.parametrize("name", ["cifar-10", "cifar-100"])


@pytest.fixture
def load(tmp_path, layouts, name):
    """Write the files, changed by the test, as an archive or as a folder, and load the training set."""

    def load(change=None, *, packed=True, split="train"):
        files = layouts.cifar(CLASSES[name])
        if change:
            change(files)
        if packed:
            layouts.tar(tmp_path / name / f"{name}-binary.tar.gz", files)
        else:
            layouts.tree(tmp_path / name, files)
        return datasets.load(name, split, data_dir=tmp_path, download=False)

    return load


@pytest.mark.parametrize("packed", [True, False])
def test_planes_become_channels_and_the_fine_label_counts(load, name, packed):
    data = load(packed=packed)
    assert len(data) == (20 if name == "cifar-10" else 4)
    assert data.labels[:4].tolist() == ([1, 2, 3, 4] if name == "cifar-10" else [50, 51, 52, 53])
    expected = data.labels[:, None, None, None] + np.arange(3)
    np.testing.assert_array_equal(data.images, np.broadcast_to(expected, data.images.shape))
    assert data.class_names[1] == ("class 1" if name == "cifar-10" else "fine 1")


def test_the_test_split_has_its_own_records(load, name):
    assert load(split="test").labels.tolist() == ([6, 7, 8, 9] if name == "cifar-10" else [96, 97, 98, 99])


def test_rows_are_rows(load, name):
    def mark(files):
        content = bytearray(files[FIRST_BATCH[name]])
        content[(1 if name == "cifar-10" else 2) + 1024 + 32 * 5 + 9] = 200  # green, row 5, column 9
        files[FIRST_BATCH[name]] = bytes(content)

    assert np.argwhere(load(mark).images == 200).tolist() == [[0, 5, 9, 1]]


def test_without_the_file_of_class_names(load, name):
    def remove(files):
        del files[NAMES[name]]

    if name == "cifar-10":
        assert load(remove).class_names[:3] == ("airplane", "automobile", "bird")
    else:
        with pytest.raises(DataError, match=r"fine_label_names\.txt"):
            load(remove)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files, batch: files.pop(batch), "none"),
        (lambda files, batch: files.update({batch: files[batch][:-1]}), "bytes"),
        (lambda files, batch: files.update({batch: b""}), "0 bytes"),
        (lambda files, batch: files.update({batch: b"\xff\xff" + files[batch][2:]}), "label 255"),
    ],
    ids=["missing", "short", "empty", "label"],
)
def test_damaged_batch(load, name, packed, change, words):
    with pytest.raises(DataError) as caught:
        load(lambda files: change(files, FIRST_BATCH[name]), packed=packed)
    assert FIRST_BATCH[name] in str(caught.value).replace("\\", "/")
    assert words in str(caught.value)


@pytest.mark.parametrize("names", [b"one\ntwo\n", b"\xff" * 20])
def test_damaged_class_names(load, name, names):
    with pytest.raises(DataError, match="class names"):
        load(lambda files: files.update({NAMES[name]: names}))


@pytest.mark.parametrize("kept", [0, 5, 0.2, 0.5, 0.9, -9, -1])
def test_truncated_archive(load, tmp_path, name, kept):
    load()
    path = tmp_path / name / f"{name}-binary.tar.gz"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(DataError) as caught:
        datasets.load(name, data_dir=tmp_path, download=False)
    assert str(path) in str(caught.value)


def test_a_flipped_byte_in_the_archive_never_changes_a_pixel(load, tmp_path, name):
    intact = load()
    path = tmp_path / name / f"{name}-binary.tar.gz"
    content = path.read_bytes()
    start = content.index(b"\0", 10) + 1  # before it stand the time and the name, which no checksum guards
    noticed = 0
    for position in range(start, len(content), 10):
        damaged = bytearray(content)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        try:
            # In a plane of equal values another distance to copy from gives the same bytes: then nothing is damaged.
            np.testing.assert_array_equal(datasets.load(name, data_dir=tmp_path, download=False).images, intact.images)
        except DataError:
            noticed += 1
    assert noticed > 40


def test_a_tar_cut_inside_an_intact_gzip(load, tmp_path, name):
    load()
    path = tmp_path / name / f"{name}-binary.tar.gz"
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:5000]))
    with pytest.raises(DataError) as caught:
        datasets.load(name, data_dir=tmp_path, download=False)
    assert str(path) in str(caught.value)


def test_links_in_the_archive_are_not_followed(load, tmp_path, name):
    load()
    path = tmp_path / name / f"{name}-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(FIRST_BATCH[name])
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(member)
    with pytest.raises(DataError, match="found none"):
        datasets.load(name, data_dir=tmp_path, download=False)
