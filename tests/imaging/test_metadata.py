"""What a file holds beside its pixels: carried byte by byte, refused, or named; never made up, never stale."""

import io
import struct
import zlib

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageOps
import pytest
import pyvips
from made_files import P3, PIXELS, chunks, exif, jpeg, pillow, png, rewritten, segments

from unnoise.errors import InputError
from unnoise.imaging import open_image


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif", ".gif"])
def test_nothing_is_made_up(suffix, strip):
    """Files without metadata have none afterwards, either."""
    source = png()
    content, lost = rewritten(source, suffix, strip_metadata=strip)
    assert lost == []
    with PIL.Image.open(io.BytesIO(content)) as image:
        own = {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 339}
        assert not set(image.getexif()) - (own if suffix == ".tif" else set())
        assert suffix == ".tif" or not {"dpi", "icc_profile", "xmp", "exif", "jfif_density", "aspect"} & set(image.info)


def test_the_chunks_of_a_png_are_carried_as_they_are():
    given = {
        b"gAMA": struct.pack(">I", 100000), b"cHRM": struct.pack(">8I", 31270, 32900, *[20000] * 6), b"sRGB": b"\1",
        b"cICP": bytes([9, 16, 0, 1]), b"pHYs": struct.pack(">IIB", 3000, 1500, 1), b"tEXt": b"\x94Title\0caf\xe9",
        b"zTXt": b"Note\0\0" + zlib.compress(b"long"), b"iTXt": b"Author\0\0\0\0\0Some\xc3\xa9", b"tIME": bytes(7),
        b"eXIf": exif(), b"prVt": b"private and safe to copy", b"iCCP": b"P3\0\0" + zlib.compress(P3),
    }  # fmt: skip
    content, lost = rewritten(png(*given.items()), ".png")
    assert chunks(content) == given
    assert lost == []
    stripped, lost = rewritten(png(*given.items()), ".png", strip_metadata=True)
    kept = chunks(stripped)
    assert zlib.decompress(kept[b"iCCP"].partition(b"\0")[2][1:]) == P3
    assert kept[b"cICP"] == given[b"cICP"]
    assert open_image(stripped).orientation == 6
    assert not {b"tEXt", b"zTXt", b"iTXt", b"tIME"} & set(kept)
    assert {"EXIF", "text", "time", "chunk prVt"} <= set(lost)


def test_chunks_that_describe_the_coding_are_not_copied():
    source = png((b"bKGD", bytes(6)), (b"prVT", b"depends on the pixels"), (b"sBIT", b"\5\5\5"))
    content, lost = rewritten(source, ".png")
    assert chunks(content) == {}
    assert lost == ["chunk prVT"]


def test_xmp_of_a_png_goes_to_a_jpeg_and_back():
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\xc3\xa9</x:xmpmeta>'
    source = png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)))
    middle, _ = rewritten(source, ".jpg")
    assert (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet) in segments(middle)
    back, _ = rewritten(middle, ".png")
    with PIL.Image.open(io.BytesIO(back)) as image:
        image.load()
        assert image.info["XML:com.adobe.xmp"].encode() == packet


def test_what_is_behind_the_end_and_further_pictures_are_named():
    _, lost = rewritten(png() + bytes(1000), ".png")
    assert lost == ["1,000 bytes behind the end of the image"]
    frames = [PIL.Image.fromarray(np.roll(PIXELS, n, 1)) for n in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "MPO", save_all=True, append_images=frames[1:])
    content, lost = rewritten(file.getvalue(), ".jpg")
    assert lost == ["2 of 3 pictures"]
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_an_animation_is_not_taken_for_one_picture(kind):
    frames = [PIL.Image.fromarray(np.roll(PIXELS, n, 1)) for n in range(3)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="it has 3 frames, and one image is asked for"):
        open_image(file.getvalue())


def test_a_png_without_its_end_is_refused():
    with pytest.raises(InputError, match="cut off before its end"):
        open_image(png()[:-12])


@pytest.mark.parametrize("order", ["<", ">"])
def test_segments_of_a_jpeg_are_carried_byte_by_byte(order):
    block, packet = exif(order=order), b"<x:xmpmeta/>"
    iptc = b"\x1c\x02\x05\0\5Title"
    shop = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc
    given = [
        (0xE1, b"Exif\0\0" + block), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
        (0xED, b"Photoshop 3.0\0" + shop), (0xE2, b"ICC_PROFILE\0\1\2" + P3[:100]),
        (0xE2, b"ICC_PROFILE\0\2\2" + P3[100:]), (0xFE, b"a comment"),
        (0xE1, b"FLIR\0temperatures"), (0xEC, b"Ducky"),
    ]  # fmt: skip
    content, lost = rewritten(jpeg(*given, dpi=(300, 200)), ".jpg")
    assert lost == []
    found = segments(content)
    assert found[0] == (0xE0, b"JFIF\0\1\2\1" + struct.pack(">HHBB", 300, 200, 0, 0))
    expected = [*given[:3], (0xE2, b"ICC_PROFILE\0\1\1" + P3), *given[5:]]
    assert found[1:] == expected
    # IPTC stands in a tag of its own in TIFF, and comes back from there.
    scan, _ = rewritten(content, ".tif")
    with PIL.Image.open(io.BytesIO(scan)) as image:
        assert bytes(image.tag_v2[0x83BB]).rstrip(b"\0") == iptc
    again, _ = rewritten(scan, ".jpg")
    assert (0xED, b"Photoshop 3.0\0" + shop) in segments(again)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif"])
def test_a_stale_thumbnail_is_dropped_and_the_rest_of_exif_stays(suffix, order):
    thumbnail = pillow("JPEG", PIXELS[:8, :8])
    content, lost = rewritten(jpeg((0xE1, b"Exif\0\0" + exif(thumbnail, order))), suffix)
    assert "thumbnail" in lost
    assert thumbnail[-40:] not in content
    assert b"private to the maker" in content
    with PIL.Image.open(io.BytesIO(content)) as image:
        tags = image.getexif()
        assert not tags.get_ifd(PIL.ExifTags.IFD.IFD1)
        assert tags[0x010F].rstrip("\0") == "ACM"
        assert tags.get_ifd(0x8769)[0x927C] == b"private to the maker"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif"])
def test_exif_is_carried_byte_by_byte(suffix, order):
    block = exif(order=order, orientation=1)
    content, _ = rewritten(jpeg((0xE1, b"Exif\0\0" + block)), suffix)
    assert block in content
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert set(image.getexif()) == {0x010F, 0x0112, 0x8769}
        assert set(image.getexif().get_ifd(0x8769)) == {0x927C}
    assert open_image(content).metadata.exif == block
    # Nothing grows when a file is written again and again.
    for _ in range(2):
        content, _ = rewritten(content, suffix)
    assert open_image(content).metadata.exif == block
    np.testing.assert_array_equal(np.asarray(PIL.Image.open(io.BytesIO(content))), open_image(content).read())


def test_a_thumbnail_of_photoshop_is_dropped():
    small = b"8BIM\x04\x0c\0\0" + struct.pack(">I", 6) + b"\xff\xd8pic\0"
    other = b"8BIM\x04\x04\0\0" + struct.pack(">I", 4) + b"text"
    content, lost = rewritten(jpeg((0xED, b"Photoshop 3.0\0" + small + other)), ".jpg")
    assert lost == ["thumbnail"]
    assert segments(content)[-1] == (0xED, b"Photoshop 3.0\0" + other)


def test_a_jpeg_with_a_gain_map_is_read_and_the_map_is_named():
    light = pyvips.Image.new_from_array(((PIXELS / 255.0) ** 2.2 * 3).astype(np.float32)).copy(interpretation="scrgb")
    source = pyvips.Operation.call("uhdrsave_buffer", light)
    content, lost = rewritten(source, ".jpg")
    assert lost == ["HDR gain map"]
    assert b"hdrgm" not in content
    assert b"MPF\0" not in content
    with PIL.Image.open(io.BytesIO(source)) as before, PIL.Image.open(io.BytesIO(content)) as after:
        np.testing.assert_allclose(np.asarray(after, int), np.asarray(before, int), atol=40)
        assert after.info.get("icc_profile") == before.info.get("icc_profile")


def test_the_film_of_a_motion_photo_is_named_and_no_longer_promised():
    packet = b'<rdf:Description GCamera:MotionPhoto="1" GCamera:MicroVideoOffset="900" dc:title="Sea"/>'
    film = b"\0\0\0\x18ftypmp42" + bytes(900)
    source = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)) + film
    content, lost = rewritten(source, ".jpg")
    assert lost == ["film of a motion photo"]
    assert segments(content)[-1][1].endswith(b'<rdf:Description dc:title="Sea"/>')


def test_the_shape_of_pixels_is_kept_without_a_unit():
    source = bytearray(jpeg())
    source[13:18] = b"\0" + struct.pack(">HH", 2, 1)
    for suffix in (".jpg", ".tif", ".png"):
        content, _ = rewritten(bytes(source), suffix)
        back = open_image(content).metadata.resolution
        assert (back.x / back.y, back.unit) == (2, None)
        assert open_image(rewritten(content, suffix, strip_metadata=True)[0]).metadata.resolution == back


@pytest.mark.parametrize("first", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("second", [".jpg", ".png", ".tif"])
def test_the_resolution_moves_between_formats(first, second):
    source = pillow({".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}[first], dpi=(300, 150))
    content, _ = rewritten(source, second)
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert [float(value) for value in image.info["dpi"]] == pytest.approx([300, 150], abs=0.02)
