"""Whether photographs for training are also in sets for testing: each is compared as a small gray picture.

    python -m measurements.thumbnails TRAINING_FOLDER... --against TEST_FOLDER... [--leave-out NAME...]

Pictures of 16 × 16 pixels are compared by their correlation, in all eight orientations. Copies, also shrunk, recoloured
or compressed ones, have more than 0.97; crops are not found. Exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

Thumbnails = npt.NDArray[np.float64]

SIDE = 16
SAME = 0.97
"""Correlation from which on two pictures count as one."""


class Likeness(NamedTuple):
    """How like two files' pictures are, 1 being equal but for brightness and contrast."""

    correlation: float
    training: Path
    test: Path


def image_files(folder: Path) -> list[Path]:
    """Return the image files of a folder and its sub-folders in name order."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))


def thumbnail(file: Path) -> Thumbnails:
    """Return an image's luma in ``SIDE`` × ``SIDE`` pixels, whatever its shape."""
    with Image.open(file) as image:
        image.draft("L", (8 * SIDE, 8 * SIDE))
        return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), np.float64)


def vector(picture: Thumbnails) -> Thumbnails:
    """Return a picture as a vector of mean 0 and length 1, zeros if it has one value everywhere."""
    centred = (picture - picture.mean()).ravel()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-9))


def orientations(picture: Thumbnails) -> list[Thumbnails]:
    """Return a picture turned and mirrored in all eight ways."""
    return [np.rot90(side, turns) for side in (picture, picture.T) for turns in range(4)]


def likenesses(training: Iterable[Path], test: Iterable[Path]) -> list[Likeness]:
    """Return for each test file the training file that is most like it, the most alike first."""
    files = list(training)
    vectors = np.array([vector(thumbnail(file)) for file in files])
    found = []
    for file in test:
        turned = np.array([vector(picture) for picture in orientations(thumbnail(file))])
        alike = (vectors @ turned.T).max(axis=1)
        best = int(alike.argmax())
        found.append(Likeness(float(alike[best]), files[best], file))
    return sorted(found, reverse=True)


def main() -> int:
    """Compare, print what is most alike, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training", type=Path, nargs="+")
    parser.add_argument("--against", type=Path, nargs="+", required=True)
    parser.add_argument("--leave-out", nargs="+", default=[], help="names of files that training leaves out")
    asked = parser.parse_args()
    training = [f for folder in asked.training for f in image_files(folder) if f.name not in asked.leave_out]
    found = likenesses(training, [file for folder in asked.against for file in image_files(folder)])
    for correlation, one, other in found[:10]:
        print(f"{correlation:.3f}  {one}  {other}")
    return int(found[0].correlation > SAME)


if __name__ == "__main__":
    sys.exit(main())
