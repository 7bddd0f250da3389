"""How noisy an image is: a small network looks at patches spread over it."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.inference.packaged import NOISE_LEVEL, folder
from unnoise.inference.pixels import Batch, question
from unnoise.inference.session import open_session

Array = npt.NDArray[Any]

# Side of the network's patches, and how many lie along an axis at most.
SIDE, GRID = 64, 8
# An image with less noise than this is clean. It is low, since the correlated noise of cameras reads low, and a clean
# photograph that goes through the network changes little; see benchmarks/results/clean_gate.csv.
CLEAN = 0.5 / 255


def estimate_noise(image: Array, *, channel_axis: int | None = -1, data_range: float | None = None) -> Any:
    """Return the standard deviation of the noise in an image, in units of the range [0, 1].

    It is the root mean square of what distinguishes the image from itself without noise. Learned, since estimators
    that take the noise for white read too little after JPEG compression or resizing. Up to 64 patches of 64 × 64
    pixels spread over the image are looked at, the answer is their median; a small network was trained on patches with
    Gaussian and camera noise up to 80/255, clipped, halved in size and compressed at random.

    Args:
        image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1 or 3; uint8, uint16 or float.
        channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.

    Returns:
        A float, or for a batch an array ``(N,)``; 25/255 means what papers call sigma 25.

    Raises:
        InputError: an array that is no image, or not of 1 or 3 channels.

    Example:
        >>> import numpy as np
        >>> from unnoise import estimate_noise
        >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, (128, 128, 3))
        >>> bool(0.08 < estimate_noise(noisy) < 0.12)
        True
    """
    asked = question(image, channel_axis=channel_axis, data_range=data_range)
    if asked.batch.shape[-1] not in (1, 3):
        raise InputError(
            f"Noise is estimated in gray and RGB images, received {asked.batch.shape[-1]} channels. Take alpha off."
        )
    levels = noise_levels(asked.batch)
    return levels if asked.many else float(levels[0])


def noise_levels(batch: Batch) -> npt.NDArray[np.float64]:
    """Return the noise ``(N,)`` of each image of a batch ``(N, H, W, C)``, C 1 or 3."""
    return np.array([_level(image) for image in batch])


def _level(image: Batch) -> float:
    missing = [max(0, SIDE - side) for side in image.shape[:2]]
    if any(missing):
        image = np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
    rows, columns = (_starts(side) for side in image.shape[:2])
    patches = np.stack([image[row : row + SIDE, column : column + SIDE] for row in rows for column in columns])
    patches = np.repeat(patches, 3 // patches.shape[-1], axis=-1)
    logarithms = _network().run(None, {"patches": patches})[0]
    return max(0.0, float(np.exp(np.median(logarithms)) - 0.5) / 255)


def _starts(side: int) -> list[int]:
    count = min(GRID, -(-side // SIDE))
    return [round(start) for start in np.linspace(0, side - SIDE, count)]


@functools.cache
def _network() -> Any:
    return open_session((folder() / NOISE_LEVEL).read_bytes(), device="cpu")[0]
