"""From the caller's array to batches for a network and back: shape, dtype and range are those of the question."""

from __future__ import annotations

import dataclasses
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError

Array = npt.NDArray[Any]
Batch = npt.NDArray[np.float32]

# Noise goes past the nominal range, but not five times past it; such values are of another range.
FAR = 5.0
# Samples that are converted at once.
_TOGETHER = 1 << 20


@dataclasses.dataclass(frozen=True)
class Question:
    """An image or batch as it was given, and as ``(N, H, W, C)`` float32 in [0, 1].

    Attributes:
        filled: Whether NaN or infinite pixels were replaced in the batch.
    """

    batch: Batch
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    channel_axis: int | None
    filled: bool

    @property
    def many(self) -> bool:
        """Whether a batch was given, not a single image."""
        return len(self.shape) == 4 or (len(self.shape) == 3 and self.channel_axis is None)

    def answer(self, batch: Batch) -> Array:
        """Return ``batch`` in the shape, dtype and range of the question; integers are rounded and clipped."""
        if self.channel_axis is None:
            values = batch[..., 0].reshape(self.shape)
        else:
            values = batch if len(self.shape) == 4 else batch[0]
            values = np.moveaxis(values, -1, self.channel_axis)
        result = np.empty(self.shape, self.dtype)
        # A few rows at a time: an image in floats takes several times the memory of one in bytes.
        step = max(1, _TOGETHER * result.shape[-2] // result.size)
        for start in range(0, result.shape[-2], step):
            part = (..., slice(start, start + step), slice(None))
            result[part] = self._samples(values[part])
        return result

    def _samples(self, values: Array) -> Array:
        """Return values in [0, 1] in the dtype and range of the question."""
        scaled: Array = values if self.scale == 1 else values.astype(_working(self.dtype)) * self.scale
        if self.dtype.kind in "ui":
            # White may lie past what the dtype holds (uint8 with data_range=1023); such values must not wrap around.
            scaled = np.clip(np.rint(scaled), 0, min(self.scale, float(np.iinfo(self.dtype).max)))
        return scaled.astype(self.dtype, copy=False)


def _working(dtype: np.dtype[Any]) -> type[np.floating[Any]]:
    """Return the type in which values of ``dtype`` are scaled: float32 where it holds all of them, for its memory."""
    return np.float32 if np.can_cast(dtype, np.float32) else np.float64


def is_far(low: float, high: float, scale: float = 1.0) -> bool:
    """Return whether values from ``low`` to ``high`` are of another range than that from 0 to ``scale``."""
    return low < (1 - FAR) * scale or high > FAR * scale


def question(image: Array, *, channel_axis: int | None = -1, data_range: float | None = None) -> Question:
    """Check ``image`` and turn it into a batch.

    Args:
        image: ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)``; uint8, uint16, float16, float32 or float64.
        channel_axis: The axis of the channels; ignored for two axes. None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.

    Raises:
        InputError: wrong type, shape or range.
    """
    image = np.asarray(image)
    if image.dtype.kind not in "uif" or image.dtype.itemsize > 8:
        raise InputError(
            f"An image must be of integers or floats, received {image.dtype}. Convert it to uint8 or float32."
        )
    if image.dtype.kind in "ui" and image.dtype.newbyteorder("=") not in (np.uint8, np.uint16) and data_range is None:
        raise InputError(
            f"For {image.dtype} the value of white is not known. Give data_range, or convert to uint8 or uint16."
        )
    if image.ndim not in (2, 3, 4) or 0 in image.shape:
        raise InputError(
            f"An image has the shape (H, W), (H, W, C) or (N, H, W, C), none of them 0; received {image.shape}."
        )
    if data_range is not None and not (isinstance(data_range, Real) and 0 < data_range < np.inf):
        raise InputError(f"data_range must be a positive number, received {data_range!r}. Give e.g. data_range=255.")
    default = float(np.iinfo(image.dtype).max) if image.dtype.kind in "ui" else 1.0
    scale = default if data_range is None else float(data_range)

    gray = image.ndim == 2 or (image.ndim == 3 and channel_axis is None)
    if image.ndim == 4 and channel_axis is None:
        raise InputError(f"Four axes need a channel_axis, received None for shape {image.shape}.")
    if gray:
        values = image.reshape(-1, *image.shape[-2:])[..., None]
    else:
        assert channel_axis is not None
        if not -image.ndim <= channel_axis < image.ndim:
            raise InputError(
                f"channel_axis is {channel_axis}, but the image has only {image.ndim} axes. Give -1 or leave it out."
            )
        if image.ndim == 4 and channel_axis in (0, -4):
            raise InputError(
                "The first of four axes counts the images, channel_axis cannot be 0. Give -1 or leave it out."
            )
        values = np.moveaxis(image, channel_axis, -1)
        values = values if image.ndim == 4 else values[None]
    # Checked before the conversion: what overflows float32 is far outside, not infinite.
    low, high = float(values.min()), float(values.max())
    finite = None
    if not np.isfinite(low + high):
        finite = np.isfinite(values)
        low, high = (float(f(values, where=finite, initial=0)) for f in (np.min, np.max))
    if is_far(low, high, scale):
        raise InputError(
            f"Values reach from {low:g} to {high:g}, far outside 0 to {scale:g}. "
            "Give data_range: the value that stands for white, such as 255."
        )
    working = _working(image.dtype)
    batch = np.asarray(values if scale == 1 else np.divide(values, working(scale), dtype=working), np.float32)
    if finite is not None:
        batch = _filled(batch, finite)
    return Question(batch, image.shape, image.dtype, scale, None if gray else channel_axis, finite is not None)


def _filled(batch: Batch, finite: npt.NDArray[np.bool_]) -> Batch:
    """Replace NaN and infinite values by the mean of their channel's finite ones, 0 where there is none."""
    result = np.where(finite, batch, 0)
    counts = finite.sum(axis=(1, 2), keepdims=True)
    means = result.sum(axis=(1, 2), keepdims=True) / np.maximum(counts, 1)
    return np.where(finite, result, means).astype(np.float32)
