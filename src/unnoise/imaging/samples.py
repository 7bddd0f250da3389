"""Samples of files and arrays <-> float32 with the nominal range [0, 1]: the only place where one becomes the other.

A sample ``s`` of a type whose white is ``w`` stands for ``s / w``, or ``(s - o) / (w - o)`` where black is not 0 but an
offset ``o``, as cameras and microscopes write it. Back, integers are rounded to the nearest level and
clipped to what is between black and white; floats are neither, since noise goes past the range.

Example:
    >>> import numpy as np
    >>> from unnoise.imaging.samples import from_float, to_float
    >>> to_float(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    >>> from_float(np.array([-0.1, 0.5, 1.2], np.float32), "uint8")
    array([  0, 128, 255], dtype=uint8)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

DTYPES = ("uint8", "uint16", "float32")
"""The types of samples that image files hold."""

# Noise goes past the nominal range, but not five times past it; such values are of another range.
FAR = 5.0


def white_of(dtype: npt.DTypeLike) -> float:
    """Return the value that stands for white where nothing else is said: the highest integer, or 1 for floats."""
    dtype = np.dtype(dtype)
    return float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0


def to_float(samples: Array, *, white: float | None = None, offset: float = 0.0, fill: Floats | None = None) -> Floats:
    """Return samples as float32 in which 1 is white; nothing is clipped.

    Args:
        samples: Integers or floats of any shape.
        white: The value that stands for white; None: that of the type.
        offset: The value that stands for black.
        fill: What stands for NaN and infinite samples, such as a mean for each channel ``(C,)``; None leaves them.
    """
    white = white_of(samples.dtype) if white is None else white
    working = _working(samples.dtype)
    if white == 1 and offset == 0:
        values = np.asarray(samples, np.float32)
    elif offset == 0:
        values = np.asarray(np.divide(samples, working(white), dtype=working), np.float32)
    else:
        above = np.subtract(samples, working(offset), dtype=working)
        values = np.asarray(np.divide(above, working(white - offset), out=above), np.float32)
    return values if fill is None else np.where(np.isfinite(values), values, fill).astype(np.float32, copy=False)


def from_float(values: Array, dtype: npt.DTypeLike, *, white: float | None = None, offset: float = 0.0) -> Array:
    """Return float values, in which 1 is white, as samples of ``dtype``: integers rounded and clipped, floats neither.

    Args:
        values: Floats of any shape, nominal range [0, 1].
        dtype: The type of the samples.
        white: The value that stands for white; None: that of the type. Integers never go past it.
        offset: The value that stands for black. Integers go below it, down to 0.
    """
    dtype = np.dtype(dtype)
    white, working = white_of(dtype) if white is None else white, _working(dtype)
    span = white - offset
    scaled = values if span == 1 else values.astype(working, copy=False) * working(span)
    if offset:
        scaled = scaled + working(offset)
    if dtype.kind in "ui":
        # White may lie past what the type holds (uint8 with a white of 1023); such values must not wrap around.
        scaled = np.clip(np.rint(scaled), 0, min(white, white_of(dtype)))
    return np.asarray(scaled.astype(dtype, copy=False))


def to_8_bits(samples: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    """Return 16-bit samples rounded to the nearest of 256 levels; 65535 = 255 * 257."""
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def is_far(low: float, high: float, white: float = 1.0) -> bool:
    """Return whether values from ``low`` to ``high`` are of another range than that from 0 to ``white``."""
    return low < (1 - FAR) * white or high > FAR * white


def white_in_use(dtype: npt.DTypeLike, high: float) -> float:
    """Return what stands for white in samples by the highest of them, where nobody has said it.

    Cameras and microscopes of 10, 12 or 14 bits write into types of 16.

    Args:
        dtype: The type of the samples.
        high: The highest of them.
    """
    if np.dtype(dtype).newbyteorder("=") != np.uint16:
        return white_of(dtype)
    return next((float(white) for white in (1023, 4095, 16383) if 255 < high <= white), white_of(dtype))


def range_of_image(
    dtype: npt.DTypeLike, low: float, high: float, *, of_model: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Return what stands for white and for black in the samples of one image, where nobody has said it.

    Args:
        dtype: The type of the samples.
        low, high: The extremes of them.
        of_model: White and black of the data that the model was trained on. They count where no 16-bit sample is above
            that white, and for floats of about that range and not of that from 0 to 1.
    """
    if of_model is not None:
        white, offset = of_model
        kind = np.dtype(dtype).newbyteorder("=")
        if kind == np.uint16 and high <= white:
            return white, offset
        if kind.kind == "f" and is_far(low, high) and not is_far(low - offset, high - offset, white - offset):
            return white, offset
    return white_in_use(dtype, high), 0.0


def range_in_use(dtype: npt.DTypeLike, low: float, high: float) -> tuple[float, float]:
    """Return what stands for white and for black in samples, by the extremes of all images of one origin.

    Args:
        dtype: The type of the samples.
        low, high: The lowest of them, but for a few, and the highest.

    Returns:
        255 and 0 for 8 bits, 1 and 0 for floats within that range or a little past it; else the least usual white that
        nothing is above (for floats the highest sample), and ``low`` where it is more than a hundredth of that.
    """
    kind = np.dtype(dtype)
    if kind.itemsize == 1 or (kind.kind == "f" and not is_far(low, high)):
        return white_of(kind), 0.0
    white = white_in_use(kind, high) if kind.kind in "ui" else high
    return white, low if low > white / 100 or low < 0 else 0.0


def is_gray(strips: Iterable[Array]) -> bool:
    """Return whether the channels of an image are all the same; looks no farther than the first strip where not.

    Args:
        strips: Arrays ``(h, W, C)``; pixels with NaN do not count.
    """
    return all(
        bool(((strip == strip[..., :1]) | np.isnan(strip).any(axis=-1, keepdims=True)).all()) for strip in strips
    )


@dataclass(frozen=True)
class Survey:
    """What the samples of an image are, all of them seen.

    Attributes:
        low, high: The extremes of the finite ones and 0.
        holes: Whether some are NaN or infinite.
        means: The mean of each channel's finite ones ``(C,)``, 0 where there is none.
    """

    low: float
    high: float
    holes: bool
    means: Floats

    @property
    def fill(self) -> Floats | None:
        """What stands for the holes; None where there are none."""
        return self.means if self.holes else None


def survey(strips: Iterable[Array]) -> Survey:
    """Look at all samples of an image.

    Args:
        strips: Arrays ``(h, W, C)``, from top to bottom, or the whole image as one; at least one.
    """
    low = high = 0.0
    holes = False
    counts: Any = 0
    sums: Any = 0.0
    for strip in strips:
        finite = np.isfinite(strip)
        holes = holes or not finite.all()
        low = min(low, float(np.min(strip, where=finite, initial=0)))
        high = max(high, float(np.max(strip, where=finite, initial=0)))
        counts = counts + finite.sum(axis=(0, 1))
        sums = sums + np.sum(strip, axis=(0, 1), where=finite, dtype=np.float64)
    return Survey(low, high, holes, np.asarray(sums / np.maximum(counts, 1), np.float32))


def _working(dtype: np.dtype[Any]) -> type[np.floating[Any]]:
    """Return the type in which samples of ``dtype`` are scaled: float32 where it holds all of them, for its memory."""
    return np.float32 if np.can_cast(dtype, np.float32) else np.float64
