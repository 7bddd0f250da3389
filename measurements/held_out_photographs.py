"""White noise on photographs that training leaves out: the most colourful ones, and those of all held-out ones.

    python -m measurements.held_out_photographs TRAIN_MORE [--models photo photo-awgn] [--sets coloured]

White Gaussian noise in float, not clipped; image number i has that of ``default_rng([sigma, i])``, as in the benchmark.
Rows of models that are not measured this time stay. TRAIN_MORE is a folder with the files of photo_sets.toml.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import unnoise
from measurements.photo_pairs import photographs
from measurements.tables import RESULTS, read_table, write_table
from unnoise.benchmark.protocol import noisy_image
from unnoise.metrics import psnr

TABLE = RESULTS / "held_out_photographs.csv"
HEADER = ("set", "model", "sigma", "images", "psnr")
SIGMAS = (15, 25, 50)


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train_more", type=Path)
    parser.add_argument("--models", nargs="+", default=["photo", "photo-awgn"])
    parser.add_argument("--sets", nargs="+", choices=("coloured", "held_out"), default=["coloured"])
    asked = parser.parse_args()
    rows = {tuple(row[name] for name in HEADER[:3]): tuple(row.values()) for row in kept()}
    for name in asked.sets:
        clean = [unnoise.read_image(file).to_float() for file in photographs(asked.train_more, name)]
        for model in asked.models:
            denoiser = unnoise.load(model)
            for sigma in SIGMAS:
                values = []
                for number, image in enumerate(clean):
                    noisy = noisy_image(image, str(sigma), number)
                    denoised = denoiser.denoise(noisy, unnoise.DenoiseOptions(skip_clean=False))
                    values.append(psnr(image[np.newaxis], denoised[np.newaxis], data_range=1.0)[0])
                row = (name, Path(model).stem, str(sigma), str(len(clean)), f"{np.mean(values):.2f}")
                rows[row[:3]] = row
                print(*row, sep="  ", flush=True)
    write_table(TABLE, HEADER, (rows[key] for key in sorted(rows, key=lambda key: (key[0], key[1], int(key[2])))))


def kept() -> list[dict[str, str]]:
    """Return the rows that there are."""
    return read_table(TABLE) if TABLE.exists() else []


if __name__ == "__main__":
    main()
