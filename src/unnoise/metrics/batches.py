"""The batches that the metrics compare: checked once, taken apart into float64 images."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError

FloatArray = npt.NDArray[np.float64]


def per_image(
    measure: Callable[[FloatArray, FloatArray], float], reference: npt.ArrayLike, image: npt.ArrayLike
) -> FloatArray:
    """Give ``measure`` of each pair of images of two batches.

    One pair at a time is converted to float64, so that memory stays small and uint8 differences cannot wrap around.

    Args:
        measure: Takes two float64 images ``(H, W, C)``, the reference first, and gives a number.
        reference: Batch ``(N, H, W, C)``, of any real dtype.
        image: Batch of the same shape.

    Returns:
        float64 array ``(N,)``.

    Raises:
        InputError: the shapes differ, are not ``(N, H, W, C)``, have no pixels, or the values are not real numbers.

    Example:
        >>> bright = np.ones((2, 4, 4, 1))
        >>> per_image(lambda reference, image: float((image - reference).max()), 0 * bright, bright)
        array([1., 1.])
    """
    first, second = np.asarray(reference), np.asarray(image)
    if first.shape != second.shape:
        raise InputError(
            f"Metrics compare batches of the same shape; received {first.shape} and {second.shape}. "
            "Give both as (N, H, W, C)."
        )
    if first.ndim != 4:
        raise InputError(
            f"Metrics take batches (N, H, W, C); received the shape {first.shape}. "
            "Add the missing axes: image[None] for one (H, W, C) image, image[None, ..., None] for one (H, W) image."
        )
    if 0 in first.shape[1:]:
        raise InputError(f"Metrics need images with pixels; received the shape {first.shape}. Check how it was cut.")
    for array in (first, second):
        if array.dtype.kind not in "fiub":
            raise InputError(f"Metrics take real numbers; received {array.dtype}. Convert to float32 first.")
    pairs = zip(first, second, strict=True)
    return np.array([measure(a.astype(np.float64), b.astype(np.float64)) for a, b in pairs], dtype=np.float64)


def checked_range(data_range: float) -> float:
    """Return ``data_range`` as a float.

    Raises:
        InputError: it is not a finite number above 0.
    """
    number = isinstance(data_range, numbers.Real) and not isinstance(data_range, bool)
    if not number or not math.isfinite(data_range) or data_range <= 0:
        raise InputError(
            f"data_range is the distance between black and white, a number above 0; received {data_range!r}. "
            "Use 1.0 for float images in [0, 1], 255 for uint8."
        )
    return float(data_range)
