"""Whether images without noise are left alone: photographs, text, line art, gradients, renders, means of many shots.

    python -m measurements.clean_images PHOTOS [--cameras choose] [--model photo] [--images 48]

PHOTOS is a folder with the folders cbsd68, train-more and polyu. Each image, in 8 bits, is denoised by default. Told
are the shares that come back unchanged, and that are changed by less than a limit: 0.8 of 255 rms for photographs, in
which faint noise is left, 0.4 for what was drawn. What changes most is named in a table of images.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import unnoise
from measurements.called_clean import Bytes, pixels_of
from measurements.drawn_images import KINDS, drawn
from measurements.photo_pairs import CAMERAS, mean_file, noisy_files, photographs
from measurements.tables import RESULTS, write_table

PHOTOGRAPH, DRAWN = 0.8, 0.4
"""Limits of the change, rms of 255."""
HEADER = ("kind", "images", "returned unchanged", "limit", "changed by less", "median change", "largest change")


def change(image: Bytes, model: str) -> float:
    """Return by how much the default changes an image, rms of 255."""
    answer = unnoise.denoise(image, model=model)
    return float(np.sqrt(np.mean((answer.astype(np.float64) - image) ** 2)))


def kinds(photos: Path, cameras: str, count: int) -> Iterable[tuple[str, float, list[str], Iterable[Bytes]]]:
    """Yield each kind's name, its limit, and its images with their names."""
    of_kind = {
        "CBSD68": sorted((photos / "cbsd68").glob("*.png")),
        "held-out photographs": photographs(photos / "train-more"),
        f"means of many shots, {cameras}": [mean_file(file) for file in noisy_files(photos / "polyu", cameras)],
    }
    for name, files in of_kind.items():
        chosen = files[:count]
        yield name, PHOTOGRAPH, [file.stem for file in chosen], (pixels_of(file) for file in chosen)
    for name in KINDS:
        yield name, DRAWN, [f"{number:02}" for number in range(count)], drawn(name, count)


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--cameras", choices=CAMERAS, default="choose")
    parser.add_argument("--model", default="photo")
    parser.add_argument("--images", type=int, default=68, help="of each kind, at most")
    asked = parser.parse_args()
    rows, images = [], []
    for kind, limit, names, members in kinds(asked.photos, asked.cameras, asked.images):
        changes = np.array([change(image, asked.model) for image in members])
        images += [[kind, name, f"{value:.3f}"] for name, value in zip(names, changes, strict=True)]
        shares = [f"{np.mean(changes <= 0):.1%}", f"{np.mean(changes < limit):.1%}"]
        largest = f"{names[int(changes.argmax())]}: {changes.max():.2f}"
        rows.append([kind, len(changes), shares[0], limit, shares[1], f"{np.median(changes):.2f}", largest])
        print(*rows[-1], sep="  ", flush=True)
        write_table(RESULTS / "clean_images_changes.csv", ["kind", "image", "rms change"], images)
        write_table(RESULTS / "clean_images.csv", HEADER, rows)


if __name__ == "__main__":
    main()
