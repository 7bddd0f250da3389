"""Image files made byte by byte, and what is found in files by readers that are not ours."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import pyvips
import tifffile

from unnoise.imaging import open_image
from unnoise.imaging.encoding import held_metadata, write_strips
from unnoise.imaging.formats import FORMATS

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
P3 = pyvips.Image.new_from_array(PIXELS).icc_transform("p3", input_profile="srgb").get("icc-profile-data")


def rewritten(content, suffix, **options):
    """Return a file as it is written again, and what is said to be lost."""
    image = open_image(content)
    file = io.BytesIO()
    write_strips(file, image, image.strips(), format=FORMATS[suffix], **options)
    strip = options.get("strip_metadata", False)
    return file.getvalue(), held_metadata(image, FORMATS[suffix], strip_metadata=strip)[1]


def pillow(kind, pixels=PIXELS, **options):
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def tiff(pixels=PIXELS, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*chunks):
    """Return a PNG file with more chunks behind IHDR."""
    plain = pillow("PNG")
    return plain[:33] + b"".join(chunk(*each) for each in chunks) + plain[33:]


def chunks(content):
    """Return the chunks of a PNG file but those of the coding."""
    place, found = 8, {}
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        found[content[place + 4 : place + 8]] = content[place + 8 : place + 8 + length]
        place += 12 + length
    return {kind: value for kind, value in found.items() if kind not in (b"IHDR", b"IDAT", b"IEND", b"PLTE")}


def segments(content):
    """Return the segments of a JPEG file that are application's or comments."""
    place, found = 2, []
    while content[place + 1] != 0xDA:
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if content[place + 1] >= 0xE0:
            found.append((content[place + 1], content[place + 4 : place + 2 + length]))
        place += 2 + length
    return found


def jpeg(*more, **options):
    """Return a JPEG file with more segments behind JFIF's."""
    plain = pillow("JPEG", quality=90, **options)
    parts = b"".join(bytes([0xFF, kind]) + (len(body) + 2).to_bytes(2, "big") + body for kind, body in more)
    return plain[:20] + parts + plain[20:]


def exif(thumbnail=b"", order="<", orientation=6):
    """Return an EXIF block with a maker's note, in either byte order; with a thumbnail in a second directory."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    note = b"private to the maker"
    inner = 8 + 2 + 3 * 12 + 4
    second = inner + 2 + 12 + 4 + len(note)
    main = struct.pack(order + "H", 3)
    main += struct.pack(order + "HHI", 0x010F, 2, 4) + b"ACM\0"
    main += struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    main += struct.pack(order + "HHII", 0x8769, 4, 1, inner)
    main += struct.pack(order + "I", second if thumbnail else 0)
    notes = struct.pack(order + "HHHIII", 1, 0x927C, 7, len(note), inner + 18, 0) + note
    small = struct.pack(order + "H", 2)
    small += struct.pack(order + "HHII", 0x0201, 4, 1, second + 30)
    small += struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail)) + bytes(4)
    return mark + struct.pack(order + "I", 8) + main + notes + (small + thumbnail if thumbnail else b"")


def samples(dtype, shape, seed=0):
    values = np.random.default_rng(seed).random(shape)
    return values.astype(dtype) if dtype == "float32" else np.rint(values * np.iinfo(dtype).max).astype(dtype)


def smooth(shape=(64, 48, 3)):
    ramp = np.linspace(0, 255, shape[0] * shape[1]).reshape(shape[:2])
    return np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8) if len(shape) == 3 else ramp.astype(np.uint8)
