"""What goes into unnoise.denoise comes out of it in its own kind."""

import io
from pathlib import Path

import numpy as np
import onnx
import PIL.Image
import pytest

import unnoise
from onnx_models import build
from unnoise.errors import InputError


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """A network that halves all values."""
    path = tmp_path_factory.mktemp("model") / "half.onnx"
    onnx.save(build("half", input_shape=(None, None, 3), stride=8, receptive_field=33), path)
    return path


def pixels(*shape, dtype="uint8"):
    return (np.random.default_rng(0).integers(20, 120, shape) * (257 if dtype == "uint16" else 1) * 2).astype(dtype)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_pillow_images_keep_mode_alpha_and_information(half, mode):
    shape = {"L": (40, 30), "LA": (40, 30, 2), "RGB": (40, 30, 3), "RGBA": (40, 30, 4), "I;16": (40, 30)}[mode]
    values = pixels(*shape, dtype="uint16" if mode == "I;16" else "uint8")
    image = PIL.Image.fromarray(values)
    assert image.mode == mode
    image.info["icc_profile"] = b"profile"
    answer = unnoise.denoise(image, model=half)
    assert answer.mode == mode
    assert answer.info["icc_profile"] == b"profile"
    expected = values // 2
    if mode in ("LA", "RGBA"):
        expected[..., -1] = values[..., -1]
    np.testing.assert_array_equal(np.asarray(answer), expected)


@pytest.mark.parametrize(("mode", "expected"), [("P", "RGB"), ("CMYK", "RGB"), ("1", "L")])
def test_other_pillow_images_are_converted(half, mode, expected):
    image = PIL.Image.fromarray(pixels(40, 30, 3)).convert(mode)
    assert unnoise.denoise(image, model=half).mode == expected
    with pytest.raises(InputError, match="mode F are not supported"):
        unnoise.denoise(image.convert("L").convert("F"), model=half)


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "BMP"])
def test_the_content_of_a_file_comes_back_as_such(half, format_):
    buffer = io.BytesIO()
    values = pixels(40, 30, 3)
    PIL.Image.fromarray(values).save(buffer, format_)
    answer = unnoise.denoise(buffer.getvalue(), model=half)
    with PIL.Image.open(io.BytesIO(answer)) as image:
        assert image.format == format_
        np.testing.assert_array_equal(np.asarray(image), values // 2)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_no_image(half, kind):
    with pytest.raises(InputError, match=r"the path photo\.png.*denoise_file.*read_image"):
        unnoise.denoise(kind("photo.png"), model=half)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_reading_denoising_and_writing_compose(half, tmp_path, dtype, channels):
    values = pixels(40, 30, *channels, dtype="uint16" if dtype == "uint16" else "uint8")
    values = values / np.float32(255) if dtype == "float32" else values
    alpha = np.ones((40, 30), dtype)
    unnoise.write_image(tmp_path / "a.tif", unnoise.Image(values, alpha))
    answer = unnoise.denoise(unnoise.read_image(tmp_path / "a.tif"), model=half)
    assert isinstance(answer, unnoise.Image)
    assert answer.pixels.dtype == dtype
    np.testing.assert_array_equal(answer.alpha, alpha)
    np.testing.assert_allclose(answer.pixels, values / 2, atol=0.5 if dtype.startswith("u") else 1e-6)
    unnoise.write_image(tmp_path / "b.tif", answer.pixels)
    np.testing.assert_array_equal(unnoise.read_image(tmp_path / "b.tif").pixels, answer.pixels)


@pytest.mark.parametrize("option", [{"channel_axis": 0}, {"channel_axis": None}, {"data_range": 255}])
def test_no_argument_is_ignored(half, option):
    images = [PIL.Image.fromarray(pixels(40, 30, 3)), unnoise.Image(pixels(40, 30, 3))]
    buffer = io.BytesIO()
    images[0].save(buffer, "PNG")
    for image in (*images, buffer.getvalue()):
        with pytest.raises(InputError, match=f"are for arrays.*{next(iter(option))}"):
            unnoise.denoise(image, model=half, **option)


def test_every_kind_gets_what_the_options_say(half):
    values = pixels(40, 30, 3)
    image, buffer = PIL.Image.fromarray(values), io.BytesIO()
    image.save(buffer, "PNG")
    options = {"strength": 0.25, "chroma": 1, "self_ensemble": 2, "tile": 48, "max_memory": 10**6, "skip_clean": False}
    expected = unnoise.denoise(values, model=half, **options)
    change = (expected - values.astype(np.float64)) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(change, values @ [0.299, 0.587, 0.114] / -8, atol=0.51)
    np.testing.assert_array_equal(np.asarray(unnoise.denoise(image, model=half, **options)), expected)
    np.testing.assert_array_equal(unnoise.denoise(unnoise.Image(values), model=half, **options).pixels, expected)
    content = unnoise.denoise(buffer.getvalue(), model=half, **options)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open(io.BytesIO(content))), expected)


def test_hidden_pixels_do_not_count_for_the_noise(tmp_path):
    onnx.save(build("half", input_shape=(None, None, 3), clean_threshold=1 / 255), tmp_path / "half.onnx")
    values = np.zeros((96, 96, 4), np.uint8)
    values[:, 48:] = pixels(96, 48, 4)
    values[:, :48, 3] = 255
    values[::2, :48, :3] = 1
    for hidden in (True, False):
        values[:, 48:, 3] = 0 if hidden else 255
        for image in (PIL.Image.fromarray(values), unnoise.Image(values[..., :3], values[..., 3])):
            answer = unnoise.denoise(image, model=tmp_path / "half.onnx")
            colours = answer.pixels if isinstance(answer, unnoise.Image) else np.asarray(answer)[..., :3]
            assert np.array_equal(colours, values[..., :3]) == hidden


def test_arrays_come_back_as_arrays(half):
    for dtype in ("uint8", "uint16"):
        values = pixels(40, 30, 3, dtype=dtype)
        np.testing.assert_array_equal(unnoise.denoise(values, model=half), values // 2)


def test_the_profile_of_a_cmyk_image_is_not_that_of_the_answer(half):
    image = PIL.Image.new("CMYK", (24, 24), (0, 200, 200, 0))
    image.info["icc_profile"] = b"no profile at all"
    image.info["comment"] = "kept"
    answer = unnoise.denoise(image, model=half)
    assert answer.mode == "RGB"
    assert answer.info == {"comment": "kept"}
    red, green, _ = np.asarray(answer)[12, 12]
    assert red > 2 * green


@pytest.mark.parametrize("tile", ["auto", 48])
def test_what_progress_raises_reaches_the_caller(half, tile):
    def stop(share):
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        unnoise.denoise(pixels(90, 90, 3), model=half, tile=tile, progress=stop)
