"""Several passes of one image through a network: turned and mirrored each time, and under noise that masks what stays.

The mean over turned and mirrored images is known as geometric self-ensemble (Timofte, Rothe and Van Gool, *Seven ways
to improve example-based single image super resolution*, CVPR 2016).

A denoiser that was trained on white noise keeps noise that a camera has smoothed: it reads like faint texture.
Smoothing took the noise's finest detail; with that added again it is near white, and the network removes both. What was
added changes its sign from pass to pass, so that next to nothing of it is left in their mean.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable

import numpy as np

from unnoise.errors import UsageError
from unnoise.inference.pixels import Batch
from unnoise.luma import LUMA

COUNTS = (1, 2, 4, 8)
# What is told beyond the strongest noise of the packaged denoisers' training masks no more than that.
STRONGEST = 55 / 255
# Quarter turns of the passes; the second four are of the mirrored image.
_QUARTERS = (0, 2, 1, 3, 0, 2, 1, 3)
# Side of the square of noise that is repeated over the image, and how far on the next pair of passes takes it up.
_SIDE, _STEP = 256, 64


@dataclasses.dataclass(frozen=True)
class Passes:
    """How often an image goes through a network, and under which noise.

    Attributes:
        count: 1, 2, 4 or 8.
        masking: Standard deviation of white noise in units of the range [0, 1], whose finest detail is added; with
            more than 0, ``count`` is at least 2.
        gray: Whether all channels are the same image; the noise is then the luma of that of colour images.

    Raises:
        UsageError: another count.
    """

    count: int = 1
    masking: float = 0.0
    gray: bool = False

    def __post_init__(self) -> None:
        if type(self.count) is not int or self.count not in COUNTS:
            raise UsageError(f"passes must be 1, 2, 4 or 8, received {self.count!r}.")
        if self.masking and self.count == 1:
            object.__setattr__(self, "count", 2)

    def mean(self, network: Callable[[Batch, bool], Batch], images: Batch, row: int = 0, column: int = 0) -> Batch:
        """Return the mean of the network's answers.

        Args:
            network: Gives the answer to images ``(N, H, W, C)``; its second argument tells the last pass.
            images: ``(N, H, W, C)``, sides multiples of the network's stride, C at most 3 with masking.
            row, column: Where ``images`` lie in the image that they are tiles of.
        """
        if self.count == 1:
            return network(images, True)
        height, width = images.shape[1:3]
        total = np.zeros(images.shape, np.float32)
        for number in range(self.count):
            seen = images
            if self.masking:
                noise = fine_noise(height, width, row + number // 2 * _STEP, column)
                noise = (noise @ LUMA)[..., np.newaxis] if self.gray else noise[..., : images.shape[3]]
                seen = images + np.float32(-self.masking if number % 2 else self.masking) * noise
            answer = network(np.ascontiguousarray(_turned(seen, number)), number == self.count - 1)
            total += _turned_back(answer, number)
        total /= np.float32(self.count)
        return total


ONCE = Passes()


def told(sigma: float, level: float) -> tuple[float, float]:
    """Return the share of the network's change and the masking for an image whose noise is told.

    Args:
        sigma: What is told, 0 or more, in units of the range [0, 1].
        level: What :func:`unnoise.estimate_noise` finds.

    Returns:
        ``sigma / level``, at most 1; and what is missing to the variance that is told, as a standard deviation:
        ``sqrt(sigma^2 - level^2)``, at least 0, where ``sigma`` counts up to 55/255.
    """
    return min(1.0, sigma / max(level, 1e-6)), math.sqrt(max(0.0, min(sigma, STRONGEST) ** 2 - level**2))


def fine_noise(height: int, width: int, row: int, column: int) -> Batch:
    """Return ``(height, width, 3)`` of white noise of standard deviation 1, less its blur over 3 × 3 pixels.

    It is the same wherever a tile of an image begins: what lies at ``row`` and ``column`` depends on these alone.
    """
    rows, columns = (np.arange(start, start + side) % _SIDE for start, side in ((row, height), (column, width)))
    return _square()[rows[:, np.newaxis], columns]


@functools.cache
def _square() -> Batch:
    white = np.random.default_rng(0).standard_normal((_SIDE, _SIDE, 3), np.float32)
    blur: Batch = white
    for axis in (0, 1):
        blur = (np.roll(blur, 1, axis) + 2 * blur + np.roll(blur, -1, axis)) / np.float32(4)
    return white - blur


def _turned(images: Batch, number: int) -> Batch:
    turned: Batch = np.rot90(images, _QUARTERS[number], axes=(1, 2))
    return turned[:, :, ::-1] if number >= 4 else turned


def _turned_back(images: Batch, number: int) -> Batch:
    mirrored = images[:, :, ::-1] if number >= 4 else images
    back: Batch = np.rot90(mirrored, -_QUARTERS[number], axes=(1, 2))
    return back
