"""The noise estimate against the noise that is there: on camera photographs, and on white noise that was processed.

    python -m measurements.noise_estimates POLYU TRAIN_MORE [--cameras choose] [--model photo] [--images 48]

The true noise is the rms of the noisy image less the clean one; white noise of 5 to 50 of 255 is added to photographs
that training leaves out, and both go through the same steps: nothing, clipping to 8 bits, JPEG of quality 90, or half
the size. Told are the median relative error and the rank correlation (Spearman) over all images and strengths.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.stats import spearmanr

import unnoise
from measurements.photo_pairs import CAMERAS, Pixels, photographs, polyu_pairs
from measurements.tables import RESULTS, write_table
from unnoise import noise

SIGMAS = (5, 10, 15, 25, 35, 50)
SIDE = 512
"""Photographs are cropped to this side, in their middle."""


def in_8_bits(image: Pixels) -> Pixels:
    """Return the image clipped and rounded to 8 bits."""
    return (np.rint(np.clip(image, 0, 1) * 255) / 255).astype(np.float32)


def half_size(image: Pixels) -> Pixels:
    """Return the image in 8 bits at half its size, resampled as most software does by default (Lanczos)."""
    pixels = Image.fromarray(np.uint8(np.rint(in_8_bits(image) * 255)))
    smaller = pixels.resize((pixels.width // 2, pixels.height // 2), Image.Resampling.LANCZOS)
    return np.asarray(smaller, np.float32) / 255


def chains(rng: np.random.Generator) -> dict[str, Callable[[Pixels], Pixels]]:
    """Return what an image may go through after the noise came."""
    jpeg = noise.parse("jpeg(quality=90)")
    return {
        "raw": lambda image: image,
        "clipped": in_8_bits,
        "JPEG 90": lambda image: np.asarray(jpeg(in_8_bits(image), rng), np.float32),
        "half size": half_size,
    }


def compare(noisy: Pixels, clean: Pixels, model: str) -> tuple[float, float]:
    """Return the true noise and the estimate, of 255."""
    true = float(np.sqrt(np.mean((noisy - clean) ** 2, dtype=np.float64)))
    return true * 255, unnoise.estimate_noise(noisy, model=model) * 255


def middle(image: Pixels) -> Pixels:
    """Return the middle of an image, at most ``SIDE`` pixels high and wide."""
    height, width = image.shape[:2]
    top, left = max(0, height - SIDE) // 2, max(0, width - SIDE) // 2
    return image[top : top + SIDE, left : left + SIDE]


def figures(found: list[tuple[float, float]]) -> list[str]:
    """Return the cells of a row: number, median truth, median estimate, median relative error, rank correlation."""
    true, estimate = np.array(found).T
    error = np.median(np.abs(estimate - true) / true)
    rank = spearmanr(true, estimate).statistic if len(found) > 2 else np.nan
    return [str(len(found)), f"{np.median(true):.2f}", f"{np.median(estimate):.2f}", f"{error:.1%}", f"{rank:.3f}"]


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polyu", type=Path)
    parser.add_argument("train_more", type=Path)
    parser.add_argument("--cameras", choices=CAMERAS, default="choose")
    parser.add_argument("--model", default="photo")
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "noise_estimates.csv")
    asked = parser.parse_args()
    rows = []

    def add(*cells: str) -> None:
        rows.append(cells)
        print(*cells, sep="  ", flush=True)

    real = [compare(pair.noisy, pair.clean, asked.model) for pair in polyu_pairs(asked.polyu, asked.cameras)]
    add(f"PolyU, {asked.cameras}", "", *figures(real))
    rng = np.random.default_rng(0)
    files = photographs(asked.train_more)[: asked.images]
    clean = [middle(unnoise.read_image(file).to_float()) for file in files]
    for name, chain in chains(rng).items():
        found = {}
        for sigma in SIGMAS:
            white = [rng.standard_normal(image.shape, np.float32) * np.float32(sigma / 255) for image in clean]
            found[sigma] = [compare(chain(i + n), chain(i), asked.model) for i, n in zip(clean, white, strict=True)]
            add(name, str(sigma), *figures(found[sigma]))
        add(name, "all", *figures([pair for pairs in found.values() for pair in pairs]))
    header = ["noise", "sigma added", "images", "true", "estimate", "median relative error", "rank correlation"]
    write_table(asked.output, header, rows)


if __name__ == "__main__":
    main()
