"""CIFAR-10 and CIFAR-100 in the binary layout: records of label bytes and 3072 bytes of pixels, red plane first.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and the page of the data sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unnoise.datasets.archive import members
from unnoise.datasets.catalogue import registry
from unnoise.datasets.dataset import Dataset
from unnoise.datasets.download import Remote
from unnoise.datasets.sources import Search, Wanted, damaged, sample_note

PIXELS = 3 * 32 * 32
OFFICIAL_COUNTS = {"train": 50_000, "test": 10_000}
LICENCE = "no licence stated by the authors; cite Krizhevsky 2009"


@dataclass(frozen=True)
class _Layout:
    """How one of the two sets is laid out. The label that counts is the last of the label bytes."""

    archive: str
    md5: str
    folder: str
    batches: dict[str, tuple[str, ...]]
    names_file: str
    class_names: tuple[str, ...] | None
    classes: int
    label_bytes: int


CIFAR_10 = _Layout(
    archive="cifar-10-binary.tar.gz",
    md5="c32a1d4ab5d03f1284b67883e8d87530",
    folder="cifar-10-batches-bin",
    batches={"train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test": ("test_batch.bin",)},
    names_file="batches.meta.txt",
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    classes=10,
    label_bytes=1,
)

CIFAR_100 = _Layout(
    archive="cifar-100-binary.tar.gz",
    md5="03b5dce01913d631647c71ecec9e9cb8",
    folder="cifar-100-binary",
    batches={"train": ("train.bin",), "test": ("test.bin",)},
    names_file="fine_label_names.txt",
    class_names=None,
    classes=100,
    label_bytes=2,  # the coarse label (20 classes), then the fine one (100)
)


@registry.register("cifar-10")
def cifar_10(split: str, search: Search) -> Dataset:
    """Give CIFAR-10: colour images 32×32 of 10 classes, 50,000 for training and 10,000 for the test."""
    return _load("cifar-10", CIFAR_10, split, search)


@registry.register("cifar-100")
def cifar_100(split: str, search: Search) -> Dataset:
    """Give CIFAR-100 with its 100 fine classes: 50,000 colour images 32×32 for training, 10,000 for the test."""
    return _load("cifar-100", CIFAR_100, split, search)


def _load(name: str, layout: _Layout, split: str, search: Search) -> Dataset:
    remote = Remote(f"https://www.cs.toronto.edu/~kriz/{layout.archive}", f"md5:{layout.md5}")
    (path,) = search.find(name, [Wanted(layout.archive, remote, (layout.folder,))])
    batches = layout.batches[split]
    files = _contents(path, layout, (*batches, layout.names_file))
    for batch in batches:
        if batch not in files:
            raise damaged(path, f"a file {layout.folder}/{batch}", "none")
    parts = [_records(files[batch], layout, _inside(path, layout, batch)) for batch in batches]
    images = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    return Dataset(
        name=name,
        split=split,
        images=images,
        labels=labels,
        class_names=_class_names(files.get(layout.names_file), layout, path),
        source=f"{path}{sample_note(len(images), OFFICIAL_COUNTS[split])}",
        licence=LICENCE,
    )


def _contents(path: Path, layout: _Layout, names: tuple[str, ...]) -> dict[str, bytes]:
    """Give the content of the named files that are there, from the archive or from the unpacked folder."""
    if path.is_dir():
        try:
            return {name: (path / name).read_bytes() for name in names if (path / name).exists()}
        except OSError as error:
            raise damaged(error.filename, "a readable file", f"{error.strerror}") from error
    wanted = {f"{layout.folder}/{name}": name for name in names}
    return {wanted[member]: content for member, content in members(path, wanted.__contains__)}


def _records(content: bytes, layout: _Layout, where: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    size = layout.label_bytes + PIXELS
    if not content or len(content) % size:
        raise damaged(where, f"one or more records of {size:,} bytes", f"{len(content):,} bytes")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, size)
    labels = records[:, layout.label_bytes - 1].astype(np.int64)
    if labels.max() >= layout.classes:
        raise damaged(where, f"labels 0 to {layout.classes - 1}", f"a label {labels.max()}")
    planes = records[:, layout.label_bytes :].reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def _class_names(content: bytes | None, layout: _Layout, path: Path) -> tuple[str, ...]:
    where = _inside(path, layout, layout.names_file)
    if content is None:
        if layout.class_names is None:
            raise damaged(path, f"a file {layout.folder}/{layout.names_file} with {layout.classes} class names", "none")
        return layout.class_names
    try:
        names = tuple(line.strip() for line in content.decode("ascii").splitlines() if line.strip())
    except UnicodeDecodeError as error:
        raise damaged(where, "class names in plain ASCII", "other bytes") from error
    if len(names) != layout.classes:
        raise damaged(where, f"{layout.classes} class names", f"{len(names)}")
    return names


def _inside(path: Path, layout: _Layout, name: str) -> str:
    return str(path / name) if path.is_dir() else f"{path} ({layout.folder}/{name})"
