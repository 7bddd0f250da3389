"""EXIF blocks: what they say, a stale thumbnail taken out, the orientation set; all else stays byte by byte."""

from __future__ import annotations

import contextlib
import io
import struct

from unnoise.imaging.containers.directories import (
    EXIF,
    GPS,
    DamagedDirectory,
    Directories,
    Directory,
    numbers,
    serialised,
    short,
)

ORIENTATION = 0x0112
# Text tags of the main directory: description, maker, model, software, date, artist, copyright; and the orientation.
_CARRIED = (0x010E, 0x010F, 0x0110, ORIENTATION, 0x0131, 0x0132, 0x013B, 0x8298, EXIF, GPS)
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
PREFIX = b"Exif\0\0"
"""What stands before the block in JPEG files."""


def directory_of(block: bytes) -> Directory:
    """Return the main directory of an EXIF block; an empty one where it is damaged."""
    try:
        directories = Directories(io.BytesIO(block))
        return directories.at(directories.first)[0]
    except DamagedDirectory:
        return {}


def block_of(directory: Directory) -> bytes | None:
    """Return the EXIF block with the tags of a TIFF file that belong to it; None where there are none."""
    chosen: Directory = {tag: value for tag, value in directory.items() if tag in _CARRIED}
    if not chosen:
        return None
    content, start = serialised(chosen, 8)
    return b"II*\0" + struct.pack("<I", start) + content


def orientation_of(directory: Directory) -> int:
    """Return the orientation, 1 to 8; 1 where there is none."""
    found = numbers(directory, ORIENTATION)
    return found[0] if found and found[0] in range(1, 9) else 1


def with_orientation(block: bytes | None, orientation: int) -> bytes | None:
    """Return the block with another orientation; a new one where there was none and the image is not upright."""
    if block is None:
        return None if orientation == 1 else block_of({ORIENTATION: short(orientation)})
    directory = directory_of(block)
    if orientation_of(directory) == orientation:
        return block
    with contextlib.suppress(DamagedDirectory):
        place = _field(block, ORIENTATION)
        if place is not None:
            order = "<" if block.startswith(b"II") else ">"
            return block[:place] + struct.pack(order + "H", orientation) + block[place + 2 :]
    return block_of(directory | {ORIENTATION: short(orientation)})


def without_thumbnail(block: bytes) -> tuple[bytes, bool]:
    """Return the block without the small picture that shows the image as it was; and whether there was one.

    Offsets stay, since notes of the maker may count from the block's beginning.
    """
    try:
        directories = Directories(io.BytesIO(block))
        _, following = directories.at(directories.first, ())
        if not following:
            return block, False
        second, _ = directories.at(following, ())
        order = directories.order
        changed = bytearray(block)
        (count,) = struct.unpack_from(order + "H", block, directories.first)
        struct.pack_into(order + "I", changed, directories.first + 2 + 12 * count, 0)
        start, length = numbers(second, _THUMBNAIL), numbers(second, _THUMBNAIL_LENGTH)
        if start and length:
            end = min(start[0] + length[0], len(block))
            changed[start[0] : end] = b"" if end == len(block) else bytes(end - start[0])
        return bytes(changed), True
    except (DamagedDirectory, struct.error):
        return block, False


def _field(block: bytes, tag: int) -> int | None:
    """Return where the value of a short tag of the main directory stands in the block."""
    directories = Directories(io.BytesIO(block))
    (count,) = struct.unpack_from(directories.order + "H", block, directories.first)
    for number in range(count):
        place = directories.first + 2 + 12 * number
        if struct.unpack_from(directories.order + "H", block, place)[0] == tag:
            return place + 8
    return None
