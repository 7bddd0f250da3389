"""One battery for every registered data set: the contract of ``load``."""

import subprocess
import sys

import numpy as np
import pytest

from unnoise import datasets
from unnoise.errors import UsageError

SHAPES = {
    "mnist": (28, 28, 1),
    "fashion-mnist": (28, 28, 1),
    "fashion-mnist-mini": (28, 28, 1),
    "cifar-10": (32, 32, 3),
    "cifar-100": (32, 32, 3),
    "olivetti": (64, 64, 1),
    "lfw": (62, 47, 1),
    "digits": (8, 8, 1),
}


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", datasets.names())
def test_contract(name, split, official):
    data = datasets.load(name, split, data_dir=official(name), download=False)
    assert (data.name, data.split) == (name, split)
    assert data.image_shape == SHAPES[name]
    assert data.images.dtype == (np.float32 if name == "digits" else np.uint8)
    assert data.labels.dtype == np.int64
    assert data.labels.shape == (len(data),)
    assert 0 <= data.labels.min() <= data.labels.max() < len(data.class_names)
    assert len(set(data.class_names)) == len(data.class_names)
    assert all(isinstance(class_name, str) and class_name for class_name in data.class_names)
    assert data.licence
    assert (data.groups is not None) == (name in ("olivetti", "lfw"))
    unit = data.to_float()
    assert unit.dtype == np.float32
    assert unit.shape == data.images.shape
    assert 0 <= unit.min() <= unit.max() <= 1
    line = data.describe()
    assert line.startswith(f"{name} {split}: {len(data):,} image")
    assert data.source in line
    assert "\n" not in line


@pytest.mark.parametrize("name", datasets.names())
def test_two_loads_agree_and_share_nothing(name, official):
    root = official(name)
    first = datasets.load(name, data_dir=root, download=False)
    second = datasets.load(name, data_dir=root, download=False)
    np.testing.assert_array_equal(first.images, second.images)
    assert not np.shares_memory(first.images, second.images)
    assert first.images.flags.writeable


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar-10", "cifar-100", "olivetti", "lfw"])
def test_a_smaller_sample_says_so(name, official):
    assert "a sample" in datasets.load(name, data_dir=official(name), download=False).describe()


def test_all_promised_names_are_there():
    assert set(datasets.names()) == set(SHAPES)


def test_unknown_name_suggests_the_closest():
    with pytest.raises(UsageError, match=r"neither a data set nor a folder.*Did you mean 'fashion-mnist'"):
        datasets.load("fashion-mnst")


def test_unknown_split():
    with pytest.raises(UsageError, match=r"'validation'.*Allowed: test, train"):
        datasets.load("digits", "validation")


def test_mini_is_balanced_and_needs_no_file():
    for split, count in (("train", 600), ("test", 100)):
        mini = datasets.load("fashion-mnist-mini", split, download=False)
        np.testing.assert_array_equal(np.bincount(mini.labels), [count] * 10)


def test_digits_are_whole_sixteenths():
    train, test = (datasets.load("digits", split) for split in ("train", "test"))
    assert (len(train), len(test)) == (1437, 360)
    np.testing.assert_array_equal(train.images * 16, np.round(train.images * 16))
    assert train.images.max() == 1


def test_import_is_light():
    code = (
        "import sys, unnoise.datasets as d; d.load('fashion-mnist-mini', 'test');"
        "print([m for m in ('scipy', 'sklearn', 'pooch', 'keras', 'tensorflow', 'pyvips') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
