"""Random patches of photographs: every image in another place, turn and colour in every epoch, some of them gray."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.luma import LUMA

Array = npt.NDArray[Any]


def random_patches(images: Array, side: int, rng: np.random.Generator, chosen: Array | None = None) -> Array:
    """Return a square of each image, or of those chosen, cut at random, turned by a multiple of 90°, perhaps mirrored.

    Equal generators cut equal squares, so that noisy and clean images stay together.

    Args:
        images: ``(N, H, W, C)`` of any type.
        side: Side of the squares, at most H and W.
        rng: Where the randomness comes from.
        chosen: Numbers ``(K,)`` of the images, some perhaps several times; None: all of them.

    Returns:
        ``(N, side, side, C)`` or ``(K, side, side, C)`` of the same type.
    """
    _, height, width, channels = images.shape
    chosen = np.arange(len(images)) if chosen is None else chosen
    count = len(chosen)
    tops = rng.integers(0, height - side + 1, count)
    lefts = rng.integers(0, width - side + 1, count)
    turns = rng.integers(0, 8, (count,))
    patches = np.empty((count, side, side, channels), images.dtype)
    for i in range(count):
        square = np.rot90(images[chosen[i], tops[i] : tops[i] + side, lefts[i] : lefts[i] + side], turns[i] % 4)
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


def other_colours(images: Array, share: float, rng: np.random.Generator) -> Array:
    """Return RGB images in [0, 1], each of which gets other colours with the probability ``share``.

    Saturation is multiplied by 0.5 to 2, red and blue by 0.75 to 1.33; then values are raised to a power of 0.7 to 1.5
    and the channels change places.
    """
    result = images.copy()
    for image in result:
        if rng.random() >= share:
            continue
        luma = (image @ LUMA)[..., np.newaxis]
        image[:] = luma + (image - luma) * np.float32(np.exp(rng.uniform(np.log(0.5), np.log(2.0))))
        image *= np.array([np.exp(rng.uniform(-0.29, 0.29)), 1.0, np.exp(rng.uniform(-0.29, 0.29))], np.float32)
        np.clip(image, 0.0, 1.0, out=image)
        image[:] = image[..., rng.permutation(3)] ** np.float32(np.exp(rng.uniform(np.log(0.7), np.log(1.5))))
    return result
