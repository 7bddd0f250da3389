"""Against the real files, where UNNOISE_DATA has them."""

import hashlib

import numpy as np
import pytest

from unnoise import datasets
from unnoise.datasets import idx, mnist

pytestmark = pytest.mark.data


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_official_counts_and_content(real_data, name, split):
    data = datasets.load(name, split, download=False)
    assert len(data) == mnist.OFFICIAL_COUNTS[split]
    assert "a sample" not in data.describe()
    family = mnist.MNIST if name == "mnist" else mnist.FASHION_MNIST
    for array, digest in zip((data.images[..., 0], data.labels.astype(np.uint8)), family.digests[split], strict=True):
        assert hashlib.sha256(idx.pack(array)).hexdigest() == digest


@pytest.mark.parametrize(("split", "count"), [("train", 600), ("test", 100)])
def test_mini_is_the_first_of_each_class(real_data, split, count):
    mini, full = (datasets.load(name, split, download=False) for name in ("fashion-mnist-mini", "fashion-mnist"))
    seen = np.zeros(10, int)
    indices = []
    for index, label in enumerate(full.labels):
        seen[label] += 1
        if seen[label] <= count:
            indices.append(index)
    np.testing.assert_array_equal(mini.images, full.images[indices])
    np.testing.assert_array_equal(mini.labels, full.labels[indices])


def test_the_builder_gives_the_bundled_files(real_data, tmp_path, monkeypatch):
    from tools import make_fashion_mnist_mini as builder

    monkeypatch.setattr("sys.argv", ["make_fashion_mnist_mini", str(real_data), "--output", str(tmp_path)])
    builder.main()
    for names in mnist.FILE_NAMES.values():
        for name in names:
            # The content: another zlib may pack it otherwise.
            assert idx.read_content(tmp_path / name) == idx.read_content(builder.OUTPUT / name)


def test_mnist_in_the_place_of_fashion_mnist(real_data):
    from unnoise.errors import DataError

    with pytest.raises(DataError, match="Fashion-MNIST, whose files have the same names"):
        datasets.load("mnist", data_dir=real_data / "fashion-mnist", download=False)


def test_olivetti_faces(real_data):
    train, test = (datasets.load("olivetti", split, download=False) for split in ("train", "test"))
    assert (len(train), len(test)) == (320, 80)
    # Upright faces are more alike to their mirror image than to themselves upside down.
    mean = test.to_float().mean(axis=0)
    assert np.abs(mean - mean[:, ::-1]).mean() < np.abs(mean - mean[::-1]).mean()
    # Neighbouring images are of one person: nearer to each other than to the next person's.
    images = test.to_float().reshape(40, 2, -1)
    same = ((images[:, 0] - images[:, 1]) ** 2).mean()
    other = ((images[:-1, 0] - images[1:, 1]) ** 2).mean()
    assert same < 0.7 * other


@pytest.mark.parametrize("split", ["train", "test"])
def test_cifar_10(real_data, split):
    data = datasets.load("cifar-10", split, download=False)
    assert data.image_shape == (32, 32, 3)
    assert data.class_names[0] == "airplane"
    # Photographs are smooth along rows and columns, and ships stand before more blue than frogs do.
    images = data.to_float()
    assert np.abs(np.diff(images, axis=1)).mean() < 0.1
    assert np.abs(np.diff(images, axis=2)).mean() < 0.1
    blueness = (images[..., 2] - images[..., 0]).mean(axis=(1, 2))
    assert blueness[data.labels == 8].mean() > blueness[data.labels == 6].mean()
