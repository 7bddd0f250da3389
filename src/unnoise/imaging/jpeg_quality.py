"""The quality that a JPEG file was written with, read from its quantization tables."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

# Table K.1 of ITU-T T.81, the luminance table that quality 50 stands for, row by row.
_LUMINANCE = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
     87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
     72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip


def scaled_table(quality: int) -> npt.NDArray[np.int64]:
    """Return the luminance table of libjpeg's ``quality``, 1 to 100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: npt.NDArray[np.int64] = np.clip((_LUMINANCE * scale + 50) // 100, 1, 255)
    return table


def jpeg_quality(head: bytes) -> int | None:
    """Return the quality, 1 to 100, whose table is nearest to the first one in a JPEG file; None where there is none.

    Args:
        head: The beginning of the file, with all that stands before the picture.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        tables = JpegImageFile(io.BytesIO(head)).quantization
    except Exception:  # Pillow raises whatever its parsers do
        return None
    if 0 not in tables or len(tables[0]) != 64:
        return None
    table = np.array(tables[0])
    return int(np.argmin([abs(scaled_table(quality) - table).sum() for quality in range(1, 101)])) + 1
