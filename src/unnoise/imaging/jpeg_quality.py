"""The quality that a JPEG file was written with, read from its quantization tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Table K.1 of ITU-T T.81, the luminance table that quality 50 stands for, in zigzag order.
_LUMINANCE = np.array(
    [16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
     60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
     121, 112, 100, 120, 92, 101, 103, 99]
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
    place = 2
    while place + 4 <= len(head) and head[place] == 0xFF:
        marker, length = head[place + 1], int.from_bytes(head[place + 2 : place + 4], "big")
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        content = head[place + 4 : place + 2 + length]
        if marker == 0xDB and len(content) >= 65:
            wide = content[0] >> 4
            table = np.frombuffer(content[1 : 1 + 64 * (1 + wide)], ">u2" if wide else "u1").astype(np.int64)
            if len(table) == 64:
                differences = [int(abs(scaled_table(quality) - table).sum()) for quality in range(1, 101)]
                return int(np.argmin(differences)) + 1
        if marker == 0xDA:
            break
        place += 2 + length
    return None
