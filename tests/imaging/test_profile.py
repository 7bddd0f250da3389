"""PNG's gAMA and cHRM become a profile in other formats, by which other readers see the same colours."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
from made_files import rewritten, smooth

from unnoise.imaging.profile import profile_of

SRGB = PIL.ImageCms.createProfile("sRGB")
ADOBE = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)


def png(pixels, **chunks):
    """Return a PNG file with more chunks behind its header."""
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG")
    content = file.getvalue()
    more = b""
    for kind, body in chunks.items():
        body = kind.encode() + body
        more += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content[:33] + more + content[33:]


def gamma(value):
    return struct.pack(">I", round(1e5 * value))


def in_srgb(content):
    """Return the pixels that a reader with colour management shows."""
    with PIL.Image.open(io.BytesIO(content)) as image:
        profile = PIL.ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        mode = "L" if image.mode == "L" else "RGB"
        if mode == "L":
            image = PIL.ImageCms.profileToProfile(image, profile, SRGB, outputMode="RGB")
        else:
            image = PIL.ImageCms.profileToProfile(image.convert("RGB"), profile, SRGB)
        return np.asarray(image).astype(float)


def encoded(linear):
    """Return linear light as 8-bit sRGB (IEC 61966-2-1)."""
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("value", [1.0, 1 / 1.8])
def test_a_gamma_becomes_a_curve(suffix, value):
    pixels = np.maximum(smooth(), 40)
    content, lost = rewritten(png(pixels, gAMA=gamma(value)), suffix)
    assert lost == []
    np.testing.assert_allclose(in_srgb(content), encoded((pixels / 255) ** (1 / value)), atol=4)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_gray_has_a_curve_alone(suffix):
    pixels = np.maximum(smooth((64, 48)), 40)
    content, _ = rewritten(png(pixels, gAMA=gamma(1)), suffix)
    np.testing.assert_allclose(in_srgb(content)[..., 0], encoded(pixels / 255), atol=4)


def test_primaries_become_columns():
    """Adobe RGB (1998) has the primaries of sRGB but green, and gamma 2.2."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = 120, 160, 90
    chunks = {"gAMA": gamma(1 / 2.19921875), "cHRM": struct.pack(">8I", *ADOBE)}
    content, lost = rewritten(png(pixels, **chunks), ".tif")
    assert lost == []
    to_srgb = np.array([[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]])
    expected = encoded(to_srgb @ (np.array([120, 160, 90]) / 255) ** 2.19921875)
    np.testing.assert_allclose(in_srgb(content)[0, 0], expected, atol=2)


def test_a_format_without_profiles_gets_the_colours():
    pixels = np.maximum(smooth(), 40)
    content, _ = rewritten(png(pixels, gAMA=gamma(1)), ".bmp")
    shown = np.asarray(PIL.Image.open(io.BytesIO(content)))
    np.testing.assert_allclose(shown, encoded(pixels / 255), atol=3)


def test_png_itself_keeps_its_chunks_and_srgb_needs_no_profile():
    content, _ = rewritten(png(smooth(), gAMA=gamma(1)), ".png")
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert image.info["gamma"] == 1
        assert "icc_profile" not in image.info
    for chunks in ({"gAMA": gamma(0.45455)}, {"gAMA": gamma(1), "sRGB": b"\0"}, {}):
        content, lost = rewritten(png(smooth(), **chunks), ".tif")
        assert "icc_profile" not in PIL.Image.open(io.BytesIO(content)).info
        assert lost == []


@pytest.mark.parametrize("places", [(0,) * 8, (31270, 32900) * 4, (2**32 - 1,) * 8, (31270, 32900, 1, 1, 2, 2, 3, 3)])
def test_chromaticities_that_are_none_make_no_profile(places):
    assert profile_of({"cHRM": struct.pack(">8I", *places), "gAMA": gamma(1)}, gray=False) is None
    assert profile_of({"cHRM": b"short", "gAMA": b""}, gray=False) is None
