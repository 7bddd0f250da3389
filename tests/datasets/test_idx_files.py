"""idx files: what is read, and that no damage is ever half used."""

import gzip
import struct

import numpy as np
import pytest

from unnoise import datasets
from unnoise.datasets import idx
from unnoise.errors import DataError

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def folder(tmp_path, layouts):
    layouts.idx(tmp_path / "mnist")
    return tmp_path / "mnist"


def load(folder):
    return datasets.load("mnist", data_dir=folder.parent, download=False)


def repack(path, change):
    content = bytearray(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(bytes(change(content) or content)))


def set_word(position, value):
    def change(content):
        content[4 * position : 4 * position + 4] = struct.pack(">I", value)

    return change


def assert_damaged(folder, name, *words):
    with pytest.raises(DataError) as caught:
        load(folder)
    message = str(caught.value)
    assert str(folder / name) in message
    for word in ("expected", "found", "Remove this file", *words):
        assert word in message


def test_pixels_and_labels_are_those_of_the_file(folder):
    data = load(folder)
    raw = gzip.decompress((folder / IMAGES).read_bytes())
    assert data.images[3, 5, 7, 0] == raw[16 + 3 * 784 + 5 * 28 + 7]
    assert data.labels.tolist() == [*range(10), *range(10)]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["mnist", "."])
def test_packed_or_not_in_a_sub_folder_or_directly(tmp_path, layouts, packed, place):
    layouts.idx(tmp_path / "data" / place, packed=packed)
    assert len(datasets.load("mnist", "test", data_dir=tmp_path / "data", download=False)) == 10


def test_pack_is_the_inverse_of_parse(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(idx.parse(idx.pack(array), idx.IMAGES_MAGIC, tmp_path), array)


@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("kept", [0, 1, 9, 0.3, 0.7, -8, -1])
def test_truncated_gzip(folder, name, kept):
    path = folder / name
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    assert_damaged(folder, name)


@pytest.mark.parametrize("kept", [0, 3, 15, 16, 800, -1])
def test_truncated_without_gzip(tmp_path, layouts, kept):
    layouts.idx(tmp_path / "mnist", packed=False)
    path = tmp_path / "mnist" / IMAGES.removesuffix(".gz")
    path.write_bytes(path.read_bytes()[:kept])
    assert_damaged(path.parent, path.name, "bytes")


@pytest.mark.parametrize("position", [11, 40, 1000, -5, -1])
def test_a_flipped_byte_inside_gzip(folder, position):
    path = folder / IMAGES
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    assert_damaged(folder, IMAGES)


def test_wrong_magic_number(folder):
    repack(folder / IMAGES, set_word(0, 0x801))
    assert_damaged(folder, IMAGES, "0x00000803", "0x00000801")


@pytest.mark.parametrize("count", [19, 21, 2**32 - 1])
def test_wrong_count(folder, count):
    repack(folder / IMAGES, set_word(1, count))
    assert_damaged(folder, IMAGES, "bytes")


def test_no_records(folder):
    (folder / LABELS).write_bytes(gzip.compress(struct.pack(">II", 2049, 0)))
    assert_damaged(folder, LABELS, "at least one record")


def test_bytes_after_the_end(folder):
    repack(folder / LABELS, lambda content: content + b"\0")
    assert_damaged(folder, LABELS, "28 bytes", "29 bytes")


def test_other_image_size(folder):
    (folder / IMAGES).write_bytes(gzip.compress(idx.pack(np.zeros((20, 8, 8), np.uint8))))
    assert_damaged(folder, IMAGES, "28×28", "8×8")


def test_label_out_of_range(folder):
    repack(folder / LABELS, lambda content: content[:-1] + b"\x0a")
    assert_damaged(folder, LABELS, "0 to 9", "label 10")


def test_images_and_labels_must_be_equally_many(folder):
    (folder / LABELS).write_bytes(gzip.compress(idx.pack(np.zeros(19, np.uint8))))
    assert_damaged(folder, LABELS, "20 labels", str(folder / IMAGES), "19")


def test_a_folder_in_place_of_a_file(folder):
    (folder / IMAGES).unlink()
    (folder / IMAGES).mkdir()
    assert_damaged(folder, IMAGES, "readable")


def test_the_other_set_under_the_same_file_names_is_refused(folder, monkeypatch):
    from unnoise.datasets import mnist

    digest = mnist.hashlib.sha256(gzip.decompress((folder / IMAGES).read_bytes())).hexdigest()
    monkeypatch.setitem(mnist.FASHION_MNIST.digests, "train", (digest, ""))
    assert_damaged(folder, IMAGES, "Fashion-MNIST")
