"""The mean of a network's answers to an image turned and mirrored: the geometric self-ensemble.

Timofte, Rothe and Van Gool, *Seven ways to improve example-based single image super resolution*, CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unnoise.inference.array_batch import Batch

COUNTS = (1, 2, 4, 8)
# Quarter turns of the answers; the second four are to the mirrored image.
_QUARTERS = (0, 2, 1, 3, 0, 2, 1, 3)


def self_ensemble(network: Callable[[Batch, bool], Batch], images: Batch, count: int) -> Batch:
    """Return the mean of a network's answers to images in several positions.

    Args:
        network: Gives the answer to images ``(N, H, W, C)``; its second argument tells the last call.
        images: ``(N, H, W, C)``, sides multiples of the network's stride.
        count: How many answers: 1, 2, 4 or 8.
    """
    if count == 1:
        return network(images, True)
    total = np.zeros(images.shape, np.float32)
    for number in range(count):
        answer = network(np.ascontiguousarray(_turned(images, number)), number == count - 1)
        total += _turned_back(answer, number)
    total /= np.float32(count)
    return total


def _turned(images: Batch, number: int) -> Batch:
    turned: Batch = np.rot90(images, _QUARTERS[number], axes=(1, 2))
    return turned[:, :, ::-1] if number >= 4 else turned


def _turned_back(images: Batch, number: int) -> Batch:
    mirrored = images[:, :, ::-1] if number >= 4 else images
    back: Batch = np.rot90(mirrored, -_QUARTERS[number], axes=(1, 2))
    return back
