"""The segments of JPEG files: what they hold beside the picture, and that put into a new file.

References: ITU-T T.81, 1992, annex B; ITU-T T.871 (JFIF), 2011; CIPA DC-007 (Multi-Picture Format), 2009;
ISO 21496-1 (gain maps), 2025; Adobe, "XMP Specification Part 3", 2020.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

from unnoise.imaging.containers import photoshop
from unnoise.imaging.containers.exif import PREFIX, directory_of, orientation_of, with_orientation, without_thumbnail
from unnoise.imaging.metadata import Metadata, Resolution

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP, _ICC = b"Photoshop 3.0\0", b"ICC_PROFILE\0"
_JFIF, _JFXX, _MULTIPLE = b"JFIF\0", b"JFXX\0", b"MPF\0"
_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_CREDENTIALS = b"JP"  # of JUMBF boxes, which sign the pixels as they were
_COMMENT, _APP0, _APP1, _APP2, _APP11, _APP13, _APP14, _APP15 = 0xFE, 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xEF
_SCAN, _END = 0xDA, 0xD9
_MOST = 65533  # bytes in a segment
# What ends the coded data of a scan: a marker that is neither a stuffed byte, a restart nor a fill byte.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
# Attributes and lists of XMP that tell of pictures or films behind the end, which then are not there.
_BEHIND = re.compile(
    rb"<(Container|GContainer):Directory\b.*?</\1:Directory>"
    rb"|\s(hdrgm|GCamera|Camera|MicroVideo|OpCamera):(Version|MotionPhoto\w*|MicroVideo\w*|GainMap\w*)=([\"']).*?\4"
    rb"|<hdrgm:(\w+)>.*?</hdrgm:\5>",
    re.DOTALL,
)


def inventory(handle: BinaryIO) -> Metadata:
    """Return what a JPEG file holds beside its picture."""
    exif = xmp = resolution = shop = None
    own: list[tuple[str, bytes]] = []
    left_out: list[str] = []
    profile: dict[int, bytes] = {}
    pictures, gain_map = 1, False
    for marker, content in _segments(handle):
        if marker == _APP0 and content.startswith(_JFIF) and len(content) >= 12:
            resolution = _density(content) or resolution
        elif marker == _APP1 and content.startswith(PREFIX) and exif is None:
            exif, thumbnail = without_thumbnail(content[len(PREFIX) :])
            left_out += ["thumbnail"] if thumbnail else []
        elif marker == _APP1 and content.startswith(_XMP):
            xmp = content[len(_XMP) :]
        elif marker == _APP2 and content.startswith(_ICC) and len(content) > len(_ICC) + 2:
            profile[content[len(_ICC)]] = content[len(_ICC) + 2 :]
        elif marker == _APP2 and content.startswith(_MULTIPLE):
            pictures = max(pictures, _pictures(content[len(_MULTIPLE) :]))
        elif content.startswith(_GAIN_MAP):
            gain_map = True
        elif marker == _APP13 and content.startswith(_PHOTOSHOP):
            shop = (shop or b"") + content[len(_PHOTOSHOP) :]
        elif marker == _APP11 and content.startswith(_CREDENTIALS):
            left_out.append("content credentials")
        elif marker == _APP0:
            left_out += ["thumbnail"] if content.startswith(_JFXX) else []
        elif marker == _COMMENT or (_APP1 <= marker <= _APP15 and marker != _APP14):
            # Whatever it is, such as a thermal camera's measurements; APP14 tells of the coding.
            own.append((f"{marker:02x}", content))
    if shop is not None:
        shop, thumbnail = photoshop.without_thumbnails(shop)
        left_out += ["thumbnail"] if thumbnail else []
    behind = _behind(handle)
    if xmp is not None and (b"hdrgm:" in xmp or behind):
        gain_map = gain_map or b"hdrgm:" in xmp
        xmp = _BEHIND.sub(b"", xmp)
    left_out += _told(pictures, gain_map, behind)
    directory = directory_of(exif) if exif else {}
    return Metadata(
        exif=exif,
        xmp=xmp,
        photoshop=shop,
        icc_profile=b"".join(profile[number] for number in sorted(profile)) or None,
        orientation=orientation_of(directory),
        resolution=resolution,
        own=tuple(own),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def refusal(head: bytes) -> str:
    """Return why a file that begins with ``head`` is of a kind that decoders refuse; nothing where it is not."""
    for marker, content in _segments(io.BytesIO(head)):
        if marker == 0xC3:
            return "it is a lossless JPEG, as in medicine and raw files; save it as PNG or TIFF"
        if marker in (0xC0, 0xC1, 0xC2) and content[:1] not in (b"", b"\x08"):
            return f"it is a JPEG of {content[0]} bits a sample, supported are 8; save it as a 16-bit PNG or TIFF"
    return ""


def splice(head: bytes, metadata: Metadata) -> bytes:
    """Return the beginning of a JPEG file, which has no metadata, with them."""
    parts = []
    if metadata.resolution is not None:
        parts.append(_segment(_APP0, _jfif(metadata.resolution)))
    exif = with_orientation(metadata.exif, metadata.orientation)
    if exif is not None and len(exif) + len(PREFIX) <= _MOST:
        parts.append(_segment(_APP1, PREFIX + exif))
    if metadata.xmp is not None and len(metadata.xmp) + len(_XMP) <= _MOST:
        parts.append(_segment(_APP1, _XMP + metadata.xmp))
    if metadata.photoshop is not None:
        parts += [_segment(_APP13, _PHOTOSHOP + part) for part in _cut(metadata.photoshop, _MOST - len(_PHOTOSHOP))]
    if metadata.icc_profile is not None:
        cut = list(_cut(metadata.icc_profile, _MOST - len(_ICC) - 2))
        parts += [_segment(_APP2, _ICC + bytes([i + 1, len(cut)]) + part) for i, part in enumerate(cut)]
    parts += [_segment(int(kind, 16), content) for kind, content in metadata.own]
    return head[:2] + b"".join(parts) + head[2:]


def too_long(metadata: Metadata) -> list[str]:
    """Return the kinds of metadata that do not fit into a segment."""
    exif, xmp = len(metadata.exif or b"") + len(PREFIX), len(metadata.xmp or b"") + len(_XMP)
    return [kind for kind, length in (("EXIF", exif), ("XMP", xmp)) if length > _MOST]


def _segments(handle: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Give marker and content of the segments before the first scan; ``handle`` then stands behind its header."""
    handle.seek(2)
    while len(head := handle.read(2)) == 2 and head[0] == 0xFF:
        if head[1] == 0xFF:  # a fill byte
            handle.seek(-1, io.SEEK_CUR)
            continue
        length = int.from_bytes(handle.read(2), "big")
        content = handle.read(max(0, length - 2))
        if head[1] == _SCAN:
            return
        yield head[1], content


def _behind(handle: BinaryIO) -> bytes:
    """Return what follows the end of the picture, from behind the first scan's header on."""
    content = handle.read()
    place = 0
    while (found := _MARKER.search(content, place)) is not None:
        if content[found.start() + 1] == _END:
            return content[found.end() :]
        # Tables between the scans of a progressive file.
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    return b""


def _told(pictures: int, gain_map: bool, behind: bytes) -> list[str]:
    """Return in words what is behind the picture."""
    if gain_map:
        return ["HDR gain map"]
    if pictures > 1:
        return [f"{pictures - 1} of {pictures} pictures"]
    if behind[4:8] == b"ftyp" or b"\0\0\0\x18ftyp" in behind[: 1 << 16]:
        return ["film of a motion photo"]
    return [f"{len(behind):,} bytes behind the end of the image"] if behind.strip(b"\0") else []


def _pictures(index: bytes) -> int:
    """Return how many pictures the index of a Multi-Picture file counts."""
    from unnoise.imaging.containers.directories import numbers

    found = numbers(directory_of(index), 0xB001)
    return found[0] if found else 2


def _density(content: bytes) -> Resolution | None:
    unit, x, y = struct.unpack(">BHH", content[7:12])
    if not x or not y or (unit == 0 and x == y):
        return None
    return Resolution(Fraction(x), Fraction(y), "inch" if unit == 1 else "cm" if unit == 2 else None)


def _jfif(resolution: Resolution) -> bytes:
    unit = 0
    if resolution.unit is not None:
        unit = 2 if resolution.unit == "cm" else 1
        resolution = resolution if unit == 2 else resolution.in_unit("inch")
        x, y = round(resolution.x), round(resolution.y)
    else:
        ratio = (resolution.x / resolution.y).limit_denominator(65535)
        x, y = ratio.numerator, ratio.denominator
    return _JFIF + struct.pack(">BBBHHBB", 1, 2, unit, min(max(x, 1), 65535), min(max(y, 1), 65535), 0, 0)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _cut(content: bytes, length: int) -> Iterator[bytes]:
    for start in range(0, len(content), length):
        yield content[start : start + length]
