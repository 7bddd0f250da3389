"""TIFF files: their tags stay, and what is more than one picture is refused with the reason."""

import io
import struct

import numpy as np
import pytest
import pyvips
import tifffile
from made_files import PIXELS, exif, jpeg, rewritten, tiff

from unnoise.errors import InputError
from unnoise.imaging import open_image
from unnoise.imaging.codecs import vips


def test_imagej_keeps_its_scale_and_its_tables():
    table = np.zeros((3, 256), np.uint8)
    table[1] = np.arange(256)
    metadata = {
        "unit": "um",
        "LUTs": [table],
        "Ranges": (1000.0, 50000.0),
        "Info": "Objective = 60x",
        "Labels": ["first ü", "second"],
    }
    gray = PIXELS[..., 0].astype(np.uint16) * 257
    for order in ("<", ">"):
        source = tiff(gray, imagej=True, resolution=(1 / 0.1625, 1 / 0.1625), metadata=metadata, byteorder=order)
        content, lost = rewritten(source, ".tif")
        with tifffile.TiffFile(io.BytesIO(source)) as before, tifffile.TiffFile(io.BytesIO(content)) as after:
            a, b = before.pages[0].tags, after.pages[0].tags
            assert (a["XResolution"].value, a["ResolutionUnit"].value) == (
                b["XResolution"].value,
                b["ResolutionUnit"].value,
            )
            np.testing.assert_array_equal(after.asarray(), gray)
            assert after.imagej_metadata["unit"] == "um"
            assert lost == []
            assert after.imagej_metadata["Ranges"] == (1000.0, 50000.0)
            assert after.imagej_metadata["Labels"] == ["first ü", "second"]
            np.testing.assert_array_equal(after.imagej_metadata["LUTs"], before.imagej_metadata["LUTs"])
            assert after.imagej_metadata["Info"] == "Objective = 60x"


def test_damaged_metadata_of_imagej_are_named():
    source = tiff(byteorder=">", extratags=[(50839, 1, 12, b"IJIJinfo\0\0\0\7", True), (50838, 4, 2, (12, 90), True)])
    content, lost = rewritten(source, ".tif")
    assert lost == ["ImageJ's own metadata"]
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        assert 50838 not in after.pages[0].tags


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_the_tags_of_a_tiff_are_kept(monkeypatch, order, big):
    tags = [
        (33550, "d", 3, (0.5, 0.25, 0.0), True), (42113, "s", 0, "-9999", True),
        (65000, "Q" if big else "I", 2, (7, 9), True), (315, "s", 0, "Artist", True),
        (53838, "h", 3, (-1, 2, -3), True),
    ]  # fmt: skip
    source = tiff(byteorder=order, bigtiff=big, extratags=tags, description="what it shows", metadata=None)
    monkeypatch.setattr(vips, "SMALL_TIFF", 0 if big else 1 << 32)
    content, lost = rewritten(source, ".tif")
    assert lost == []
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        assert after.is_bigtiff is big
        assert len(after.pages) == 1
        np.testing.assert_array_equal(after.asarray(), PIXELS)
        found = after.pages[0].tags
        assert [found[tag].value for tag in (33550, 42113, 65000, 315, 53838)] == [
            (0.5, 0.25, 0.0), "-9999", (7, 9), "Artist", (-1, 2, -3)
        ]  # fmt: skip
        assert found["ImageDescription"].value == "what it shows"


def test_exif_is_kept_in_a_tiff_of_any_size(monkeypatch):
    monkeypatch.setattr(vips, "SMALL_TIFF", 0)
    content, lost = rewritten(jpeg((0xE1, b"Exif\0\0" + exif())), ".tif")
    assert lost == []
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        assert after.is_bigtiff
        assert after.pages[0].tags["Make"].value == "ACM"
        assert after.pages[0].tags["Orientation"].value == 6
        assert after.pages[0].tags["ExifTag"].value["MakerNote"] == b"private to the maker"
    assert open_image(content).metadata.exif is not None


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_min_is_white_is_no_negative(dtype):
    gray = PIXELS[..., 0] / np.float32(255)
    white = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    source = tiff(((1 - gray) * white).round(3 if white == 1 else 0).astype(dtype), photometric="miniswhite")
    image = open_image(source)
    np.testing.assert_allclose(image.read()[..., 0] / np.float64(white), gray, atol=0.003)
    content, _ = rewritten(source, ".tif")
    np.testing.assert_allclose(tifffile.imread(io.BytesIO(content)) / np.float64(white), gray, atol=0.003)


def stack(description):
    return tiff(PIXELS[..., 0], description=description, metadata=None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (stack("ImageJ=1.54f\nimages=4\nslices=4\n"), "it has 4 frames"),
        (tiff(PIXELS[..., 0], extratags=[(50706, 1, 4, (1, 4, 0, 0), True)]), "raw file.*preview"),
        (tiff(PIXELS[..., :2], photometric="minisblack", planarconfig="contig"), "2 channels that are neither"),
        (tiff(np.stack([PIXELS, PIXELS]), photometric="rgb"), "it has 2 frames"),
        (tiff(PIXELS[..., 0] / 255), "floats of 64 bits"),
        (tiff(PIXELS[..., 0].astype(np.uint32)), "integers of 32 bits"),
        (tiff(PIXELS[..., 0]).replace(*(struct.pack("<HHII", 259, 3, 1, code) for code in (1, 50000))), "ZSTD"),
        (tiff(PIXELS[..., 0].astype(np.int16)), "integers with a sign of 16 bits"),
        (pyvips.Image.new_from_array(PIXELS).write_to_buffer(".avif", compression="av1")[:8] + b"avis" + pyvips.Image
         .new_from_array(PIXELS).write_to_buffer(".avif", compression="av1")[12:], "it is an animation"),
    ],
)  # fmt: skip
def test_what_holds_more_than_one_picture_is_refused_with_the_reason(content, message):
    with pytest.raises(InputError, match=message):
        open_image(content)


def test_smaller_copies_of_the_picture_are_named():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(PIXELS, photometric="rgb", metadata=None)
        for step in (2, 4):
            writer.write(np.ascontiguousarray(PIXELS[::step, ::step]), photometric="rgb", subfiletype=1, metadata=None)
    content, lost = rewritten(file.getvalue(), ".tif")
    assert lost == ["2 smaller copies of the picture"]
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(content)), PIXELS)


@pytest.mark.parametrize(("extra", "expected"), [(0, 0), (2, 2)])
def test_a_fourth_channel_stays_what_it_is_said_to_be(extra, expected):
    pixels = np.dstack([PIXELS, PIXELS[..., 0]])
    content, lost = rewritten(tiff(pixels, photometric="rgb", extrasamples=[extra]), ".tif")
    assert lost == []
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        assert [int(sample) for sample in after.pages[0].extrasamples] == [expected]
        np.testing.assert_array_equal(after.asarray(), pixels)


def test_a_preview_before_the_picture_is_no_picture():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(PIXELS[:8, :8], photometric="rgb", subifds=1, subfiletype=1, metadata=None)
        writer.write(PIXELS, photometric="rgb", subfiletype=0, metadata=None)
    with pytest.raises(InputError, match="first picture is a preview"):
        open_image(file.getvalue())
