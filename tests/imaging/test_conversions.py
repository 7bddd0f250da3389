"""Orientation, colour and depth where formats differ, and damage."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageOps
import pytest
import pyvips
from made_files import P3, PIXELS, chunks, exif, jpeg, pillow, png, rewritten, segments, tiff

from unnoise.errors import UnnoiseError
from unnoise.imaging import open_image
from unnoise.imaging.codecs import vips
from unnoise.imaging.encoding import write_strips
from unnoise.imaging.formats import FORMATS


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".bmp", ".ppm", ".gif", ".avif"])
def test_orientation_is_applied_where_it_cannot_be_held(suffix, orientation):
    # Two rows of two columns of large squares, which no format changes much.
    squares = np.array(
        [[[200, 0, 0], [0, 200, 0]], [[0, 0, 200], [90, 90, 90]], [[0, 90, 90], [200, 200, 0]]], np.uint8
    )
    squares = squares.repeat(16, axis=0).repeat(16, axis=1)
    tags = PIL.Image.Exif()
    tags[0x0112] = orientation
    source = pillow("TIFF", squares, tiffinfo={0x0112: orientation})
    upright = np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(source))))
    content, _ = rewritten(source, suffix)
    with PIL.Image.open(io.BytesIO(content)) as image:
        shown = np.asarray(PIL.ImageOps.exif_transpose(image).convert("RGB"), int)
    assert shown.shape == upright.shape
    assert np.abs(shown - upright).max() < 12


def gray_profile():
    """Return a gray ICC profile of gamma 1, version 2."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    start = 128 + 4 + 2 * 12
    table = (
        struct.pack(">I", 2) + b"wtpt" + struct.pack(">II", start, 20) + b"kTRC" + struct.pack(">II", start + 20, 12)
    )
    header = (
        struct.pack(">I4sI4s4s4s", start + 32, b"lcms", 0x02100000, b"mntr", b"GRAY", b"XYZ ") + bytes(12) + b"acsp"
    )
    header += bytes(128 - 40 - 60) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return header + table + white + curve


def srgb_of(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(
    ("bands", "suffix"), [(1, ".bmp"), (3, ".bmp"), (1, ".ppm"), (3, ".ppm"), (3, ".gif"), (4, ".gif")]
)
def test_the_profile_is_applied_where_it_cannot_be_held(suffix, bands):
    smooth = np.linspace(60, 180, 64).astype(np.uint8).repeat(16).reshape(32, 32)
    colours = np.dstack([smooth, smooth.T, np.full_like(smooth, 90)])
    if bands == 1:
        content, lost = rewritten(pillow("PNG", smooth, icc_profile=gray_profile()), suffix)
        assert lost == []
        shown = np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB"), int)
        assert (np.ptp(shown, axis=2) == 0).all()
        # A gamma of 1 is much brighter in sRGB: 0.5 becomes 0.735.
        np.testing.assert_allclose(shown[..., 0], 255 * srgb_of(smooth / 255), atol=3)
        return
    pixels = colours if bands == 3 else np.dstack([colours, np.full_like(smooth, 255)])
    content, lost = rewritten(pillow("PNG", pixels, icc_profile=P3), suffix)
    assert lost == []
    to_srgb = PIL.ImageCms.profileToProfile(
        PIL.Image.fromarray(colours), PIL.ImageCms.ImageCmsProfile(io.BytesIO(P3)),
        PIL.ImageCms.createProfile("sRGB"), renderingIntent=1,
    )  # fmt: skip
    shown = np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB"), int)
    assert np.abs(shown - np.asarray(to_srgb, int)).mean() < (2 if suffix != ".gif" else 6)


def code_points(content):
    place = content.index(b"colrnclx") + 8
    return struct.unpack(">HH", content[place : place + 4])


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_depth_and_colour_of_an_avif_stay(bits):
    deep = PIXELS if bits == 8 else PIXELS.astype(np.uint16) * 257
    plain = pyvips.Image.new_from_array(deep).copy(interpretation="srgb" if bits == 8 else "rgb16")
    content = plain.write_to_buffer(".avif", compression="av1", lossless=True, bitdepth=bits)
    place = content.index(b"colrnclx") + 8
    source = content[:place] + struct.pack(">HH", 12, 13) + content[place + 4 :]
    back, lost = rewritten(source, ".avif")
    assert lost == []
    assert code_points(back) == (12, 13)
    image = open_image(back)
    assert image.bits == bits
    np.testing.assert_array_equal(image.read(), open_image(source).read())
    # A PNG file says the same in a chunk, and a WebP file cannot.
    drawn, lost = rewritten(source, ".png")
    assert lost == []
    assert chunks(drawn)[b"cICP"][:2] == bytes([12, 13])
    assert code_points(rewritten(drawn, ".avif")[0]) == (12, 13)
    assert rewritten(source, ".webp")[1] == ["colour code points"]


def test_xmp_too_long_for_a_segment_is_named():
    source = png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"x" * 70_000))
    content, lost = rewritten(source, ".jpg")
    assert lost == ["XMP"]
    assert segments(content) == []


def contents():
    block = exif(pillow("JPEG", PIXELS[:8, :8]))
    return [
        jpeg((0xE1, b"Exif\0\0" + block), (0xE2, b"MPF\0" + block),
             (0xED, b"Photoshop 3.0\0" + b"8BIM\4\4" + bytes(6))),
        png((b"eXIf", block), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x/>")), (b"acTL", bytes(8))),
        tiff(description="ImageJ=1\nimages=1", metadata=None), tiff(byteorder=">", bigtiff=True),
        pillow("WEBP", exif=block, xmp=b"<x/>"), pillow("AVIF", exif=block), pillow("GIF"), pillow("BMP"),
        pillow("PPM"),
    ]  # fmt: skip


def mutated(whole, rng):
    """Return a file with some of its bytes changed, most of them near its beginning, or cut off."""
    content = bytearray(whole[: int(len(whole) * rng.random())] if rng.random() < 0.3 else whole)
    for span in (400, len(content)):
        for place in rng.integers(0, min(span, len(content)) + 1, rng.integers(1, 6)):
            content[place : place + 1] = bytes([rng.choice([0, 1, 255, rng.integers(256)])])
    return bytes(content)


@pytest.mark.parametrize("number", range(9))
def test_damage_is_one_error_of_one_line(number):
    whole = contents()[number]
    rng = np.random.default_rng(number)
    refused = 0
    for _ in range(150):
        try:
            image = open_image(mutated(whole, rng), max_pixels=10_000)
            write_strips(io.BytesIO(), image, image.strips(), format=FORMATS[".png"])
        except UnnoiseError as error:
            refused += "\n" not in str(error)
    assert refused > 10


def test_messages_that_quote_other_bytes_than_text_end_no_run():
    library = vips.libvips()
    message = library.ffi.new("char[]", b"tag \xff\xfe is unknown")
    assert library.error._to_string(message) == "tag \ufffd\ufffd is unknown"
    assert library.error._to_string(library.ffi.NULL) == "NULL"
