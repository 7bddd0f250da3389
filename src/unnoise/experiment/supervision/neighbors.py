"""Two images of half the size out of one, whose pixels are neighbours in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# The ordered pairs of pixels of a 2 × 2 cell, numbered row by row, that share a side.
_SIDES = np.array([(0, 1), (1, 0), (0, 2), (2, 0), (1, 3), (3, 1), (2, 3), (3, 2)])


def neighbor_masks(shape: tuple[int, int, int], rng: np.random.Generator) -> Array:
    """Return which pixel of every 2 × 2 cell is the first and which the second: ``(N, H, W, 2)`` of 0 and 1, float32.

    Args:
        shape: N, H and W, the latter two even.
        rng: Where the randomness comes from; every cell draws its pair of neighbours for itself.
    """
    count, height, width = shape
    drawn = _SIDES[rng.integers(0, len(_SIDES), (count, height // 2, width // 2))]
    masks = np.zeros((count, height // 2, 2, width // 2, 2, 2), np.float32)
    for which in (0, 1):
        for pixel in range(4):
            masks[:, :, pixel // 2, :, pixel % 2, which] = drawn[..., which] == pixel
    return masks.reshape(count, height, width, 2)


def sub_image(images: Array, mask: Array) -> Array:
    """Return the image of half the size whose pixels a mask of :func:`neighbor_masks` chooses.

    Args:
        images: ``(N, H, W, C)``.
        mask: ``(N, H, W)``, one pixel of every 2 × 2 cell.
    """
    count, height, width, channels = images.shape
    chosen = images * mask[..., np.newaxis]
    halved: Array = chosen.reshape(count, height // 2, 2, width // 2, 2, channels).sum(axis=(2, 4))
    return halved
