"""Files of several frames, made of files of one, whose coded pixels are taken over.

So each frame is coded as any image of its format, and memory holds one at a time.

References: Adobe, "TIFF Revision 6.0", 1992; W3C, "Portable Network Graphics (PNG) Specification", 3rd ed., 2025;
RFC 9649, "WebP Image Format", 2024, 2.7; CompuServe, "Graphics Interchange Format, Version 89a", 1990.
"""

from __future__ import annotations

import io
import itertools
import struct
from typing import BinaryIO, Protocol

from unnoise.frames.animation import Timing
from unnoise.imaging.containers import png, webp
from unnoise.imaging.containers.directories import LONG, LONG8, Directories, Tag, numbers, serialised

_STRIPS, _LENGTHS = 0x0111, 0x0117


class Join(Protocol):
    """What makes a file of frames."""

    def add(self, still: bytes) -> None:
        """Add the next frame, a file of the same format."""

    def finish(self) -> None:
        """Write what stands behind the last frame."""


class JoinTiff:
    """A TIFF file of pages.

    Args:
        sink: An empty file.
        big: Whether its offsets have 64 bits.
    """

    def __init__(self, sink: BinaryIO, big: bool) -> None:
        self._sink, self._big = sink, big
        sink.write(b"II+\0\x08\0\0\0" + bytes(8) if big else b"II*\0" + bytes(4))
        self._pointer = 8 if big else 4

    def add(self, still: bytes) -> None:
        """Add a page, a TIFF file of one, with all its tags."""
        sink, code = self._sink, "Q" if self._big else "I"
        directories = Directories(io.BytesIO(still))
        directory, _ = directories.at(directories.first)
        places = []
        for start, length in zip(numbers(directory, _STRIPS), numbers(directory, _LENGTHS), strict=True):
            places.append(sink.tell())
            sink.write(still[start : start + length] + bytes(length % 2))
        directory[_STRIPS] = Tag(LONG8 if self._big else LONG, struct.pack(f"<{len(places)}{code}", *places))
        content, start = serialised(directory, sink.tell(), big=self._big)
        sink.write(content)
        end = sink.tell()
        sink.seek(self._pointer)
        sink.write(struct.pack(f"<{code}", start))
        sink.seek(end)
        self._pointer = start + (8 + 20 * len(directory) if self._big else 2 + 12 * len(directory))

    def finish(self) -> None:
        """Nothing stands behind the last page."""


class JoinPng:
    """An animated PNG file.

    Args:
        sink: An empty file.
        timing: How it is played.
    """

    def __init__(self, sink: BinaryIO, timing: Timing) -> None:
        self._sink, self._timing = sink, timing
        self._numbers, self._count = itertools.count(), 0

    def add(self, still: bytes) -> None:
        """Add a frame, a PNG file; what stands before the pixels of the first one is taken over."""
        handle = io.BytesIO(still)
        first, began = self._count == 0, False
        for kind, length in png.chunks(handle):
            content = handle.read(length)
            if kind == "IHDR":
                size = content[:8]
                if first:
                    self._sink.write(png.SIGNATURE)
            if kind == "IDAT":
                if not began:
                    began = True
                    self._begin(size, first)
                if first:
                    self._sink.write(png.chunk(kind, content))
                else:
                    self._sink.write(png.chunk("fdAT", struct.pack(">I", next(self._numbers)) + content))
            elif first and kind != "IEND":
                self._sink.write(png.chunk(kind, content))
        self._count += 1

    def _begin(self, size: bytes, first: bool) -> None:
        timing = self._timing
        if first:
            count = len(timing.seconds) - timing.still
            self._sink.write(png.chunk("acTL", struct.pack(">II", count, 1 if timing.loop is None else timing.loop)))
        if not (first and timing.still):
            delay = timing.seconds[self._count].limit_denominator(65535)
            numerator = min(delay.numerator, 65535)
            control = struct.pack(">I", next(self._numbers)) + size + bytes(8)
            self._sink.write(png.chunk("fcTL", control + struct.pack(">HHBB", numerator, delay.denominator, 0, 0)))

    def finish(self) -> None:
        """Write the end."""
        self._sink.write(png.chunk("IEND", b""))


class JoinWebp:
    """An animated WebP file.

    Args:
        sink: An empty file.
        timing: How it is played.
        alpha: Whether frames have transparency.
    """

    _ALPHA, _ANIMATED = 0x10, 0x02

    def __init__(self, sink: BinaryIO, timing: Timing, alpha: bool) -> None:
        self._sink, self._timing, self._alpha, self._count = sink, timing, alpha, 0
        self._behind = b""

    def add(self, still: bytes) -> None:
        """Add a frame, a WebP file; metadata of the first one are those of the animation."""
        found = {
            kind: still[start - 8 : start + length + length % 2]
            for kind, start, length in webp.chunks(io.BytesIO(still))
        }
        if self._count == 0:
            width, height = _webp_size(found)
            flags = (found[b"VP8X"][8] if b"VP8X" in found else 0) | self._ANIMATED
            flags |= self._ALPHA if self._alpha else 0
            self._size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
            self._sink.write(b"RIFF\0\0\0\0WEBP" + webp.chunk(b"VP8X", bytes([flags, 0, 0, 0]) + self._size))
            self._sink.write(found.get(b"ICCP", b""))
            loop = 1 if self._timing.loop is None else self._timing.loop
            self._sink.write(webp.chunk(b"ANIM", bytes(4) + struct.pack("<H", min(loop, 65535))))
            self._behind = found.get(b"EXIF", b"") + found.get(b"XMP ", b"")
        duration = min(round(self._timing.seconds[self._count] * 1000), (1 << 24) - 1)
        # Not blended with the frame before.
        control = bytes(6) + self._size + duration.to_bytes(3, "little") + b"\x02"
        pixels = b"".join(found[kind] for kind in (b"ALPH", b"VP8 ", b"VP8L") if kind in found)
        self._sink.write(webp.chunk(b"ANMF", control + pixels))
        self._count += 1

    def finish(self) -> None:
        """Write EXIF and XMP, and the file's length."""
        self._sink.write(self._behind)
        length = self._sink.tell() - 8
        self._sink.seek(4)
        self._sink.write(struct.pack("<I", length))
        self._sink.seek(0, io.SEEK_END)


def _webp_size(found: dict[bytes, bytes]) -> tuple[int, int]:
    """Return width and height, as the coded picture says."""
    if b"VP8L" in found:
        (bits,) = struct.unpack("<I", found[b"VP8L"][9:13])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", found[b"VP8 "][14:18])
    return width & 0x3FFF, height & 0x3FFF


class JoinGif:
    """An animated GIF file.

    Args:
        sink: An empty file.
        timing: How it is played.
    """

    def __init__(self, sink: BinaryIO, timing: Timing) -> None:
        self._sink, self._timing, self._count = sink, timing, 0

    def add(self, still: bytes) -> None:
        """Add a frame, a GIF file, with its own palette."""
        palette, transparent, picture = _gif_parts(still)
        if self._count == 0:
            self._sink.write(b"GIF89a" + still[6:10] + b"\x70\0\0")
            if self._timing.loop is not None:
                self._sink.write(
                    b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", min(self._timing.loop, 65535)) + b"\0"
                )
        delay = min(round(self._timing.seconds[self._count] * 100), 65535)
        # A frame with transparency must not show the one before.
        flags, index = (0x04, 0) if transparent is None else (0x09, transparent)
        self._sink.write(b"\x21\xf9\x04" + struct.pack("<BHB", flags, delay, index) + b"\0")
        bits = (len(palette) // 3).bit_length() - 2
        self._sink.write(b"\x2c" + picture[1:9] + bytes([0x80 | bits | (picture[9] & 0x40)]) + palette + picture[10:])
        self._count += 1

    def finish(self) -> None:
        """Write the end."""
        self._sink.write(b";")


def _gif_parts(still: bytes) -> tuple[bytes, int | None, bytes]:
    """Return palette, transparent index, and the image from its descriptor on, without a palette of its own."""
    length = _palette_length(still[10])
    palette, place, transparent = still[13 : 13 + length], 13 + length, None
    while still[place] == 0x21:
        if still[place + 1] == 0xF9 and still[place + 3] & 1:
            transparent = still[place + 6]
        place = _behind_blocks(still, place + 2)
    start, descriptor = place + 10, still[place : place + 10]
    own = _palette_length(descriptor[9])
    palette = still[start : start + own] or palette
    return palette, transparent, descriptor + still[start + own : _behind_blocks(still, start + own + 1)]


def _palette_length(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind_blocks(still: bytes, place: int) -> int:
    while still[place]:
        place += 1 + still[place]
    return place + 1
