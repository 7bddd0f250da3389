"""An image as its file holds it: pixels in their own depth, transparency and colour profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.imaging.samples import DTYPES, from_float, to_float


@dataclass(frozen=True, eq=False)
class Image:
    """Pixels of one depth, with the alpha channel and the ICC profile that belong to them.

    Args:
        pixels: Gray ``(H, W)`` or RGB ``(H, W, 3)``, uint8, uint16 or float32; ``(H, W, 1)`` is stored as ``(H, W)``.
        alpha: Opacity ``(H, W)`` of the same dtype as ``pixels``, or None, the default.
        icc_profile: The colour profile as in the file, or None, the default.

    Raises:
        InputError: another shape or dtype.

    Example:
        >>> import numpy as np
        >>> from unnoise.imaging import Image
        >>> image = Image(np.full((2, 3), 51, dtype=np.uint8))
        >>> image.depth, image.to_float()[0, 0]
        (8, np.float32(0.2))
        >>> image.with_float(np.full((2, 3), 0.5)).pixels[0, 0]
        np.uint8(128)
    """

    pixels: npt.NDArray[Any]
    alpha: npt.NDArray[Any] | None = None
    icc_profile: bytes | None = None

    def __post_init__(self) -> None:
        pixels = self.pixels
        if pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[..., 0]
            object.__setattr__(self, "pixels", pixels)
        if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or pixels.size == 0:
            raise InputError(
                f"An image is gray (H, W) or RGB (H, W, 3) and has pixels; received the shape {pixels.shape}. "
                "Give alpha on its own, and one image at a time."
            )
        if pixels.dtype.name not in DTYPES:
            raise InputError(f"An image holds uint8, uint16 or float32; received {pixels.dtype}. Convert it first.")
        alpha = self.alpha
        if alpha is not None and (alpha.shape != pixels.shape[:2] or alpha.dtype != pixels.dtype):
            raise InputError(
                f"Alpha has the size and dtype of the pixels, {pixels.shape[:2]} {pixels.dtype}; "
                f"received {alpha.shape} {alpha.dtype}. Convert it, or leave it out."
            )

    @property
    def depth(self) -> int:
        """Bits a sample: 8, 16, or 32 for floats."""
        return 8 * int(self.pixels.dtype.itemsize)

    def to_float(self) -> npt.NDArray[np.float32]:
        """Give the pixels as a new float32 array with the nominal range [0, 1].

        Returns:
            ``(H, W)`` or ``(H, W, 3)``: uint8 divided by 255, uint16 by 65535, float32 as it is, not clipped.
        """
        values = to_float(self.pixels)
        return values.copy() if values is self.pixels else values

    def with_float(self, pixels: npt.ArrayLike) -> Image:
        """Give an image with new pixels and the depth, alpha and profile of this one.

        Args:
            pixels: Floats of the shape of this image's pixels, nominal range [0, 1]; ``(H, W, 1)`` is taken for
                ``(H, W)``. Integer depths are clipped to the range and rounded to the nearest level; float32 is not.

        Returns:
            A new image.

        Raises:
            InputError: another shape, not floats, or NaN or infinity where the depth is an integer.
        """
        values = np.asarray(pixels)
        if values.ndim == 3 and values.shape[2] == 1:
            values = values[..., 0]
        if values.shape != self.pixels.shape or values.dtype.kind != "f":
            raise InputError(
                f"The new pixels are floats of the image's shape {self.pixels.shape}; received {values.shape} "
                f"{values.dtype}. Denoise the array that to_float() gives."
            )
        dtype = self.pixels.dtype
        if dtype.kind != "f" and not np.isfinite(values).all():
            raise InputError(
                f"A {self.depth}-bit image holds finite values only; received NaN or infinity. "
                "Replace them first, for example with numpy.nan_to_num."
            )
        samples = from_float(values, dtype)
        return replace(self, pixels=samples.copy() if samples is values else samples)
