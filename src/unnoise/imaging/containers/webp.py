"""The chunks of WebP files: what they hold beside the picture, and that put into a new file.

Reference: RFC 9649, "WebP Image Format", 2024.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from unnoise.imaging.containers.exif import PREFIX, directory_of, orientation_of, with_orientation, without_thumbnail
from unnoise.imaging.header import Header
from unnoise.imaging.metadata import Metadata

_PICTURE = (b"VP8 ", b"VP8L", b"ALPH")
_ICC, _ALPHA, _EXIF, _XMP = 0x20, 0x10, 0x08, 0x04


def inventory(handle: BinaryIO) -> Metadata:
    """Return what a WebP file holds beside its picture."""
    found = {}
    left_out: list[str] = []
    for kind, start, length in chunks(handle):
        if kind in (b"ICCP", b"EXIF", b"XMP "):
            handle.seek(start)
            found[kind] = handle.read(length)
    exif = found.get(b"EXIF")
    if exif is not None:
        exif, thumbnail = without_thumbnail(exif.removeprefix(PREFIX))
        left_out += ["thumbnail"] if thumbnail else []
    return Metadata(
        exif=exif,
        xmp=found.get(b"XMP "),
        icc_profile=found.get(b"ICCP"),
        orientation=orientation_of(directory_of(exif)) if exif else 1,
        left_out=tuple(left_out),
    )


def spliced(content: bytes, header: Header) -> bytes:
    """Return a WebP file with the header's metadata."""
    metadata = header.metadata
    exif = with_orientation(metadata.exif, metadata.orientation)
    more = {b"ICCP": metadata.icc_profile, b"EXIF": exif, b"XMP ": metadata.xmp}
    if not any(more.values()):
        return content
    flags = {b"ICCP": _ICC, b"EXIF": _EXIF, b"XMP ": _XMP}
    present = sum(flags[kind] for kind, value in more.items() if value) | (_ALPHA if header.alpha else 0)
    size = (header.width - 1).to_bytes(3, "little") + (header.height - 1).to_bytes(3, "little")
    parts = [chunk(b"VP8X", bytes([present, 0, 0, 0]) + size), chunk(b"ICCP", more[b"ICCP"])]
    place = 12
    while place + 8 <= len(content):
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        end = place + 8 + length + length % 2
        if content[place : place + 4] in _PICTURE:
            parts.append(content[place:end])
        place = end
    parts += [chunk(b"EXIF", exif), chunk(b"XMP ", metadata.xmp)]
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(kind: bytes, content: bytes | None) -> bytes:
    """Return a chunk with its length; nothing where there is no content."""
    return b"" if not content else kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def chunks(handle: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Give kind, place of the content and its length of each chunk."""
    place = 12
    while len(head := _at(handle, place)) == 8:
        length = int.from_bytes(head[4:], "little")
        yield head[:4], place + 8, length
        place += 8 + length + length % 2


def _at(handle: BinaryIO, place: int) -> bytes:
    handle.seek(place)
    return handle.read(8)
