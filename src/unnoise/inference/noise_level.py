"""How noisy an image is: a small network looks at patches spread over it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.inference.packaged import NOISE_LEVEL, folder
from unnoise.inference.pixels import Batch, question
from unnoise.inference.session import open_session, run
from unnoise.inference.strips import rows_of_tiles
from unnoise.inference.tiles import Span, Tiling

Array = npt.NDArray[Any]

# Side of the network's patches, and how many lie along an axis at most.
SIDE, GRID = 64, 8
# Patches that go through the network at once, for its memory.
TOGETHER = 4
# An image with less noise than this is clean. It is low, since the correlated noise of cameras reads low, and a clean
# photograph that goes through the network changes little; see benchmarks/results/clean_gate.csv.
CLEAN = 0.5 / 255
# Noise of at least VISIBLE whose whiteness is less than COARSE is correlated over more pixels than demosaicking and
# JPEG make it; see benchmarks/results/correlated_noise.csv.
VISIBLE, COARSE = 6 / 255, 0.4


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is known of an image's noise.

    Attributes:
        level: Its standard deviation, in units of the range [0, 1].
        whiteness: The root mean square of the finest diagonal detail, as a share of the level: about 1 for white noise,
            the less the more pixels the noise is correlated over. Texture adds to it, so it is that of the smoother
            patches: the tenth percentile.
    """

    level: float
    whiteness: float

    @property
    def clean(self) -> bool:
        """Whether the image counts as free of noise."""
        return self.level < CLEAN

    @property
    def correlated(self) -> bool:
        """Whether the noise is correlated over more pixels than that of the training."""
        return self.level >= VISIBLE and self.whiteness < COARSE


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
    return np.array([noise_of_strips([image], *image.shape[:2]).level for image in batch])


def noise_of_strips(strips: Iterable[Batch], height: int, width: int) -> Finding:
    """Return what is known of the noise of one image that is read from top to bottom.

    Args:
        strips: Arrays ``(h, width, C)``, C 1 or 3, ``height`` rows in all.
        height, width: The image's size.
    """
    columns = _starts(width)
    bands = tuple(Span(start, start + SIDE, start, start + SIDE) for start in _starts(height))
    patches = []
    # A small image is mirrored to the size of one patch.
    size = max(height, SIDE), max(width, SIDE)
    for _, band in rows_of_tiles(strips, height, width, size, Tiling(bands, ())):
        patches += [band[:, column : column + SIDE] for column in columns]
    stacked = np.repeat(np.stack(patches), 3 // patches[0].shape[-1], axis=-1)
    parts = [
        run(_network(), {"patches": stacked[i : i + TOGETHER]}, last=i + TOGETHER >= len(stacked))
        for i in range(0, len(stacked), TOGETHER)
    ]
    levels = np.exp(np.concatenate(parts)[:, 0]) - 0.5
    # numpy's median and quantile would import numpy.ma, a tenth of a small image's time.
    ordered = np.sort(levels)
    level = float(ordered[[(len(levels) - 1) // 2, len(levels) // 2]].mean()) / 255
    shares = np.sort(255 * _diagonal_detail(np.stack(patches)) / np.maximum(levels, 0.5))
    return Finding(max(0.0, level), float(shares[len(shares) // 10]))


def _diagonal_detail(patches: Batch) -> Batch:
    """Return the root mean square ``(N,)`` of the diagonal Haar coefficients of patches ``(N, H, W, C)``.

    They are orthonormal: of white noise, theirs is its standard deviation.
    """
    low, high = patches[:, :-1:2], patches[:, 1::2]
    detail = (low[:, :, :-1:2] - low[:, :, 1::2] - high[:, :, :-1:2] + high[:, :, 1::2]) / 2
    result: Batch = np.sqrt(np.mean(detail**2, axis=(1, 2, 3)))
    return result


def _starts(side: int) -> list[int]:
    count = min(GRID, -(-side // SIDE))
    return [round(start) for start in np.linspace(0, max(0, side - SIDE), count)]


@functools.cache
def _network() -> Any:
    return open_session((folder() / NOISE_LEVEL).read_bytes(), device="cpu")[0]
