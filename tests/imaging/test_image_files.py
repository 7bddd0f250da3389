"""Image files: equal pixels come back, and what is not a whole single image is answered in one line."""

from __future__ import annotations

import doctest
import importlib
import io
import pkgutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import pyvips
from made_files import samples, smooth

import unnoise.imaging
from unnoise.errors import InputError, UsageError
from unnoise.imaging import Image, encoding, image_files, open_image, read_image, write_image
from unnoise.imaging.formats import FORMATS

LOSSLESS = {
    ".png": ("uint8", "uint16"),
    ".tif": ("uint8", "uint16", "float32"),
    ".tiff": ("uint8",),
    ".webp": ("uint8",),
}


@pytest.mark.parametrize(("suffix", "dtype"), [(s, d) for s, dtypes in LOSSLESS.items() for d in dtypes])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (1, 1), (1, 5, 3)])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_lossless_formats_give_back_the_pixels(tmp_path, suffix, dtype, shape, with_alpha):
    pixels = samples(dtype, shape)
    alpha = samples(dtype, shape[:2], seed=1) if with_alpha else None
    if with_alpha:
        alpha[0, 0] = 0  # colour under full transparency is kept, too
    write_image(tmp_path / f"image{suffix}", Image(pixels, alpha))
    back = read_image(tmp_path / f"image{suffix}")
    if suffix == ".webp" and len(shape) == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)  # the format has no gray
    assert back.pixels.dtype == pixels.dtype
    assert np.array_equal(back.pixels, pixels)
    assert np.array_equal(back.alpha, alpha) if with_alpha else back.alpha is None


@pytest.mark.parametrize("shape", [(64, 48), (64, 48, 3)])
def test_jpeg_is_close_and_keeps_gray(tmp_path, shape):
    write_image(tmp_path / "image.jpg", Image(smooth(shape)))
    back = read_image(tmp_path / "image.jpg").pixels
    assert back.shape == shape
    assert np.abs(back.astype(int) - smooth(shape)).max() <= 8


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_eight_bit_formats_round_sixteen_bits(tmp_path, suffix):
    levels = np.array([[0, 128, 129, 257, 32767, 65406, 65407, 65535]], np.uint16)
    image = np.repeat(np.repeat(levels, 16, axis=0), 16, axis=1)
    write_image(tmp_path / f"image{suffix}", Image(image))
    back = read_image(tmp_path / f"image{suffix}").pixels.reshape(16, 128, -1)[8, 8::16, 0]
    assert np.abs(back.astype(int) - np.rint(levels[0] / 257)).max() <= (0 if suffix == ".webp" else 2)


def test_other_byte_order_is_written_right(tmp_path):
    pixels = samples("uint16", (5, 6))
    write_image(tmp_path / "image.png", Image(pixels.astype(">u2")))
    assert np.array_equal(read_image(tmp_path / "image.png").pixels, pixels)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_the_colour_profile_is_kept(tmp_path, suffix):
    source = pyvips.Image.new_from_array(smooth()).icc_transform("p3", input_profile="srgb")
    source.write_to_file(str(tmp_path / "source.tif"))
    image = read_image(tmp_path / "source.tif")
    assert len(image.icc_profile) > 100
    write_image(tmp_path / f"copy{suffix}", image)
    assert read_image(tmp_path / f"copy{suffix}").icc_profile == image.icc_profile


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(tmp_path, orientation):
    source = pyvips.Image.new_from_array(smooth((32, 16))).copy()
    source.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    source.write_to_file(str(tmp_path / "turned.tif"))
    image = read_image(tmp_path / "turned.tif")
    assert image.pixels.shape == ((32, 16) if orientation < 5 else (16, 32))
    write_image(tmp_path / "upright.tif", image)
    assert np.array_equal(read_image(tmp_path / "upright.tif").pixels, image.pixels)


def test_orientation_six_turns_clockwise(tmp_path):
    source = pyvips.Image.new_from_array(np.array([[1, 2, 3], [4, 5, 6]], np.uint8)).copy()
    source.set_type(pyvips.GValue.gint_type, "orientation", 6)
    source.write_to_file(str(tmp_path / "turned.tif"))
    assert read_image(tmp_path / "turned.tif").pixels.tolist() == [[4, 1], [5, 2], [6, 3]]


def test_cmyk_becomes_srgb(tmp_path):
    ink = pyvips.Image.black(8, 8, bands=4).copy(interpretation="cmyk")
    ink.write_to_file(str(tmp_path / "white.jpg"))
    image = read_image(tmp_path / "white.jpg")
    assert image.pixels.shape == (8, 8, 3)
    assert image.pixels.min() >= 250
    assert image.icc_profile is None


def test_cmyk_keeps_its_depth(tmp_path):
    ink = np.full((8, 8, 4), 20000, np.uint16)
    pyvips.Image.new_from_array(ink).copy(interpretation="cmyk").write_to_file(str(tmp_path / "deep.tif"))
    deep = read_image(tmp_path / "deep.tif")
    pyvips.Image.new_from_array((ink // 257).astype(np.uint8)).copy(interpretation="cmyk").write_to_file(
        str(tmp_path / "flat.tif")
    )
    assert deep.depth == 16
    np.testing.assert_allclose(deep.to_float(), read_image(tmp_path / "flat.tif").to_float(), atol=0.01)


def test_one_bit_and_palette_files_are_read(tmp_path):
    board = pyvips.Image.new_from_array((np.indices((8, 8)).sum(axis=0) % 2 * 255).astype(np.uint8))
    board.pngsave(str(tmp_path / "bits.png"), bitdepth=1)
    board.tiffsave(str(tmp_path / "bits.tif"), bitdepth=1)
    pyvips.Image.new_from_array(smooth()).pngsave(str(tmp_path / "palette.png"), palette=True)
    assert np.unique(read_image(tmp_path / "bits.png").pixels).tolist() == [0, 255]
    assert np.unique(read_image(tmp_path / "bits.tif").pixels).tolist() == [0, 255]
    assert read_image(tmp_path / "palette.png").pixels.shape == (64, 48, 3)


@pytest.mark.parametrize("name", ["image].png", "a[0].png", "page[n=2].png", "ümläut 写真.png", "-x.png"])
def test_any_name_works(tmp_path, name):
    write_image(tmp_path / name, Image(smooth()))
    assert np.array_equal(read_image(tmp_path / name).pixels, smooth())


def test_the_content_tells_the_format_not_the_name(tmp_path):
    write_image(tmp_path / "image.png", Image(smooth()))
    (tmp_path / "image.png").rename(tmp_path / "image.jpg")
    assert np.array_equal(read_image(tmp_path / "image.jpg").pixels, smooth())


def test_a_rewritten_file_is_read_anew(tmp_path):
    for level in (10, 200):
        write_image(tmp_path / "image.png", Image(np.full((4, 4), level, np.uint8)), overwrite=True)
        assert read_image(tmp_path / "image.png").pixels[0, 0] == level


def test_pixels_read_can_be_written_to(tmp_path):
    write_image(tmp_path / "image.png", Image(smooth(), np.zeros((64, 48), np.uint8)))
    image = read_image(tmp_path / "image.png")
    image.pixels[:], image.alpha[:] = 1, 1
    assert image.pixels.min() == image.alpha.min() == 1


def test_the_files_of_a_folder_are_sorted(tmp_path):
    for name in ("b.png", "a.JPEG", "c.tif", "d.webp", ".a.1234.tmp.png", "notes.txt", "e.svg"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in image_files(str(tmp_path))] == ["a.JPEG", "b.png", "c.tif", "d.webp"]
    assert all(isinstance(path, Path) and path.parent == tmp_path for path in image_files(tmp_path))


def test_a_folder_is_asked_for(tmp_path):
    (tmp_path / "file.png").touch()
    with pytest.raises(InputError, match="is a file"):
        image_files(tmp_path / "file.png")
    with pytest.raises(InputError, match="does not exist"):
        image_files(tmp_path / "missing")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 2), (9, 7, 3), (9, 7, 4)])
def test_arrays_are_written_as_they_are(tmp_path, dtype, shape):
    array = samples(dtype, shape)
    write_image(tmp_path / "array.tif", array)
    back = open_image(tmp_path / "array.tif")
    assert (back.dtype, back.alpha) == (dtype, shape[2:] in ((2,), (4,)))
    np.testing.assert_array_equal(back.read(), array.reshape(9, 7, -1))


def test_arrays_that_are_no_image_are_refused(tmp_path):
    for array in (np.zeros((3, 3)), np.zeros((2, 3, 3, 3), np.uint8), np.zeros((3, 3, 5), np.uint8)):
        with pytest.raises(InputError, match="received"):
            write_image(tmp_path / "array.png", array)


@pytest.mark.parametrize("suffix", sorted(set(FORMATS)))
def test_memory_holds_what_a_file_holds(tmp_path, suffix):
    image = Image(smooth())
    file = io.BytesIO()
    write_image(tmp_path / f"image{suffix}", image)
    write_image(file, image, format=suffix)
    assert file.getvalue() == (tmp_path / f"image{suffix}").read_bytes()
    np.testing.assert_array_equal(read_image(file.getvalue()).pixels, read_image(tmp_path / f"image{suffix}").pixels)


def test_large_images_are_spooled_and_leave_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "IN_MEMORY", 100)
    folder = tmp_path / "folder"
    folder.mkdir()
    for suffix in (".tif", ".ppm"):
        file = io.BytesIO()
        write_image(file, smooth(), format=suffix)
        write_image(folder / f"image{suffix}", smooth())
        np.testing.assert_array_equal(read_image(file.getvalue()).pixels, smooth())
        np.testing.assert_array_equal(read_image(folder / f"image{suffix}").pixels, smooth())
    assert sorted(path.name for path in folder.iterdir()) == ["image.ppm", "image.tif"]


class Full(io.BytesIO):
    """A disk that is full after a thousand bytes."""

    def write(self, content):
        if self.tell() + len(content) > 1000:
            raise OSError(28, "No space left on device")
        return super().write(content)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif", ".gif", ".bmp"])
def test_a_full_disk_is_told(suffix):
    with pytest.raises(OSError, match="No space left"):
        write_image(Full(), samples("uint8", (200, 200, 3)), format=suffix)


def test_a_file_object_needs_a_format():
    with pytest.raises(InputError, match=r"format must be one of \.jpg"):
        write_image(io.BytesIO(), smooth())


def test_a_quality_is_that_of_the_file(tmp_path):
    image = np.clip(smooth() + np.random.default_rng(0).normal(0, 20, (64, 48, 3)), 0, 255).astype(np.uint8)
    for suffix in (".jpg", ".webp", ".avif"):
        sizes = []
        for quality in (20, 60, 90):
            write_image(tmp_path / f"{quality}{suffix}", image, quality=quality)
            sizes.append((tmp_path / f"{quality}{suffix}").stat().st_size)
        assert sizes == sorted(set(sizes))
    assert open_image(tmp_path / "60.jpg").quality == 60
    write_image(tmp_path / "a.png", image, quality=20)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").pixels, image)
    for wrong in (0, 101, 50.0):
        with pytest.raises(UsageError, match="from 1 to 100"):
            write_image(tmp_path / "b.jpg", image, quality=wrong)


@pytest.mark.parametrize("quality", [1, 30, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(tmp_path, quality):
    PIL.Image.fromarray(smooth()).save(tmp_path / "pillow.jpg", quality=quality)
    pyvips.Image.new_from_array(smooth()).jpegsave(str(tmp_path / "vips.jpg"), Q=quality)
    assert open_image(tmp_path / "pillow.jpg").quality == open_image(tmp_path / "vips.jpg").quality == quality


MODULES = ["unnoise.imaging", *(m.name for m in pkgutil.walk_packages(unnoise.imaging.__path__, "unnoise.imaging."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
