"""MNIST, Fashion-MNIST and the bundled Fashion-MNIST mini: gray images 28×28 in idx files.

Sources: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998;
Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
arXiv:1708.07747, 2017.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from unnoise.datasets import idx
from unnoise.datasets.catalogue import registry
from unnoise.datasets.dataset import Dataset
from unnoise.datasets.download import Remote
from unnoise.datasets.sources import Search, Wanted, damaged, sample_note

IMAGE_SHAPE = (28, 28)
OFFICIAL_COUNTS = {"train": 60_000, "test": 10_000}
FILE_NAMES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
_PACKAGE = "the package unnoise"


@dataclass(frozen=True)
class _Family:
    """What tells one data set in idx files from another."""

    class_names: tuple[str, ...]
    licence: str
    address: str
    #: SHA-256 of the unpacked content of the official files, in the order of FILE_NAMES. The content is what mirrors
    #: agree on, and it tells MNIST and Fashion-MNIST apart, whose files have the same names.
    digests: dict[str, tuple[str, str]]


MNIST = _Family(
    class_names=tuple("0123456789"),
    licence="CC BY-SA 3.0",
    address="https://ossci-datasets.s3.amazonaws.com/mnist/",
    digests={
        "train": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        "test": (
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    },
)

FASHION_MNIST = _Family(
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    licence="MIT",
    address="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    digests={
        "train": (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        "test": (
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    },
)


@registry.register("mnist")
def mnist(split: str, search: Search) -> Dataset:
    """Give MNIST: handwritten digits, 60,000 for training and 10,000 for the test."""
    return _from_files("mnist", MNIST, split, search)


@registry.register("fashion-mnist")
def fashion_mnist(split: str, search: Search) -> Dataset:
    """Give Fashion-MNIST: articles of clothing, 60,000 for training and 10,000 for the test."""
    return _from_files(
        "fashion-mnist",
        FASHION_MNIST,
        split,
        search,
        system=DEBIAN_FOLDER,
        hint="on Debian and Ubuntu: apt install dataset-fashion-mnist; "
        "or use fashion-mnist-mini, which comes with unnoise",
    )


@registry.register("fashion-mnist-mini")
def fashion_mnist_mini(split: str, search: Search) -> Dataset:
    """Give the bundled part of Fashion-MNIST: the first 600 (test: 100) of each class, in the official order."""
    folder = resources.files("unnoise.datasets") / "fashion_mnist_mini"
    images, labels = (folder / name for name in FILE_NAMES[split])
    return _read("fashion-mnist-mini", FASHION_MNIST, split, images, labels, source=_PACKAGE)


def _from_files(
    name: str, family: _Family, split: str, search: Search, *, system: Path | None = None, hint: str = ""
) -> Dataset:
    wanted = []
    for file_name, digest in zip(FILE_NAMES[split], family.digests[split], strict=True):
        bare = file_name.removesuffix(".gz")
        # Many unpackers and mirrors write a dot before "idx".
        unpacked = (bare, bare.replace("-idx", ".idx"))
        wanted.append(Wanted(file_name, Remote(family.address + file_name, f"sha256:{digest}", True), unpacked))
    images, labels = search.find(name, wanted, system=system, hint=hint)
    return _read(name, family, split, images, labels)


def _read(
    name: str,
    family: _Family,
    split: str,
    images_path: Path | Traversable,
    labels_path: Path | Traversable,
    source: str | None = None,
) -> Dataset:
    content = idx.read_content(images_path)
    _refuse_the_other(name, content, images_path)
    images = idx.parse(content, idx.IMAGES_MAGIC, images_path)
    labels = idx.parse(idx.read_content(labels_path), idx.LABELS_MAGIC, labels_path)
    if images.shape[1:] != IMAGE_SHAPE:
        raise damaged(images_path, "images of 28×28 pixels", f"{images.shape[1]}×{images.shape[2]}")
    if len(images) != len(labels):
        raise damaged(labels_path, f"{len(images):,} labels, as many as images in {images_path}", f"{len(labels):,}")
    if labels.max() >= len(family.class_names):
        raise damaged(labels_path, f"labels 0 to {len(family.class_names) - 1}", f"a label {labels.max()}")
    if source is None:
        source = str(Path(str(images_path)).parent) + sample_note(len(images), OFFICIAL_COUNTS[split])
    return Dataset(
        name=name,
        split=split,
        images=images[..., np.newaxis],
        labels=labels.astype(np.int64),
        class_names=family.class_names,
        source=source,
        licence=family.licence,
    )


def _refuse_the_other(name: str, content: bytes, path: Path | Traversable) -> None:
    """Both sets use the same file names, so a folder given by hand may hold the other one."""
    other, family = ("Fashion-MNIST", FASHION_MNIST) if name == "mnist" else ("MNIST", MNIST)
    if hashlib.sha256(content).hexdigest() in {digests[0] for digests in family.digests.values()}:
        raise damaged(path, f"the images of {name}", f"those of {other}, whose files have the same names")
