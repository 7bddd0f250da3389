"""Whether noisy camera photographs are called clean, as they are and cropped off the blocks of JPEG.

    python -m measurements.called_clean POLYU [--cameras choose] [--model photo]

Each noisy JPEG file of POLYU's pairs is denoised by default, and again as a PNG image without its first 3 rows and
columns. Called clean is what comes back unchanged. The loss is by how much less the crop gains in PSNR than the JPEG
file does on the same pixels.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

import unnoise
from measurements.methods import score
from measurements.photo_pairs import CAMERAS, mean_file, noisy_files
from measurements.tables import RESULTS, write_table

Bytes = npt.NDArray[np.uint8]
OFF = np.s_[3:, 3:]


def pixels_of(file: Path | io.BytesIO) -> Bytes:
    """Return the pixels of an image file of 8 bits."""
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def as_png(pixels: Bytes) -> Bytes:
    """Return the pixels as they are read from a PNG file."""
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "png")
    return pixels_of(io.BytesIO(held.getvalue()))


def compared(clean: Bytes, image: Bytes) -> float:
    """Return the PSNR in dB of 8-bit images."""
    return score(clean.astype(np.float32) / 255, image.astype(np.float32) / 255)


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polyu", type=Path)
    parser.add_argument("--cameras", choices=CAMERAS, default="choose")
    parser.add_argument("--model", default="photo")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "called_clean.csv")
    asked = parser.parse_args()
    rows = []
    for file in noisy_files(asked.polyu, asked.cameras):
        noisy, clean = pixels_of(file), pixels_of(mean_file(file))[OFF]
        crop = as_png(noisy[OFF])
        whole, part = (unnoise.denoise(image, model=asked.model) for image in (noisy, crop))
        before, jpeg, png = (compared(clean, image) for image in (crop, whole[OFF], part))
        same = [str(np.array_equal(image, answer)).lower() for image, answer in ((noisy, whole), (crop, part))]
        figures = [f"{value:.3f}" for value in (before, jpeg, png, jpeg - png)]
        rows.append([file.stem.removesuffix("_real"), *same, *figures])
        print(*rows[-1], sep="  ", flush=True)
    losses = [float(row[-1]) for row in rows]
    called = [sum(row[column] == "true" for row in rows) for column in (1, 2)]
    print(
        f"{len(rows)} files: {called[0]} JPEG files and {called[1]} PNG crops are called clean; "
        f"the crops lose {np.mean(losses):.3f} dB, at most {max(losses):.3f}"
    )
    header = ["pair", "JPEG called clean", "PNG called clean", "noisy psnr", "JPEG psnr", "PNG psnr", "loss"]
    write_table(asked.output, header, rows)


if __name__ == "__main__":
    main()
