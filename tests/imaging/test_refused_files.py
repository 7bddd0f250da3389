"""What is not a whole single image, or cannot be written, is answered in one line, and leaves nothing behind."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
import pyvips
from made_files import samples, smooth

from unnoise.errors import InputError, OutputError, UsageError
from unnoise.imaging import Image, open_image, read_image, write_image


def one_line(caught, path):
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_a_truncated_file_is_refused(tmp_path, suffix, kept):
    path = tmp_path / f"image{suffix}"
    write_image(path, Image(samples("uint8", (64, 64, 3))))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(InputError, match="damaged, cut off") as caught:
        read_image(path)
    one_line(caught, path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"hello", "not an image"),
        (b"1,2,3\n4,5,6\n", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
)
def test_what_is_not_an_image_is_said(tmp_path, content, message):
    path = tmp_path / "image.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_image(path)
    one_line(caught, path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"FUJIFILMCCD-RAW 0201", "it is a raw file; develop it to 16-bit TIFF first"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "it is a raw file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "it is a HEIC file.*save it as JPEG"),
        (b"\xff\x0a\0\0", "it is a JPEG XL file"),
        (b"<svg>", "it is a drawing"),
        (b"8BPS\0\1", "it is a Photoshop file; save it as TIFF first"),
    ],
)
def test_images_of_other_kinds_are_told_with_what_to_do(content, message):
    with pytest.raises(InputError, match=message):
        open_image(content + bytes(100))


@pytest.mark.parametrize(("marker", "bits", "message"), [(0xC1, 12, "JPEG of 12 bits"), (0xC3, 8, "lossless JPEG")])
def test_rare_jpegs_are_told_by_their_kind(marker, bits, message):
    file = io.BytesIO()
    PIL.Image.fromarray(smooth()).save(file, "JPEG")
    content = bytearray(file.getvalue())
    place = content.index(b"\xff\xc0")
    content[place + 1], content[place + 4] = marker, bits
    with pytest.raises(InputError, match=message):
        read_image(bytes(content))


def test_missing_files_and_folders_are_said(tmp_path):
    for path in (tmp_path / "missing.png", tmp_path):
        with pytest.raises(InputError, match=r"No such file|directory|denied") as caught:
            read_image(path)
        one_line(caught, path)


def test_several_pages_other_formats_and_other_samples_are_refused(tmp_path):
    gray = pyvips.Image.new_from_array(smooth((16, 8)))
    pages = gray.copy()
    pages.set_type(pyvips.GValue.gint_type, "page-height", 8)
    pages.write_to_file(str(tmp_path / "pages.tif"))
    (tmp_path / "image.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    gray.cast("int").write_to_file(str(tmp_path / "int.tif"))
    pyvips.Image.black(8, 8, bands=6).write_to_file(str(tmp_path / "bands.tif"))
    pyvips.Image.new_from_array(smooth()).colourspace("lab").write_to_file(str(tmp_path / "lab.tif"))
    expected = {
        "pages.tif": "2 frames", "image.svg": "it is a drawing", "int.tif": "integers with a sign of 32 bits",
        "bands.tif": "5 colour channels", "lab.tif": "lab",
    }  # fmt: skip
    for name, message in expected.items():
        with pytest.raises(InputError, match=message) as caught:
            read_image(tmp_path / name)
        one_line(caught, tmp_path / name)


def test_an_existing_file_is_kept_unless_told(tmp_path):
    path = tmp_path / "image.png"
    write_image(path, Image(smooth()))
    before = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_image(path, Image(smooth() // 2))
    assert path.read_bytes() == before
    write_image(path, Image(smooth() // 2), overwrite=True)
    assert np.array_equal(read_image(path).pixels, smooth() // 2)


@pytest.mark.parametrize(
    ("name", "image", "message"),
    [
        ("image.jpg", Image(smooth(), smooth((64, 48))), "JPEG holds no transparency"),
        ("image.png", Image(np.zeros((2, 2), np.float32)), "PNG holds no floats"),
        ("image.jpg", Image(np.zeros((2, 2), np.float32)), "JPEG holds no floats"),
        ("image.webp", Image(np.zeros((1, 16384), np.uint8)), "WebP refuses"),
        ("missing/image.png", Image(smooth()), "does not exist"),
    ],
)
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, name, image, message):
    with pytest.raises(OutputError, match=message) as caught:
        write_image(tmp_path / name, image)
    one_line(caught, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("image.heic", "HEIC files are not written"),
        ("image.dng", "raw files are not written"),
        ("image.xyz", "unknown suffix '.xyz'.*Allowed: .avif"),
        ("image.pmg", "Did you mean '.p"),
        ("image", "no suffix says in which format.*Allowed: .avif"),
    ],
)
def test_a_suffix_of_no_format_is_wrong_usage(tmp_path, name, message):
    with pytest.raises(UsageError, match=message) as caught:
        write_image(tmp_path / name, Image(smooth()))
    one_line(caught, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
