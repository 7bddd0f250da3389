"""What goes into unnoise.denoise comes out of it in its own kind."""

import io

import numpy as np
import onnx
import PIL.Image
import pytest

import unnoise
from onnx_models import build
from unnoise.errors import InputError, OutputError


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
    answer = unnoise.denoise(image, model=half, sigma=1.0)
    assert answer.mode == mode
    assert answer.info["icc_profile"] == b"profile"
    expected = values // 2
    if mode in ("LA", "RGBA"):
        expected[..., -1] = values[..., -1]
    np.testing.assert_array_equal(np.asarray(answer), expected)


@pytest.mark.parametrize(("mode", "expected"), [("P", "RGB"), ("CMYK", "RGB"), ("1", "L")])
def test_other_pillow_images_are_converted(half, mode, expected):
    image = PIL.Image.fromarray(pixels(40, 30, 3)).convert(mode)
    assert unnoise.denoise(image, model=half, sigma=1.0).mode == expected
    with pytest.raises(InputError, match="mode F are not supported"):
        unnoise.denoise(image.convert("L").convert("F"), model=half)


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "BMP"])
def test_contents_and_paths(half, tmp_path, format_):
    buffer = io.BytesIO()
    values = pixels(40, 30, 3)
    PIL.Image.fromarray(values).save(buffer, format_)
    answer = unnoise.denoise(buffer.getvalue(), model=half, sigma=1.0)
    with PIL.Image.open(io.BytesIO(answer)) as image:
        assert image.format == format_
        np.testing.assert_array_equal(np.asarray(image), values // 2)
    path = tmp_path / f"photo.{format_.lower()}"
    path.write_bytes(buffer.getvalue())
    written = unnoise.denoise(str(path), model=half, sigma=1.0)
    assert written == tmp_path / f"photo.denoised.{format_.lower()}"
    np.testing.assert_array_equal(unnoise.read_image(written).pixels, values // 2)
    with pytest.raises(OutputError, match="exists already"):
        unnoise.denoise(path, model=half, sigma=1.0)


def test_arrays_come_back_as_arrays(half):
    for dtype in ("uint8", "uint16"):
        values = pixels(40, 30, 3, dtype=dtype)
        np.testing.assert_array_equal(unnoise.denoise(values, model=half, sigma=1.0), values // 2)


def test_the_profile_of_a_cmyk_image_is_not_that_of_the_answer(half):
    image = PIL.Image.new("CMYK", (24, 24), (0, 200, 200, 0))
    image.info["icc_profile"] = b"no profile at all"
    image.info["comment"] = "kept"
    answer = unnoise.denoise(image, model=half, sigma=1.0)
    assert answer.mode == "RGB"
    assert answer.info == {"comment": "kept"}
    red, green, _ = np.asarray(answer)[12, 12]
    assert red > 2 * green


@pytest.mark.parametrize("tile", ["auto", 48])
def test_what_progress_raises_reaches_the_caller(half, tile):
    def stop(share):
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        unnoise.denoise(pixels(90, 90, 3), model=half, sigma=1.0, tile=tile, progress=stop)
