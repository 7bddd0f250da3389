"""Samples and floats: every level comes back, integers stay within black and white, floats pass as they are."""

import numpy as np
import pytest

from unnoise.imaging.samples import (
    from_float,
    is_far,
    is_gray,
    range_in_use,
    range_of_image,
    survey,
    to_8_bits,
    to_float,
    white_in_use,
    white_of,
)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2"])
def test_every_level_comes_back(dtype):
    levels = np.arange(int(white_of(dtype)) + 1).astype(dtype)
    values = to_float(levels)
    assert values.dtype == np.float32
    assert (values[0], values[-1]) == (0, 1)
    np.testing.assert_array_equal(from_float(values, dtype), levels)


def test_another_white_is_met_by_no_integer_past_it():
    camera = np.array([0, 2048, 4095], np.uint16)
    values = to_float(camera, white=4095)
    np.testing.assert_allclose(values, [0, 2048 / 4095, 1])
    np.testing.assert_array_equal(from_float(values + np.float32(0.1), "uint16", white=4095), [410, 2458, 4095])
    # A white past the type's end must not wrap around.
    assert from_float(np.array([1.0], np.float32), "uint8", white=1023).tolist() == [255]


def test_floats_are_neither_clipped_nor_rounded():
    values = np.array([-0.5, 0.123456, 1.5, np.inf], np.float32)
    np.testing.assert_array_equal(from_float(to_float(values), "float32"), values)
    wide = np.array([-127.5, 382.5])
    np.testing.assert_allclose(from_float(to_float(wide, white=255), "float64", white=255), wide)


def test_large_integers_keep_their_levels():
    levels = np.array([0, 3_000_000_000, 4_000_000_000], np.uint32)
    np.testing.assert_allclose(from_float(to_float(levels, white=4e9), "uint32", white=4e9), levels, rtol=1e-7)


def test_sixteen_bits_become_the_nearest_of_eight():
    levels = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_8_bits(levels), np.rint(levels / 257))


def test_a_survey_is_that_of_the_whole_image_however_it_is_cut():
    image = np.random.default_rng(0).normal(0.5, 0.3, (40, 9, 3)).astype(np.float32)
    image[3, 2, 1], image[30, :, 0], image[7, 7, 2] = np.nan, np.inf, -np.inf
    whole = survey([image])
    parts = survey(np.split(image, [1, 17, 33]))
    finite = np.isfinite(image)
    assert (whole.low, whole.high) == (parts.low, parts.high) == (image[finite].min(), image[finite].max())
    expected = [image[..., c][finite[..., c]].mean(dtype=np.float64) for c in range(3)]
    np.testing.assert_allclose(whole.fill, expected, rtol=1e-6)
    np.testing.assert_allclose(parts.fill, expected, rtol=1e-6)
    filled = to_float(image, fill=whole.fill)
    np.testing.assert_array_equal(filled[finite], image[finite])
    assert filled[3, 2, 1] == whole.fill[1]
    assert filled.dtype == np.float32


def test_without_holes_nothing_is_filled_and_a_channel_of_holes_becomes_black():
    assert survey([np.ones((2, 2, 1), np.float32)]).fill is None
    assert survey([np.full((2, 2, 1), np.nan, np.float32)]).fill.tolist() == [0]


def test_noise_goes_past_the_range_but_not_five_times():
    assert not is_far(-3.9, 4.9)
    assert is_far(0, 255)
    assert is_far(-5, 1)
    assert not is_far(0, 255, 255)


@pytest.mark.parametrize(
    ("high", "white"),
    [(0, 65535), (200, 65535), (256, 1023), (1023, 1023), (1024, 4095), (16383, 16383), (16384, 65535), (65535, 65535)],
)
def test_the_range_in_use_is_that_of_a_camera(high, white):
    assert white_in_use("uint16", high) == white_in_use(">u2", high) == white
    of_model = range_of_image("uint16", 0, high, of_model=(3000, 100))
    assert of_model == ((3000, 100) if high <= 3000 else (white, 0))
    assert white_in_use("uint8", min(high, 255)) == 255
    assert white_in_use("float32", high) == 1


def test_black_and_white_in_three_channels_is_gray():
    gray = np.random.default_rng(0).random((9, 9, 1), np.float32).repeat(3, axis=2)
    gray[2, 3, 1] = np.nan
    assert is_gray([gray])
    gray[8, 8, 2] += 1
    assert not is_gray(np.split(gray, 3))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_an_offset_comes_back(dtype):
    samples = np.array([100, 150, 200, 250], dtype)
    values = to_float(samples, white=200, offset=100)
    np.testing.assert_allclose(values, [0, 0.5, 1, 1.5])
    expected = samples if dtype == "float32" else np.minimum(samples, 200)
    np.testing.assert_array_equal(from_float(values, dtype, white=200, offset=100), expected)


def test_floats_take_the_range_of_the_model_where_theirs_is_like_it():
    model = (4000.0, 100.0)
    assert range_of_image("float32", 90, 3800, of_model=model) == model
    assert range_of_image("float32", 0, 1, of_model=model) == (1, 0)
    assert range_of_image("uint8", 0, 255, of_model=model) == (255, 0)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        ("uint8", 20, 200, (255, 0)),
        ("uint16", 200, 3900, (4095, 200)),
        ("uint16", 3, 3900, (4095, 0)),
        ("float32", -0.1, 1.2, (1, 0)),
        ("float32", 90, 3800, (3800, 90)),
    ],
)
def test_the_range_of_images_of_one_origin(dtype, low, high, expected):
    assert range_in_use(dtype, low, high) == expected
