"""Writing one image: whole or not at all, never over another by accident."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unnoise.imaging.encoding import format_of, write_strips
from unnoise.imaging.formats import libvips
from unnoise.imaging.image import Image
from unnoise.imaging.image_file import PROFILE, Header


def write_image(path: str | Path, image: Image, *, overwrite: bool = False) -> None:
    """Write an image to a file; the suffix of the name chooses the format.

    PNG (8 and 16 bit), TIFF (8, 16 bit and float32, deflate), WebP (8 bit), AVIF (8 and 12 bit), BMP and PPM (8 bit)
    are written without loss, JPEG with quality 95, GIF with a palette. 16-bit pixels are rounded where the format holds
    fewer bits. WebP stores gray as three equal channels. The ICC profile is written along where the format holds it.

    Args:
        path: The file: .jpg, .jpeg, .png, .tif, .tiff, .webp, .avif, .gif, .bmp, .ppm or .pgm.
        image: What to write.
        overwrite: Whether an existing file may be replaced, default False.

    Raises:
        OutputError: an unknown suffix, an existing file, a place that cannot be written, or an image that the format
            cannot hold: alpha in JPEG, floats outside TIFF, a side that is too long.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from unnoise.imaging import Image, read_image
        >>> red = np.zeros((2, 2, 3), dtype=np.uint16)
        >>> red[..., 0] = 40000
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_image(f"{folder}/red.tif", Image(red))
        ...     int(read_image(f"{folder}/red.tif").pixels.max())
        40000
    """
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., np.newaxis]
    samples = pixels if image.alpha is None else np.concatenate([pixels, image.alpha[..., np.newaxis]], axis=2)
    metadata = {}
    if image.icc_profile is not None:
        metadata[PROFILE] = (libvips().GValue.blob_type, image.icc_profile)
    header = Header(
        name=str(path),
        format=format_of(path),
        width=samples.shape[1],
        height=samples.shape[0],
        channels=pixels.shape[2],
        dtype=samples.dtype.name,
        alpha=image.alpha is not None,
        metadata=metadata,
        resolution=(1.0, 1.0),
        quality=None,
        bits=image.depth,
        notes=(),
    )
    # In the byte order of this machine.
    write_strips(path, header, [samples.astype(samples.dtype.name, copy=False)], overwrite=overwrite)
