"""Writing one image: whole or not at all, never over another by accident."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.imaging.encoding import write_strips
from unnoise.imaging.formats import FORMATS, format_of
from unnoise.imaging.header import Header
from unnoise.imaging.image import Image
from unnoise.imaging.metadata import Metadata


def write_image(
    target: str | Path | BinaryIO,
    image: Image | npt.ArrayLike,
    *,
    format: str | None = None,
    overwrite: bool = False,
    quality: int | None = None,
) -> None:
    """Write an image to a file or to memory; the suffix of the name chooses the format.

    PNG (8 and 16 bit), TIFF (8, 16 bit and float32, deflate), WebP (8 bit), AVIF (8 and 12 bit), BMP and PPM (8 bit)
    are written without loss, JPEG with quality 95, GIF with a palette. 16-bit pixels are rounded where the format holds
    fewer bits. WebP stores gray as three equal channels. The ICC profile is written along where the format holds it.

    Args:
        target: A path that ends in .jpg, .jpeg, .png, .tif, .tiff, .webp, .avif, .gif, .bmp, .ppm or .pgm; or an empty
            binary file object that can be written, read and sought, such as ``io.BytesIO()``.
        image: What to write: an `Image`, or an array, uint8, uint16 or float32, gray ``(H, W)``, gray with alpha
            ``(H, W, 2)``, RGB ``(H, W, 3)`` or RGB with alpha ``(H, W, 4)``.
        format: A suffix such as ".png", for a file object; None, the default, takes that of the path.
        overwrite: Whether an existing file may be replaced, default False.
        quality: Of JPEG, WebP and AVIF, 1 to 100; None, the default: 95 for JPEG, no loss for the others.

    Raises:
        InputError: an array of another shape or type.
        UsageError: an unknown suffix, or a quality that is none.
        OutputError: an existing file, a place that cannot be written, or an image that the format
            cannot hold: alpha in JPEG, floats outside TIFF, a side that is too long.

    Example:
        >>> import io
        >>> import numpy as np
        >>> from unnoise.imaging import read_image, write_image
        >>> red = np.zeros((2, 2, 3), dtype=np.uint16)
        >>> red[..., 0] = 40000
        >>> file = io.BytesIO()
        >>> write_image(file, red, format=".tif")
        >>> int(read_image(file.getvalue()).pixels.max())
        40000
    """
    if format is None and not isinstance(target, (str, Path)):
        raise InputError(f"A file object has no suffix: format must be one of {', '.join(FORMATS)}; received None.")
    image = image if isinstance(image, Image) else _image(np.asarray(image))
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., np.newaxis]
    samples = pixels if image.alpha is None else np.concatenate([pixels, image.alpha[..., np.newaxis]], axis=2)
    header = Header(
        name="the image",
        format=format_of(str(target) if format is None else f"image{format}"),
        width=samples.shape[1],
        height=samples.shape[0],
        channels=pixels.shape[2],
        dtype=samples.dtype.name,
        alpha=image.alpha is not None,
        metadata=Metadata(icc_profile=image.icc_profile),
        quality=None,
        bits=image.depth,
        notes=(),
    )
    # In the byte order of this machine.
    strips = [samples.astype(samples.dtype.name, copy=False)]
    write_strips(target, header, strips, format=header.format, overwrite=overwrite, quality=quality)


def _image(array: npt.NDArray[np.generic]) -> Image:
    """Return the image that an array is; a second or fourth channel is alpha."""
    if array.ndim == 3 and array.shape[2] in (2, 4):
        return Image(array[..., :-1], array[..., -1])
    return Image(array)
