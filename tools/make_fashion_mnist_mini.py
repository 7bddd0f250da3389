"""Build the bundled Fashion-MNIST mini from the official files: the first records of each class, in their order.

    python -m tools.make_fashion_mnist_mini SOURCE_FOLDER [--output FOLDER]

The result is the same, byte for byte, on every run with the same zlib.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np

from unnoise.atomic import write_bytes
from unnoise.datasets import idx, load
from unnoise.datasets.mnist import FILE_NAMES, OFFICIAL_COUNTS

#: Records of each of the 10 classes.
COUNTS = {"train": 600, "test": 100}
OUTPUT = Path(__file__).resolve().parents[1] / "src" / "unnoise" / "datasets" / "fashion_mnist_mini"


def first_of_each_class(labels: np.ndarray, count: int) -> np.ndarray:
    """Give the sorted indices of the first ``count`` records of each label."""
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with the four official .gz files")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where to write (default: into the package)")
    arguments = parser.parse_args()
    for split, count in COUNTS.items():
        full = load("fashion-mnist", split, data_dir=arguments.source, download=False)
        if full.labels is None or len(full) != OFFICIAL_COUNTS[split]:
            raise SystemExit(f"{full.source} is not the official set: {full.describe()}")
        indices = first_of_each_class(full.labels, count)
        arrays = (full.images[indices, :, :, 0], full.labels[indices].astype(np.uint8))
        for name, array in zip(FILE_NAMES[split], arrays, strict=True):
            # mtime=0 keeps the time of the run out of the file.
            write_bytes(arguments.output / name, gzip.compress(idx.pack(array), compresslevel=9, mtime=0))
        print(f"{split}: {len(indices):,} records from {full.source}")


if __name__ == "__main__":
    main()
