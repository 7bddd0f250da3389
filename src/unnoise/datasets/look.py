"""A look at a folder of images before anything is trained on it: what they are, and what their noise is like."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.datasets.frames import read_frames
from unnoise.datasets.noise_look import NoiseLook, look_at_noise
from unnoise.errors import DataError
from unnoise.imaging import image_files
from unnoise.imaging.samples import range_in_use, to_float

Array = npt.NDArray[Any]

# Files that are looked into, spread over the folder; and the side of what is looked at of each of their images.
FILES, SIDE = 40, 768
# Share of samples at an end from which clipping matters: the noise's mean is no longer zero there.
CLIPPED = 0.01
# Noise below which images are taken for clean ones, in units of the range: as seen, and if its correlation is its own.
CLEAN, CLEAN_IF_CORRELATED = 2.5 / 255, 8 / 255


@dataclass(frozen=True)
class FolderLook:
    """What a folder of images holds.

    Attributes:
        folder: Its path.
        files: How many image files there are; the figures below are of at most 40 of them.
        frames: How many images these files hold together, by those that were looked into.
        sizes: Height and width of images, the most frequent first.
        channels: How many channels they have.
        dtype: The type of their samples.
        low, high: The lowest sample but for one in a thousand, and the highest.
        white, offset: The samples that stand for 1 and 0.
        dark, bright: The shares of samples at the lowest and at the highest value that their type or range allows.
        noise: What their noise is like; None where it cannot be seen.
    """

    folder: Path
    files: int
    frames: int
    sizes: tuple[tuple[int, int], ...]
    channels: int
    dtype: str
    low: float
    high: float
    white: float
    offset: float
    dark: float
    bright: float
    noise: NoiseLook | None

    @property
    def smallest(self) -> int:
        """The shortest side of an image."""
        return min(min(size) for size in self.sizes)

    @functools.cached_property
    def seems_clean(self) -> bool:
        """Whether there is next to no noise."""
        return self.noise is None or (self.noise.seen < CLEAN and self.noise.sigma < CLEAN_IF_CORRELATED)

    @property
    def warnings(self) -> list[str]:
        """What to know before training on these images."""
        found = []
        if (share := self.dark + self.bright) > CLIPPED:
            found.append(
                f"{share:.1%} of the samples are clipped (at or next to the ends of the range): the mean of the noise "
                "is not zero there, and what is learned from noisy images alone is a little too bright or too dark"
            )
        if self.noise is not None and not self.seems_clean and self.noise.kind != "independent":
            found.append(
                f"the noise is correlated {self.noise.kind}, up to {self.noise.length - 1} pixels apart: learning from "
                "noisy images alone takes such noise for a part of the picture. Use pairs, or several shots of a scene"
            )
        return found

    def squares(self, side: int) -> int:
        """Return about how many squares of ``side`` pixels the images give."""
        each = np.mean([(height // side) * (width // side) for height, width in self.sizes])
        return round(self.frames * float(each))


def look_at_folder(folder: str | Path) -> FolderLook:
    """Return what the images directly in a folder are, at most 40 files of it read.

    Raises:
        DataError: no images, or images of several kinds: depths or numbers of channels.
        InputError: no such folder, or an image that cannot be read.
    """
    folder = Path(folder)
    files = image_files(folder)
    if not files:
        raise DataError(f"{folder} has no images directly in it. Give a folder with images.")
    chosen = [files[i] for i in np.unique(np.linspace(0, len(files) - 1, FILES).round().astype(int))]
    frames = [(file, frame) for file in chosen for frame in read_frames(file)]
    _require_one_kind(frames)
    images = [frame for _, frame in frames]
    dtype = images[0].dtype
    parts = [image[_middle(image.shape[0]), _middle(image.shape[1])] for image in images]
    if dtype.kind == "f" and not all(np.isfinite(part).all() for part in parts):
        raise DataError(f"{folder} has images with NaN or infinite samples. Replace these first.")
    samples = np.concatenate([part.ravel()[:: max(1, part.size // 100_000)] for part in parts])
    low, high = float(np.quantile(samples, 0.001)), float(max(image.max() for image in images))
    white, offset = range_in_use(dtype, low, high)
    lowest = 0.0 if dtype.kind in "ui" else min(float(image.min()) for image in images)
    return FolderLook(
        folder=folder,
        files=len(files),
        frames=round(len(frames) * len(files) / len(chosen)),
        sizes=tuple(size for size, _ in Counter(image.shape[:2] for image in images).most_common()),
        channels=images[0].shape[2],
        dtype=dtype.name,
        low=low,
        high=high,
        white=white,
        offset=offset,
        dark=float(np.mean(samples <= lowest)),
        bright=float(np.mean(samples >= (white if dtype.kind in "ui" else high))),
        noise=look_at_noise([to_float(part, white=white, offset=offset) for part in parts]),
    )


def _require_one_kind(frames: list[tuple[Path, Array]]) -> None:
    first_file, first = frames[0]
    for file, frame in frames:
        if (frame.dtype, frame.shape[2]) != (first.dtype, first.shape[2]):
            raise DataError(
                f"All images must be of one depth and number of channels: {first_file} is {first.dtype} with "
                f"{first.shape[2]}, but {file} is {frame.dtype} with {frame.shape[2]}. Convert or move it."
            )


def _middle(length: int) -> slice:
    start = max(0, (length - SIDE) // 2)
    return slice(start, start + SIDE)
