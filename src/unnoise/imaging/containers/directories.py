"""Directories of tags, of which TIFF files and EXIF blocks are made: read in either byte order, written little-endian.

Reference: Adobe, "TIFF Revision 6.0", 1992, section 2; BigTIFF, whose offsets have 64 bits, has longer entries.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

# Bytes of a value and of the units that the byte order turns around, by type.
_TYPES = {
    1: (1, 1), 2: (1, 1), 3: (2, 2), 4: (4, 4), 5: (8, 4), 6: (1, 1), 7: (1, 1), 8: (2, 2), 9: (4, 4), 10: (8, 4),
    11: (4, 4), 12: (8, 8), 13: (4, 4), 16: (8, 8), 17: (8, 8), 18: (8, 8),
}  # fmt: skip
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, LONG8 = 1, 2, 3, 4, 5, 7, 16
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}
# Longer values are taken for damage.
_LONGEST = 1 << 28

EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
"""The tags that point to directories of their own."""


class DamagedDirectory(ValueError):  # noqa: N818 - the damage is in the file
    """A directory that ends too early or points nowhere."""


@dataclass(frozen=True)
class Tag:
    """A value of a directory.

    Attributes:
        type: By the numbers of TIFF 6.0.
        data: Its bytes in little-endian order.
    """

    type: int
    data: bytes

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.data) // _TYPES[self.type][0]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The values where they are integers, otherwise none."""
        return struct.unpack(f"<{self.count}{_CODES[self.type]}", self.data) if self.type in _CODES else ()

    @property
    def text(self) -> str:
        """The value as text, whatever its type."""
        return self.data.rstrip(b"\0").decode("utf-8", "replace")


def short(*values: int) -> Tag:
    """Return 16-bit integers as a tag."""
    return Tag(SHORT, struct.pack(f"<{len(values)}H", *values))


Directory = dict[int, "Tag | Directory"]
"""Tags by number; where one points to a directory, that directory."""


def numbers(directory: Directory, tag: int) -> tuple[int, ...]:
    """Return the integers of a tag; none where it is missing or something else."""
    found = directory.get(tag)
    return found.numbers if isinstance(found, Tag) else ()


class Directories:
    """The directories of a TIFF file or an EXIF block that begins where ``handle`` stands."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle, self.start = handle, handle.tell()
        self.size = handle.seek(0, io.SEEK_END)
        handle.seek(self.start)
        mark = handle.read(4)
        if mark not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            raise DamagedDirectory("no byte order mark")
        self.order = "<" if mark[:2] == b"II" else ">"
        self.big = b"+" in mark
        if self.big:
            self._read(4)
        (self.first,) = self._numbers("Q" if self.big else "I")

    def all(self) -> dict[int, Directory]:
        """Return the directories in a row by their places, each of them once."""
        found: dict[int, Directory] = {}
        offset = self.first
        while offset and offset not in found:
            found[offset], offset = self.at(offset)
        return found

    def alone(self, offset: int) -> dict[int, bytes]:
        """Return what has to stand at which places so that the directory at ``offset`` is the only one."""
        self.handle.seek(self.start + offset)
        (count,) = self._numbers("Q" if self.big else "H")
        end = offset + (8 + 20 * count if self.big else 2 + 12 * count)
        code = self.order + ("Q" if self.big else "I")
        return {8 if self.big else 4: struct.pack(code, offset), end: struct.pack(code, 0)}

    def at(self, offset: int, pointers: Iterable[int] = (EXIF, GPS)) -> tuple[Directory, int]:
        """Return the directory at ``offset`` with those that it points to, and the offset of the next one, or 0."""
        self._seek(offset)
        (count,) = self._numbers("Q" if self.big else "H")
        if count > 1 << 16:
            raise DamagedDirectory("too many tags")
        layout = self.order + ("HHQ8s" if self.big else "HHI4s")
        entries = list(struct.iter_unpack(layout, self._read(count * struct.calcsize(layout))))
        (following,) = self._numbers("Q" if self.big else "I")
        directory: Directory = {}
        for tag, kind, number, field in entries:
            value = self._tag(kind, number, field) if kind in _TYPES else None
            if value is None:
                continue
            if tag in pointers and value.count == 1 and value.numbers:
                inner = (INTEROPERABILITY,) if tag == EXIF else ()
                directory[tag] = self.at(value.numbers[0], inner)[0]
            else:
                directory[tag] = value
        return directory, following

    def _tag(self, kind: int, number: int, field: bytes) -> Tag:
        size, unit = _TYPES[kind]
        length = number * size
        if length > _LONGEST:
            raise DamagedDirectory("a value is too long")
        if length > len(field):
            (offset,) = struct.unpack(self.order + ("Q" if self.big else "I"), field)
            self._seek(offset)
            data = self._read(length)
        else:
            data = field[:length]
        return Tag(kind, data if self.order == "<" else _swapped(data, unit))

    def _numbers(self, codes: str) -> tuple[int, ...]:
        return struct.unpack(self.order + codes, self._read(struct.calcsize(self.order + codes)))

    def _seek(self, offset: int) -> None:
        if self.start + offset > self.size:
            raise DamagedDirectory("it points nowhere")
        self.handle.seek(self.start + offset)

    def _read(self, size: int) -> bytes:
        data = self.handle.read(size)
        if len(data) < size:
            raise DamagedDirectory("it ends too early")
        return data


def serialised(directory: Directory, offset: int, *, big: bool = False, following: int = 0) -> tuple[bytes, int]:
    """Return a directory and what it points to as they stand in a file from ``offset`` on, and where it begins itself.

    Args:
        directory: The tags.
        offset: An even place in the file.
        big: Whether the file is a BigTIFF.
        following: Where the next directory is.
    """
    content = b""
    entries = []
    for number, tag in sorted(directory.items()):
        if not isinstance(tag, Tag):
            inner, start = serialised(tag, offset + len(content), big=big)
            content += inner
            tag = Tag(LONG8, struct.pack("<Q", start)) if big else Tag(LONG, struct.pack("<I", start))
        field = tag.data
        if len(field) > (8 if big else 4):
            field = struct.pack("<Q" if big else "<I", offset + len(content))
            content += tag.data + b"\0" * (len(tag.data) % 2)
        layout = "<HHQ8s" if big else "<HHI4s"
        entries.append(struct.pack(layout, number, tag.type, tag.count, field))
    start = offset + len(content)
    content += struct.pack("<Q" if big else "<H", len(entries)) + b"".join(entries)
    content += struct.pack("<Q" if big else "<I", following)
    return content + b"\0" * (len(content) % 2), start


def _swapped(data: bytes, unit: int) -> bytes:
    if unit == 1:
        return data
    result = bytearray(len(data))
    for place in range(unit):
        result[place::unit] = data[unit - 1 - place :: unit]
    return bytes(result)
