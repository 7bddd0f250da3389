"""Metrics against values worked out by hand and against scikit-image."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest
from skimage import metrics as peer

import unnoise.metrics
from unnoise.errors import InputError
from unnoise.metrics import accuracy, bce, confusion, mse, per_class_accuracy, psnr, ssim

MEASURES = {
    "mse": mse,
    "bce": bce,
    "psnr": lambda a, b: psnr(a, b, data_range=1.0),
    "ssim": lambda a, b: ssim(a, b, data_range=1.0),
}


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    clean = rng.random((3, 16, 20, 3), dtype=np.float32)
    noisy = np.clip(clean + rng.normal(0, 0.1, clean.shape), 0, 1).astype(np.float32)
    return clean, noisy


def test_values_by_hand():
    clean = np.array([[0.0, 1.0], [0.0, 1.0]]).reshape(1, 2, 2, 1)
    image = np.array([[0.5, 1.0], [0.0, 0.5]]).reshape(1, 2, 2, 1)
    assert mse(clean, image) == pytest.approx([0.125])
    assert psnr(clean, image, data_range=1.0) == pytest.approx([10 * np.log10(8)])
    assert psnr(clean, image, data_range=2.0) == pytest.approx([10 * np.log10(32)])
    # Two values are half right, two are right up to the clipping at 1e-7.
    assert bce(clean, image) == pytest.approx([(2 * np.log(2) - 2 * np.log1p(-1e-7)) / 4])
    assert bce(1 - clean, clean) == pytest.approx([-np.log(1e-7)])


def test_psnr_is_known_for_a_known_error():
    clean = np.full((2, 8, 8, 1), 100, np.uint8)
    assert psnr(clean, clean + np.uint8(5), data_range=255) == pytest.approx([20 * np.log10(51)] * 2)


def test_unsigned_differences_do_not_wrap():
    dark, bright = np.zeros((1, 4, 4, 1), np.uint8), np.full((1, 4, 4, 1), 255, np.uint8)
    assert mse(dark, bright) == pytest.approx([65025.0])


def test_equal_images():
    image = np.random.default_rng(0).random((2, 8, 8, 1))
    assert np.array_equal(mse(image, image), [0, 0])
    assert np.array_equal(psnr(image, image, data_range=1.0), [np.inf, np.inf])
    assert ssim(image, image, data_range=1.0) == pytest.approx([1, 1])


def test_each_image_has_its_own_value():
    clean = np.zeros((2, 8, 8, 1))
    image = np.stack([np.full((8, 8, 1), 0.1), np.full((8, 8, 1), 0.01)])
    assert psnr(clean, image, data_range=1.0) == pytest.approx([20, 40])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_agrees_with_scikit_image(pair, dtype):
    peak = 255 if dtype == np.uint8 else 1.0
    clean, noisy = ((a * peak).astype(dtype) for a in pair)
    for index, (a, b) in enumerate(zip(clean, noisy, strict=True)):
        a64, b64 = a.astype(np.float64), b.astype(np.float64)
        assert mse(clean, noisy)[index] == pytest.approx(peer.mean_squared_error(a64, b64))
        expected = peer.peak_signal_noise_ratio(a64, b64, data_range=peak)
        assert psnr(clean, noisy, data_range=peak)[index] == pytest.approx(expected)
        expected = peer.structural_similarity(a64, b64, data_range=peak, channel_axis=-1)
        assert ssim(clean, noisy, data_range=peak)[index] == pytest.approx(expected)


@pytest.mark.parametrize(("height", "width", "window"), [(3, 9, 3), (4, 4, 3), (5, 9, 5), (6, 6, 5), (7, 7, 7)])
def test_the_window_of_ssim_shrinks_with_the_image(height, width, window):
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 1, height, width, 1))
    expected = peer.structural_similarity(a[0, ..., 0], b[0, ..., 0], data_range=1.0, win_size=window)
    assert ssim(a, b, data_range=1.0) == pytest.approx([expected])


def test_ssim_refuses_images_without_a_window():
    with pytest.raises(InputError, match="3 x 3 pixels or more; received 2 x 9"):
        ssim(np.zeros((1, 2, 9, 1)), np.zeros((1, 2, 9, 1)), data_range=1.0)


def test_more_noise_measures_worse(pair):
    clean, noisy = pair
    noisier = np.clip(clean + 3 * (noisy - clean), 0, 1)
    assert np.all(mse(clean, noisier) > mse(clean, noisy))
    assert np.all(bce(clean, noisier) > bce(clean, noisy))
    assert np.all(psnr(clean, noisier, data_range=1.0) < psnr(clean, noisy, data_range=1.0))
    assert np.all(ssim(clean, noisier, data_range=1.0) < ssim(clean, noisy, data_range=1.0))


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
class TestEveryMeasure:
    def test_gives_float64_for_each_image(self, measure, pair):
        values = measure(*pair)
        assert values.shape == (3,)
        assert values.dtype == np.float64
        assert measure(*(a[:0] for a in pair)).shape == (0,)

    def test_leaves_the_images_alone(self, measure, pair):
        before = [a.copy() for a in pair]
        measure(*pair)
        assert all(np.array_equal(a, b) for a, b in zip(pair, before, strict=True))

    def test_shapes_must_agree(self, measure):
        with pytest.raises(InputError, match=r"same shape; received \(1, 8, 8, 1\) and \(1, 8, 8, 3\)"):
            measure(np.zeros((1, 8, 8, 1)), np.zeros((1, 8, 8, 3)))

    @pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (2, 784), ()])
    def test_batches_are_asked_for(self, measure, shape):
        with pytest.raises(InputError, match=r"\(N, H, W, C\); received the shape"):
            measure(np.zeros(shape), np.zeros(shape))

    def test_images_without_pixels_are_refused(self, measure):
        with pytest.raises(InputError, match="images with pixels"):
            measure(np.zeros((2, 0, 8, 1)), np.zeros((2, 0, 8, 1)))

    @pytest.mark.parametrize("dtype", [complex, object, str])
    def test_values_are_real_numbers(self, measure, dtype):
        with pytest.raises(InputError, match="real numbers"):
            measure(np.zeros((1, 8, 8, 1)), np.zeros((1, 8, 8, 1)).astype(dtype))


@pytest.mark.parametrize("measure", [psnr, ssim])
@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, None, "1", True])
def test_data_range_is_a_number_above_zero(measure, value):
    with pytest.raises(InputError, match="data_range"):
        measure(np.zeros((1, 8, 8, 1)), np.zeros((1, 8, 8, 1)), data_range=value)


@pytest.mark.parametrize("measure", [psnr, ssim])
def test_data_range_is_never_guessed(measure):
    with pytest.raises(TypeError, match="data_range"):
        measure(np.zeros((1, 8, 8, 1)), np.zeros((1, 8, 8, 1)))


def test_classification_by_hand():
    labels, predicted = np.array([0, 0, 0, 1, 1, 3]), np.array([0, 0, 1, 1, 0, 3])
    assert accuracy(labels, predicted) == pytest.approx(4 / 6)
    matrix = confusion(labels, predicted, 4)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert per_class_accuracy(labels, predicted, 4) == pytest.approx([2 / 3, 0.5, np.nan, 1], nan_ok=True)


def test_unsigned_labels_with_many_classes_do_not_overflow():
    labels = np.array([99, 0], np.uint8)
    assert confusion(labels, labels, 100)[99, 99] == 1


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([0, 1], [0, 1, 1], "as many; received 2 and 3"),
        ([], [], "N above 0"),
        ([0, 1], np.eye(2), "argmax"),
        ([0, 1], [0.0, 1.0], "integers from 0; received float64"),
        ([0, -1], [0, 1], "integers from 0; received -1"),
    ],
)
@pytest.mark.parametrize(
    "measure", [accuracy, lambda a, b: confusion(a, b, 2), lambda a, b: per_class_accuracy(a, b, 2)]
)
def test_class_indices_are_checked(measure, labels, predicted, message):
    with pytest.raises(InputError, match=message):
        measure(labels, predicted)


def test_more_classes_than_said_are_refused():
    with pytest.raises(InputError, match="With 3 classes the indices are 0 to 2; received 5"):
        confusion([0, 1], [0, 5], 3)


MODULES = [
    "unnoise.metrics",
    *(module.name for module in pkgutil.iter_modules(unnoise.metrics.__path__, "unnoise.metrics.")),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
