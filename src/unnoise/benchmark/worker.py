"""The process in which one method goes through the images of one set; started by ``run.py``.

It reads its task as JSON from standard input and writes a line of JSON to standard output for what it has done: first
``{"identity": ...}``, then a row for each image; or ``{"skipped": reason}`` or ``{"error": message}``, and ends.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from unnoise.baselines.baseline import BaselineError, Images
from unnoise.baselines.peers import in_8_bits
from unnoise.benchmark.image_sets import load_set
from unnoise.benchmark.methods import make, read_tuned
from unnoise.benchmark.protocol import measure
from unnoise.benchmark.results import file_name
from unnoise.errors import UnnoiseError


@dataclasses.dataclass(frozen=True)
class Task:
    """What a process is to do.

    Args:
        set, method: Names.
        jobs: Pairs of a noise's label and the number of an image.
        data_dir, tuned: Where sets are looked for, and a file of tuned values; None for the defaults.
        eight_bit: Whether noisy images are clipped and rounded to 8 bits.
        crops: A folder for crops of clean, noisy and denoised images.
        crop_noise, crop_images: The noise and the numbers of the images that leave a crop.
    """

    set: str
    method: str
    jobs: list[tuple[str, int]]
    data_dir: str | None = None
    tuned: str | None = None
    eight_bit: bool = False
    crops: str = "."
    crop_noise: str = ""
    crop_images: tuple[int, ...] = ()


def main() -> None:
    """Do the task on standard input."""
    task = Task(**json.load(sys.stdin))
    try:
        _work(task)
    except BaselineError as error:
        _say({"skipped": str(error)})
    except UnnoiseError as error:
        _say({"error": str(error)})


def _work(task: Task) -> None:
    images = load_set(task.set, data_dir=task.data_dir)
    method = make(task.method, None if task.tuned is None else read_tuned(task.tuned))
    _say({"identity": method.identity})
    first = images.samples[0].read()[0]
    method.denoise(first[:64, :64], 0.1)
    for label, number in task.jobs:
        row, clean, noisy, denoised = measure(method, images, number, label, eight_bit=task.eight_bit)
        if label == task.crop_noise and number in task.crop_images:
            place = most_varied(clean)
            for kind, image in (("clean", clean), ("noisy", noisy), (file_name(task.method), denoised)):
                _write_png(Path(task.crops) / f"{number:03}.{kind}.png", image[place])
        _say(dataclasses.asdict(row))


CROP = 96


def most_varied(image: Images) -> tuple[slice, slice]:
    """Return the square of 96 pixels of an image ``(H, W, C)`` whose values vary most, on a grid of 32."""
    height, width = image.shape[:2]
    places = [
        (slice(top, top + CROP), slice(left, left + CROP))
        for top in range(0, max(height - CROP, 0) + 1, CROP // 3)
        for left in range(0, max(width - CROP, 0) + 1, CROP // 3)
    ]
    return max(places, key=lambda place: float(np.var(np.diff(image[place], axis=0))))


def _write_png(path: Path, image: Images) -> None:
    from unnoise.imaging import write_image
    from unnoise.imaging.image import Image

    pixels = in_8_bits(image)
    write_image(path, Image(pixels if pixels.shape[-1] == 3 else pixels[..., 0]), overwrite=True)


def _say(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
