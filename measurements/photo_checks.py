"""What must not depend on the image or on tiles: the mean of flat and dark images, and answers by tiles.

    python -m measurements.photo_checks [--model photo]

Mean drift is by how much denoising changes the mean of noise around one value; of tiles, the largest difference between
an answer by tiles of a random size and that of one run. Both in units of the range [0, 1].
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import unnoise
from measurements.tables import RESULTS, write_table
from unnoise.inference.tiles import halo_of


def drifts(model: str, rng: np.random.Generator) -> list[tuple[str, str, str]]:
    """Return the rows of mean drift."""
    rows = []
    for value in (0.02, 0.05, 0.1, 0.3, 0.5, 0.9):
        for sigma in (5, 25, 50):
            noisy = rng.normal(value, sigma / 255, (512, 512, 3)).astype(np.float32)
            drift = abs(float(np.mean(unnoise.denoise(noisy, model=model) - noisy, dtype=np.float64)))
            rows.append(("mean drift", f"flat {value}, sigma {sigma}", f"{drift:.2e}"))
    return rows


def tiled(model: str, rng: np.random.Generator) -> list[tuple[str, str, str]]:
    """Return the rows of tiles."""
    metadata = unnoise.load(model).metadata
    halo = halo_of(metadata.receptive_field or 0, metadata.stride)
    rows = []
    for _ in range(20):
        height, width = (int(side) for side in rng.integers(2 * halo, 1100, 2))
        sigma = float(rng.uniform(0, 75))
        noisy = rng.normal(0.5, sigma / 255, (height, width, 3)).astype(np.float32)
        noisy += np.linspace(-0.4, 0.4, width, dtype=np.float32)[:, np.newaxis]
        tile = int(rng.integers(2 * halo + 8, 2 * halo + 400))
        answers = [unnoise.denoise(noisy, model=model, skip_clean=False, tile=side) for side in (tile, None)]
        difference = abs(answers[0] - answers[1]).max()
        rows.append(("tiles", f"{height}×{width} in {tile}, sigma {sigma:.0f}", f"{difference:.2e}"))
    return rows


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="photo")
    model = parser.parse_args().model
    rng = np.random.default_rng(2)
    rows = [*drifts(model, rng), *tiled(model, rng)]
    print(*rows, sep="\n")
    write_table(RESULTS / f"{Path(model).stem}_checks.csv", ["check", "case", "difference"], rows)


if __name__ == "__main__":
    main()
