"""From the caller's array to batches for a network and back: shape, dtype and range are those of what was given."""

from __future__ import annotations

import dataclasses
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.imaging.samples import from_float, is_far, range_of_image, survey, to_float

Array = npt.NDArray[Any]
Batch = npt.NDArray[np.float32]

# Samples that are converted at once.
_TOGETHER = 1 << 20


@dataclasses.dataclass(frozen=True)
class ArrayBatch:
    """An image or batch as it was given, and as ``(N, H, W, C)`` float32 in [0, 1].

    Attributes:
        pixels: The batch; NaN and infinite samples are replaced by the mean of their channel.
        given: The array.
        white, offset: The values that stand for white and black in it.
        channel_axis: The axis of its channels; None: it has none.
        holes: Where samples are NaN or infinite, of the shape of ``pixels``; None where all are finite.
    """

    pixels: Batch
    given: Array
    white: float
    offset: float
    channel_axis: int | None
    holes: npt.NDArray[np.bool_] | None

    @property
    def many(self) -> bool:
        """Whether a batch was given, not a single image."""
        return self.given.ndim == 4 or (self.given.ndim == 3 and self.channel_axis is None)

    def marked(self, hidden: Array | None = None) -> Batch:
        """Return the batch with NaN where nothing is seen: in holes, and where ``hidden`` ``(H, W)`` is true."""
        unseen = self.holes
        if hidden is not None:
            hidden = hidden[..., np.newaxis]
            unseen = hidden if unseen is None else unseen | hidden
        return self.pixels if unseen is None else np.where(unseen, np.float32(np.nan), self.pixels)

    def answer(self, batch: Batch, unchanged: list[int]) -> Array:
        """Return ``batch`` in the shape, dtype and range of what was given; integers are rounded and clipped.

        Args:
            batch: ``(N, H, W, C)``, nominal range [0, 1].
            unchanged: Numbers of the images that are given back as they were, except their holes.
        """
        result = np.empty(self.given.shape, self.given.dtype)
        values = self._as_given(batch)
        # A few rows at a time: an image in floats takes several times the memory of one in bytes.
        height = self.given.shape[-2]
        step = max(1, _TOGETHER * height // result.size)
        for start in range(0, height, step):
            part = (..., slice(start, start + step), slice(None))
            result[part] = from_float(values[part], result.dtype, white=self.white, offset=self.offset)
        for number in unchanged:
            here = number if self.many else ...
            given = self.given[here]
            result[here] = given if self.holes is None else np.where(np.isfinite(given), given, result[here])
        return result

    def _as_given(self, batch: Batch) -> Batch:
        if self.channel_axis is None:
            return batch[..., 0].reshape(self.given.shape)
        return np.moveaxis(batch if self.given.ndim == 4 else batch[0], -1, self.channel_axis)


def array_batch(
    image: Array,
    *,
    channel_axis: int | None = -1,
    data_range: float | None = None,
    of_model: tuple[float, float] | None = None,
) -> ArrayBatch:
    """Check ``image`` and turn it into a batch.

    Args:
        image: ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)``; uint8, uint16, float16, float32 or float64.
        channel_axis: The axis of the channels; ignored for two axes. None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white; None means 255 for uint8, 1.0 for floats, and for uint16 the
            model's, or the least of 1023, 4095, 16383 and 65535 that no value is above.
        of_model: White and black of the data that the model was trained on.

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
    white, offset = (
        range_of_image(image.dtype, low, high, of_model=of_model) if data_range is None else (float(data_range), 0.0)
    )
    if is_far(low - offset, high - offset, white - offset):
        raise InputError(
            f"Values reach from {low:g} to {high:g}, far outside 0 to {white:g}. "
            "Give data_range: the value that stands for white, such as 255."
        )
    pixels = to_float(values, white=white, offset=offset)
    if finite is not None:
        pixels = np.stack([to_float(one, white=1, fill=survey([one]).fill) for one in pixels])
    return ArrayBatch(pixels, image, white, offset, None if gray else channel_axis, None if finite is None else ~finite)
