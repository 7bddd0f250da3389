"""Hidden colours: what the network gets in their place, however the image is cut, and what stays as it was."""

import itertools

import numpy as np
import pytest

from unnoise.imaging.hidden import REACH, fill_hidden


def filled(image, heights):
    places = np.cumsum([0, *heights])
    strips = [image[a:b] for a, b in itertools.pairwise(places)]
    pairs = list(fill_hidden(strips))
    for strip, (before, after) in zip(strips, pairs, strict=True):
        assert before is strip
        assert after.shape == strip.shape
        assert after.dtype == strip.dtype
    return np.concatenate([after for _, after in pairs])


def sprite(dtype="uint8", shape=(90, 120), seed=0):
    """Return a disc of one noisy colour on hidden black, and where it is visible."""
    white = {"uint8": 1, "uint16": 257, "float32": np.float32(1 / 255)}[dtype]
    y, x = np.mgrid[: shape[0], : shape[1]]
    visible = np.hypot(y - shape[0] / 2, x - shape[1] / 2) < 30
    noise = np.random.default_rng(seed).normal(0, 10, (*shape, 3))
    colours = np.where(visible[..., None], np.add([200, 150, 60], noise), 0)
    alpha = np.where(visible, 255, 0)
    return (np.dstack([np.rint(colours), alpha]) * white).astype(dtype), visible


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_hidden_pixels_get_the_colour_beside_them_and_visible_ones_stay(dtype):
    image, visible = sprite(dtype)
    white = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
    answer = filled(image, [90])
    np.testing.assert_array_equal(answer[visible], image[visible])
    np.testing.assert_array_equal(answer[..., 3], image[..., 3])
    assert np.abs(answer[~visible][:, :3] / white - [200, 150, 60]).max() < 15
    assert np.abs(answer[~visible][:, :3].mean(axis=0) / white - [200, 150, 60]).max() < 2


@pytest.mark.parametrize("heights", [[1] * 400, [7] * 57 + [1], [130, 3, 200, 67], [16] * 25])
def test_the_answer_does_not_depend_on_the_strips(heights):
    image, _ = sprite(shape=(400, 60))
    image[10:12, 5:9] = [10, 20, 30, 255]
    image[390, 40] = [90, 20, 30, 1]
    np.testing.assert_array_equal(filled(image, heights), filled(image, [400]))


def test_the_nearest_of_two_is_taken():
    image = np.zeros((20, 30, 2), np.uint8)
    image[:, :5], image[:, 25:] = [100, 255], [200, 255]
    answer = filled(image, [20])
    assert (answer[:, 5:14, 0] == 100).all()
    assert (answer[:, 16:25, 0] == 200).all()
    assert (filled(image.swapaxes(0, 1), [30])[5:14, :, 0] == 100).all()


def test_what_is_out_of_reach_stays():
    image = np.full((REACH + 40, 4, 2), [77, 0], np.uint8)
    image[0] = [10, 255]
    answer = filled(image, [REACH + 40])
    assert (answer[: REACH + 1, :, 0] == 10).all()
    assert (answer[REACH + 1 :, :, 0] == 77).all()


def test_nothing_hidden_is_nothing_changed():
    image = np.random.default_rng(0).integers(1, 256, (20, 20, 4), np.uint8)
    ((before, after),) = fill_hidden([image])
    assert before is after is image
    blank = np.zeros((5, 5, 4), np.uint8)
    np.testing.assert_array_equal(filled(blank, [2, 3]), blank)


def test_holes_among_visible_pixels_do_not_spread():
    image = np.full((9, 9, 2), [0.5, 1], np.float32)
    image[4, 4] = [np.nan, 1]
    image[0, 0] = [0, 0]
    assert np.isfinite(filled(image, [9])[0, 0]).all()
