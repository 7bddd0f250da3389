"""The chunks of PNG files: what they hold beside the picture, and that put into a new file.

Reference: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

from unnoise.imaging.containers import CutOff
from unnoise.imaging.containers.exif import directory_of, orientation_of, with_orientation, without_thumbnail
from unnoise.imaging.metadata import Metadata, Resolution

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = len(SIGNATURE) + 25  # with IHDR
# Colour beside the profile, and what belongs to the picture; the rest of the known ones describes its coding.
_CARRIED = {
    "gAMA", "cHRM", "sRGB", "iCCP", "mDCV", "mDCv", "cLLI", "cLLi", "tIME", "tEXt", "zTXt", "iTXt", "oFFs", "sCAL",
    "pCAL", "sTER",
}  # fmt: skip
_CODING = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "bKGD", "hIST", "sBIT", "sPLT", "pHYs", "eXIf", "cICP"}
_ANIMATION = {"acTL", "fcTL", "fdAT"}
_COLOUR = ("gAMA", "cHRM", "sRGB", "iCCP")
_XMP = b"XML:com.adobe.xmp\0"
# Longer chunks of metadata are taken for damage.
_LONGEST = 1 << 28
# What is longer when it is unpacked is no profile or text, but an attack on the memory.
_UNPACKED = 1 << 25


def chunks(handle: BinaryIO) -> Iterator[tuple[str, int]]:
    """Give type and length of each chunk up to the end of the image; ``handle`` then stands at its content."""
    place = handle.seek(len(SIGNATURE))
    while len(head := handle.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:].decode("latin-1")
        yield kind, length
        if kind == "IEND":
            handle.seek(place + 12)
            return
        place = handle.seek(place + 12 + length)


def frames(handle: BinaryIO) -> int:
    """Return how many frames an animation has; 1 where it is none."""
    for kind, length in chunks(handle):
        if kind == "IDAT":
            break
        if kind == "acTL" and length == 8:
            count = int.from_bytes(handle.read(4), "big")
            return count if count < 1 << 31 else 1  # which is how readers take a number that cannot be
    return 1


def inventory(handle: BinaryIO) -> Metadata:
    """Return what a PNG file holds beside its picture."""
    exif = xmp = icc = cicp = resolution = None
    own: list[tuple[str, bytes]] = []
    left_out: list[str] = []
    whole = False
    for kind, length in chunks(handle):
        if kind == "IEND":
            whole = True
        if kind in ("IDAT", "fdAT", "IEND") or length > _LONGEST:
            continue
        content = handle.read(length)
        if kind == "eXIf":
            exif, thumbnail = without_thumbnail(content.removeprefix(b"Exif\0\0"))
            left_out += ["thumbnail"] if thumbnail else []
        elif kind == "cICP" and length == 4:
            cicp = (content[0], content[1], content[2], content[3])
        elif kind == "pHYs" and length == 9:
            x, y, unit = struct.unpack(">IIB", content)
            resolution = Resolution(Fraction(x), Fraction(y), "m" if unit == 1 else None) if x and y else None
        elif kind == "iTXt" and content.startswith(_XMP):
            xmp = _text(content)
            left_out += ["XMP, which cannot be unpacked"] if xmp is None else []
        elif kind in _CARRIED or (kind not in _CODING | _ANIMATION and kind[3:].islower()):
            icc = _profile(content) if kind == "iCCP" else icc
            own.append((kind, content))
        elif kind not in _CODING | _ANIMATION:
            left_out.append(f"chunk {kind}")
    here = handle.tell()
    behind = handle.seek(0, io.SEEK_END) - here
    if not whole:
        raise CutOff
    if behind > 0:
        left_out.append(f"{behind:,} bytes behind the end of the image")
    orientation = orientation_of(directory_of(exif)) if exif else 1
    return Metadata(exif, xmp, None, icc, cicp, orientation, resolution, tuple(own), tuple(left_out))


def splice(head: bytes, metadata: Metadata) -> bytes:
    """Return the beginning of a PNG file, up to its first IDAT, with the metadata."""
    place = head.index(b"IDAT") - 4
    before: list[tuple[str, bytes]] = []
    after = []
    if metadata.cicp is not None:
        before.append(("cICP", bytes([*metadata.cicp[:2], 0, metadata.cicp[3]])))
    carried = list(metadata.own)
    if metadata.icc_profile is not None and not any(kind == "iCCP" for kind, _ in carried):
        before.append(("iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc_profile)))
    before += [(kind, content) for kind, content in carried if kind in _COLOUR]
    if metadata.resolution is not None:
        x, y = _whole(metadata.resolution)
        before.append(("pHYs", struct.pack(">IIB", x, y, metadata.resolution.unit is not None)))
    after += [(kind, content) for kind, content in carried if kind not in _COLOUR]
    exif = with_orientation(metadata.exif, metadata.orientation)
    if exif is not None:
        after.append(("eXIf", exif))
    if metadata.xmp is not None:
        after.append(("iTXt", _XMP + bytes(4) + metadata.xmp))
    return head[:_HEADER] + b"".join(chunk(kind, content) for kind, content in before + after) + head[place:]


def _whole(resolution: Resolution) -> tuple[int, int]:
    if resolution.unit is not None:
        resolution = resolution.in_unit("m")
        return round(resolution.x), round(resolution.y)
    # Only the ratio counts.
    ratio = (resolution.x / resolution.y).limit_denominator(1 << 20)
    return ratio.numerator, ratio.denominator


def chunk(kind: str, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    body = kind.encode("latin-1") + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _text(content: bytes) -> bytes | None:
    """Return the text of an iTXt chunk."""
    rest = content.partition(b"\0")[2]
    if len(rest) < 2:
        return None
    packed, fields = rest[0], rest[2:].split(b"\0", 2)
    return None if len(fields) < 3 else _inflated(fields[2]) if packed else fields[2]


def _profile(content: bytes) -> bytes | None:
    return _inflated(content.partition(b"\0")[2][1:])


def _inflated(content: bytes) -> bytes | None:
    try:
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(content, _UNPACKED)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else unpacked
