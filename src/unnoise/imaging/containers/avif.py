"""The boxes of AVIF files that tell of colour and of animations; libvips and libheif carry the rest.

References: ISO/IEC 14496-12, 12.1.5 (colour information); Alliance for Open Media, "AV1 Image File Format", 2022.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from unnoise.imaging.containers.directories import ASCII, Tag
from unnoise.imaging.containers.exif import PREFIX, block_of
from unnoise.imaging.metadata import Metadata

_COLOUR, _ANIMATION = b"colrnclx", b"avis"
_DESCRIPTION, _FILLER, _SHORTEST = 0x010E, b"~", 64
# All boxes that tell of the image stand within this many bytes from the beginning.
HEAD = 1 << 16


def is_animation(head: bytes) -> bool:
    """Return whether the file says of itself that it is a sequence of images."""
    return head[4:8] == b"ftyp" and head[8:12] == _ANIMATION


def code_points(head: bytes) -> tuple[int, int, int, int] | None:
    """Return primaries, transfer, matrix and whether the range is full; None where the file tells neither of the first.

    Beside a profile, which counts more, files often say of both that they are unspecified (2).
    """
    place = head.find(_COLOUR, 0, HEAD)
    if place < 0 or len(head) < place + 15:
        return None
    primaries, transfer, matrix, full = struct.unpack_from(">HHHB", head, place + 8)
    told = (primaries, transfer) != (2, 2) and max(primaries, transfer, matrix) < 256
    return (primaries, transfer, matrix, full >> 7) if told else None


def with_code_points(head: bytes, metadata: Metadata) -> bytes:
    """Return the beginning of a file with the metadata's primaries and transfer; the matrix is that of the coding."""
    place = head.find(_COLOUR, 0, HEAD)
    if place < 0 or metadata.cicp is None:
        return head
    return head[: place + 8] + struct.pack(">HH", *metadata.cicp[:2]) + head[place + 12 :]


def placeholder(exif: bytes) -> bytes:
    """Return an EXIF block in whose place ``exif`` fits, since libvips adds tags to whatever it is given."""
    return block_of({_DESCRIPTION: Tag(ASCII, _FILLER * max(len(exif), _SHORTEST) + b"\0")}) or b""


def with_exif(content: bytes, exif: bytes) -> bytes:
    """Return a file with ``exif`` in the place of its placeholder, and with its length."""
    place = content.find(_FILLER * max(len(exif), _SHORTEST))
    start = content.rfind(PREFIX, 0, max(place, 0)) + len(PREFIX)
    if place < 0 or start < len(PREFIX):
        return content
    end = place + max(len(exif), _SHORTEST)
    changed = bytearray(content[:start] + exif + bytes(end - start - len(exif)) + content[end:])
    # The item begins with four bytes that tell how far behind them the block begins.
    item = start - len(PREFIX) - 4
    for field, first, length in _extents(content):
        if first == item and end <= item + length <= len(content):
            struct.pack_into(">I", changed, field, start + len(exif) - item)
            changed[start + len(exif) : item + length] = bytes(item + length - start - len(exif))
    return bytes(changed)


def _extents(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each item's part of a file: where its length is written, where it begins, and its length.

    The table of items is read as libheif writes it, with places and lengths of four bytes; of others nothing is given.
    """
    table = content.find(b"iloc", 0, HEAD)
    if table < 0 or content[table + 4] > 1 or content[table + 8 : table + 10] != b"\x44\x40":
        return
    (count,) = struct.unpack_from(">H", content, table + 10)
    place = table + 12
    for _ in range(count):
        place += 4 if content[table + 4] == 0 else 6
        base, extents = struct.unpack_from(">IH", content, place)
        place += 6
        for _ in range(extents):
            first, length = struct.unpack_from(">II", content, place)
            yield place + 4, base + first, length
            place += 8
