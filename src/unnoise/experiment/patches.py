"""Random patches of photographs: another place, turn and reflection of every image in every epoch; some gray."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.luma import LUMA

Array = npt.NDArray[Any]


def random_patches(images: Array, side: int, rng: np.random.Generator) -> Array:
    """Return one square of each image, cut at random, turned by a multiple of 90° and perhaps mirrored.

    Args:
        images: ``(N, H, W, C)`` of any type.
        side: Side of the squares, at most H and W.
        rng: Where the randomness comes from.

    Returns:
        ``(N, side, side, C)`` of the same type.
    """
    count, height, width, channels = images.shape
    tops = rng.integers(0, height - side + 1, count)
    lefts = rng.integers(0, width - side + 1, count)
    turns = rng.integers(0, 8, (count,))
    patches = np.empty((count, side, side, channels), images.dtype)
    for i in range(count):
        square = np.rot90(images[i, tops[i] : tops[i] + side, lefts[i] : lefts[i] + side], turns[i] % 4)
        patches[i] = square[::-1] if turns[i] >= 4 else square
    return patches


def some_gray(images: Array, share: float, rng: np.random.Generator) -> Array:
    """Return RGB images, each of which is turned gray with the probability ``share``.

    A gray image holds its luma, weighted as in Rec. ITU-R BT.601, in every channel.
    """
    gray = rng.random(len(images)) < share
    luma = images[gray] @ LUMA
    result = images.copy()
    result[gray] = luma[..., np.newaxis]
    return result
