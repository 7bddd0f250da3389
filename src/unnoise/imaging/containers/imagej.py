"""ImageJ's own metadata in TIFF files (tables of colour, ranges, regions), which have the file's byte order within.

Reference: ImageJ 1.54, ``ij.io.TiffEncoder``.
"""

from __future__ import annotations

import struct

COUNTS, CONTENT = 0xC696, 0xC697
"""The tags: bytes of the header and of each entry; header and entries."""

# Bytes that the order turns around: UTF-16 and doubles; all else is bytes.
_UNITS = {b"info": 2, b"labl": 2, b"prop": 2, b"rang": 8}


def turned(content: bytes, counts: tuple[int, ...]) -> bytes | None:
    """Return big-endian metadata in little-endian order; None where they are damaged.

    Args:
        content: The header (``IJIJ``, then kinds and how many entries each has) and the entries.
        counts: Bytes of the header and of each entry.
    """
    if content[:4] != b"IJIJ" or not counts or counts[0] % 8 != 4 or sum(counts) > len(content):
        return None
    header = list(struct.iter_unpack(">4sI", content[4 : counts[0]]))
    kinds = [kind for kind, count in header for _ in range(min(count, len(counts)))]
    if len(kinds) != len(counts) - 1:
        return None
    result = b"JIJI" + b"".join(kind[::-1] + struct.pack("<I", count) for kind, count in header)
    place = counts[0]
    for kind, length in zip(kinds, counts[1:], strict=True):
        entry, unit = content[place : place + length], _UNITS.get(kind, 1)
        if length % unit:
            return None
        result += b"".join(entry[i : i + unit][::-1] for i in range(0, length, unit)) if unit > 1 else entry
        place += length
    return result
