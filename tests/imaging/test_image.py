"""Images in memory: floats and back, and what is no image."""

from __future__ import annotations

import numpy as np
import pytest
from made_files import samples

from unnoise.errors import InputError
from unnoise.imaging import Image


def test_floats_and_back():
    for dtype, peak in (("uint8", 255), ("uint16", 65535)):
        image = Image(samples(dtype, (16, 16, 3)), samples(dtype, (16, 16)), b"profile")
        floats = image.to_float()
        assert floats.dtype == np.float32
        assert floats.max() <= 1
        assert np.allclose(floats, image.pixels / peak, atol=1e-7)
        again = image.with_float(floats)
        assert np.array_equal(again.pixels, image.pixels)
        assert again.pixels.dtype == dtype
        assert again.alpha is image.alpha
        assert again.icc_profile == b"profile"


def test_every_level_survives_the_way_through_floats():
    for dtype in ("uint8", "uint16"):
        levels = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(-1, 256)
        image = Image(levels)
        assert np.array_equal(image.with_float(image.to_float()).pixels, levels)


def test_integers_are_clipped_and_rounded_and_floats_are_neither():
    new = np.array([[-0.5, 0.5, 1.5]])
    assert Image(np.zeros((1, 3), np.uint8)).with_float(new).pixels.tolist() == [[0, 128, 255]]
    assert Image(np.zeros((1, 3), np.float32)).with_float(new).pixels.tolist() == [[-0.5, 0.5, 1.5]]
    assert Image(np.zeros((1, 3), np.uint8)).with_float(new[..., None]).pixels.shape == (1, 3)


def test_to_float_is_a_copy():
    image = Image(np.zeros((2, 2), np.float32))
    image.to_float()[:] = 1
    assert image.pixels.max() == 0


@pytest.mark.parametrize(
    "new", [np.zeros((2, 3)), np.zeros((2, 2, 3)), np.zeros((2, 2), np.uint8), np.full((2, 2), np.nan)]
)
def test_with_float_checks_the_pixels(new):
    with pytest.raises(InputError):
        Image(np.zeros((2, 2), np.uint8)).with_float(new)


@pytest.mark.parametrize(
    ("pixels", "alpha"),
    [
        (np.zeros((2, 2, 4), np.uint8), None),
        (np.zeros(4, np.uint8), None),
        (np.zeros((0, 4), np.uint8), None),
        (np.zeros((2, 2), np.float64), None),
        (np.zeros((2, 2), np.int16), None),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8)),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint16)),
    ],
)
def test_an_image_is_checked_when_made(pixels, alpha):
    with pytest.raises(InputError, match="received"):
        Image(pixels, alpha)


def test_depth_and_gray_with_an_axis():
    assert [Image(np.zeros((2, 2), dtype)).depth for dtype in (np.uint8, np.uint16, np.float32)] == [8, 16, 32]
    assert Image(np.zeros((2, 5, 1), np.uint8)).pixels.shape == (2, 5)
