"""Reading one whole image file, turned upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.imaging.image import Image
from unnoise.imaging.image_file import ImageFile, open_image

# How pixels stored with an EXIF orientation become upright: swap the axes first, then turn rows, columns around.
_TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def read_image(source: str | Path | bytes | ImageFile) -> Image:
    """Give the image in a JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP or PPM file.

    The format is told by the content, not by the name. Pixels keep their depth: uint8, uint16 or float32. Gray stays
    ``(H, W)``, palettes become RGB, CMYK becomes sRGB. An EXIF orientation is applied, so that the pixels are upright;
    the ICC profile is kept.

    Args:
        source: A path, the content of a file, or a file that is opened, such as a frame of a stack.

    Returns:
        The image, its alpha channel apart.

    Raises:
        InputError: the file is missing, empty, not an image, damaged or truncated, has several pages or frames, or
            holds samples that are neither 8 or 16 bit nor float.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from unnoise.imaging import read_image, write_image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_image(f"{folder}/gray.png", np.eye(4, dtype=np.uint8))
        ...     read_image(f"{folder}/gray.png").pixels.shape
        (4, 4)
    """
    file = source if isinstance(source, ImageFile) else open_image(source)
    samples = upright(file.read(), file.orientation)
    pixels = samples[..., 0] if file.channels == 1 else samples[..., :3]
    alpha = np.ascontiguousarray(samples[..., -1]) if file.alpha else None
    return Image(np.ascontiguousarray(pixels), alpha, file.metadata.icc_profile)


def upright(samples: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Return the view of ``(H, W, ...)`` that an EXIF orientation, 1 to 8, means."""
    swapped, rows, columns = _TURNS.get(orientation, _TURNS[1])
    samples = samples.swapaxes(0, 1) if swapped else samples
    return samples[:: -1 if rows else 1, :: -1 if columns else 1]
