"""The tags of TIFF files: what they hold beside the picture, and that added to a new file.

Reference: Adobe, "TIFF Revision 6.0", 1992.
"""

from __future__ import annotations

import io
import math
import re
import struct
from fractions import Fraction
from typing import BinaryIO

from unnoise.imaging.containers import imagej, photoshop
from unnoise.imaging.containers.directories import (
    BYTE,
    RATIONAL,
    UNDEFINED,
    DamagedDirectory,
    Directories,
    Directory,
    Tag,
    numbers,
    serialised,
    short,
)
from unnoise.imaging.containers.exif import ORIENTATION, block_of, directory_of, orientation_of
from unnoise.imaging.metadata import Metadata, Resolution

DESCRIPTION, SUB_DIRECTORIES, EXTRA_SAMPLES, PHOTOMETRIC = 0x010E, 0x014A, 0x0152, 0x0106
_X, _Y, _UNIT = 0x011A, 0x011B, 0x0128
_XMP, _IPTC, _PHOTOSHOP, _ICC = 0x02BC, 0x83BB, 0x8649, 0x8773
_DNG = 0xC612
_UNITS = {1: None, 2: "inch", 3: "cm"}
# How the pixels lie in the file, which the writer knows; levels and pictures that are those of the input.
_CODING = {
    0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0107, 0x0108, 0x0109, 0x010A, 0x0111, 0x0115, 0x0116,
    0x0117, 0x0118, 0x0119, 0x011C, 0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x013D, 0x0140, 0x0141, 0x0142,
    0x0143, 0x0144, 0x0145, 0x0146, 0x0147, 0x0148, 0x014A, 0x014C, 0x014D, 0x014E, 0x0150, 0x0151, 0x0152, 0x0153,
    0x0154, 0x0155, 0x0156, 0x015B, 0x0200, 0x0201, 0x0202, 0x0203, 0x0205, 0x0206, 0x0207, 0x0208, 0x0209, 0x0211,
    0x0212, 0x0213, 0x0214,
}  # fmt: skip
_PROPER = {_X, _Y, _UNIT, _XMP, _IPTC, _PHOTOSHOP, _ICC, ORIENTATION}


def directories_of(handle: BinaryIO) -> list[Directory]:
    """Return the directories of a TIFF file; none where they are damaged."""
    try:
        handle.seek(0)
        return list(Directories(handle).all().values())
    except DamagedDirectory:
        return []


def pages(handle: BinaryIO) -> int:
    """Return how many pictures a TIFF file has."""
    directories = directories_of(handle)
    return max(sum(map(is_picture, directories)), told_images(directories[0]) if directories else 0)


def is_picture(directory: Directory) -> bool:
    """Return whether a directory is neither a smaller copy of a picture, as in pyramids, nor a mask."""
    return not (numbers(directory, 0x00FE) or (0,))[0] & 5


def told_images(first: Directory) -> int:
    """Return how many images the file says it has, one behind the other without directories of their own, or 1.

    ImageJ and tifffile say so where they have written the first directory alone.
    """
    description = first.get(DESCRIPTION)
    text = description.text if isinstance(description, Tag) else ""
    if text.startswith("ImageJ="):
        images = re.search(r"^images=(\d{1,9})\s*$", text, re.MULTILINE)
        return int(images[1]) if images else 1
    shape = re.match(r'\{"shape": \[([\d, ]{1,200})\].*"truncated": true', text)
    if shape is None:
        return 1
    height = (numbers(first, 0x0101) or (1,))[0]
    return math.prod(map(int, shape[1].split(", "))) // max(1, height * row_samples(first))


def row_samples(directory: Directory) -> int:
    """Return the samples in a row."""
    width, samples = (numbers(directory, tag) or (1,) for tag in (0x0100, 0x0115))
    return width[0] * samples[0]


def is_min_is_white(handle: BinaryIO) -> bool:
    """Return whether 0 stands for white."""
    directories = directories_of(handle)
    return bool(directories) and numbers(directories[0], PHOTOMETRIC) == (0,)


def refusal(directories: list[Directory]) -> str:
    """Return why a TIFF file is not about its first picture alone, or cannot be read; nothing where it can."""
    if not directories:
        return ""
    first = directories[0]
    if _DNG in first or numbers(first, PHOTOMETRIC) in ((32803,), (34892,)):
        return "it is a raw file, whose first picture is a preview; develop it to a 16-bit TIFF first"
    if SUB_DIRECTORIES in first and numbers(first, 0x00FE)[:1] == (1,):
        return "its first picture is a preview, and the picture itself lies in a sub-directory, as in raw files"
    extra = numbers(first, EXTRA_SAMPLES)
    if 0 in extra and numbers(first, PHOTOMETRIC) in ((0,), (1,)):
        return f"it has {len(extra) + 1} channels that are neither colour nor transparency; split it into gray images"
    return _refused_coding(first)


def _refused_coding(first: Directory) -> str:
    """Return why samples cannot be decoded, or are of a type that no network takes; nothing where they can."""
    compression = {50000: "ZSTD", 34925: "LZMA", 34712: "JPEG 2000", 34887: "LERC", 50002: "JPEG XL"}
    code = (numbers(first, 0x0103) or (1,))[0]
    if code in compression:
        return f"it is compressed with {compression[code]}, which is not supported; save it with deflate or LZW"
    bits, kind = (numbers(first, 0x0102) or (1,))[0], (numbers(first, 0x0153) or (1,))[0]
    if bits > 32 or (bits == 32 and kind != 3) or (bits > 1 and kind == 2):
        what = {1: "integers", 2: "integers with a sign", 3: "floats"}.get(kind, "numbers of a rare kind")
        return f"its samples are {what} of {bits} bits; supported are 8 and 16 bits without sign and floats of 32"
    return ""


def inventory(handle: BinaryIO) -> Metadata:
    """Return what a TIFF file holds beside its picture."""
    directories = directories_of(handle)
    if not directories:
        return Metadata()
    first = directories[0]
    own: Directory = {tag: value for tag, value in first.items() if tag not in _CODING | _PROPER}
    smaller = sum(not is_picture(directory) for directory in directories[1:])
    left_out = [f"{smaller} smaller copies of the picture"] if smaller else []
    left_out += ["sub-pictures"] if SUB_DIRECTORIES in first else []
    if imagej.COUNTS in own and handle.seek(0) == 0 and handle.read(2) == b"MM":
        content = imagej.turned(_bytes(own, imagej.CONTENT) or b"", numbers(own, imagej.COUNTS))
        if content is None:
            left_out.append("ImageJ's own metadata")
            del own[imagej.COUNTS]
            own.pop(imagej.CONTENT, None)
        else:
            own[imagej.CONTENT] = Tag(BYTE, content)
    shop, iptc = _bytes(first, _PHOTOSHOP), _bytes(first, _IPTC)
    if shop is not None:
        shop, _ = photoshop.without_thumbnails(shop)
    if iptc is not None and (shop is None or photoshop.iptc_of(shop) is None):
        shop = (shop or b"") + photoshop.with_iptc(iptc)
    if numbers(first, EXTRA_SAMPLES) == (0,):
        own[EXTRA_SAMPLES] = short(0)  # a channel that is not said to be transparency stays so
    return Metadata(
        exif=block_of(first),
        xmp=_bytes(first, _XMP),
        photoshop=shop,
        icc_profile=_bytes(first, _ICC),
        orientation=orientation_of(first),
        resolution=_resolution(first),
        own=(("tags", _as_block(own)),) if own else (),
        left_out=tuple(left_out),
    )


def describe(handle: BinaryIO, metadata: Metadata) -> None:
    """Add the metadata to a little-endian TIFF file of one directory, which then gets a new directory at its end."""
    handle.seek(0)
    directories = Directories(handle)
    directory, _ = directories.at(directories.first)
    for tag in (_X, _Y, _UNIT, ORIENTATION):  # which the writer makes up
        directory.pop(tag, None)
    added: Directory = {ORIENTATION: short(metadata.orientation)} if metadata.orientation != 1 else {}
    if metadata.resolution is not None:
        added |= _resolution_tags(metadata.resolution)
    if metadata.icc_profile is not None:
        added[_ICC] = Tag(UNDEFINED, metadata.icc_profile)
    if metadata.xmp is not None:
        added[_XMP] = Tag(BYTE, metadata.xmp)
    if metadata.photoshop is not None:
        added[_PHOTOSHOP] = Tag(BYTE, metadata.photoshop)
        if (iptc := photoshop.iptc_of(metadata.photoshop)) is not None:
            added[_IPTC] = Tag(UNDEFINED, iptc)
    own = dict(metadata.own)
    blocks = [block for block in (metadata.exif, own.get("tags")) if block is not None]
    more = [directory_of(block) for block in blocks]
    merged: Directory = {}
    for tags in more:
        merged |= {tag: value for tag, value in tags.items() if tag not in _CODING | _PROPER}
        if EXTRA_SAMPLES in tags and EXTRA_SAMPLES in directory:
            directory[EXTRA_SAMPLES] = tags[EXTRA_SAMPLES]
    # What the writer says of the pixels stays.
    merged |= added
    end = handle.seek(0, io.SEEK_END)
    handle.write(b"\0" * (end % 2))
    content, start = serialised(merged | directory, end + end % 2, big=directories.big)
    handle.write(content)
    if directories.big:
        handle.seek(8)
        handle.write(struct.pack("<Q", start))
    else:
        if end + len(content) >= 1 << 32:
            raise DamagedDirectory("a file of 4 GiB")
        handle.seek(4)
        handle.write(struct.pack("<I", start))


def _bytes(directory: Directory, tag: int) -> bytes | None:
    found = directory.get(tag)
    return found.data if isinstance(found, Tag) and found.data else None


def _as_block(directory: Directory) -> bytes:
    content, start = serialised(directory, 8)
    return b"II*\0" + struct.pack("<I", start) + content


def _resolution(directory: Directory) -> Resolution | None:
    x, y = _ratio(directory, _X), _ratio(directory, _Y)
    unit = (numbers(directory, _UNIT) or (2,))[0]
    if x is None or y is None or (unit == 1 and x == y == 1):
        return None
    return Resolution(x, y, _UNITS.get(unit))  # type: ignore[arg-type]


def _ratio(directory: Directory, tag: int) -> Fraction | None:
    found = directory.get(tag)
    if not isinstance(found, Tag) or found.type != RATIONAL or len(found.data) != 8:
        return None
    numerator, denominator = struct.unpack("<II", found.data)
    return Fraction(numerator, denominator) if numerator and denominator else None


def _resolution_tags(resolution: Resolution) -> Directory:
    unit = resolution.unit
    resolution = resolution.in_unit("cm") if unit == "m" else resolution
    code = {None: 1, "inch": 2, "cm": 3, "m": 3}[unit]
    return {_X: _rational(resolution.x), _Y: _rational(resolution.y), _UNIT: short(code)}


def _rational(value: Fraction) -> Tag:
    value = value.limit_denominator((1 << 32) - 1)
    while value.numerator >= 1 << 32:
        value = Fraction(round(value))
    return Tag(RATIONAL, struct.pack("<II", value.numerator, value.denominator))
