"""The statistics of noise say what was put in."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from measurements import noise_statistics
from measurements.photo_pairs import Pair


def pair(noise):
    ramp = np.linspace(0.1, 0.9, noise.shape[1], dtype=np.float32)
    clean = np.broadcast_to(ramp[np.newaxis, :, np.newaxis], noise.shape)
    return Pair("drawn", (clean + noise / 255).astype(np.float32), clean)


def test_white_noise_has_its_sigma_no_correlation_and_a_flat_spectrum():
    noise = np.random.default_rng(0).normal(0, 6, (256, 256, 1)) * np.ones(3)
    found = noise_statistics.figures(pair(noise))
    assert found["luma sigma", ""] == pytest.approx(6, rel=0.02)
    assert found["chroma sigma", ""] == pytest.approx(0, abs=1e-3)
    assert found["luma correlation", "1"] == pytest.approx(0, abs=0.02)
    rings = [value for (quantity, _), value in found.items() if quantity == "luma spectrum"]
    assert len(rings) == noise_statistics.BANDS
    assert np.median(rings) == pytest.approx(1, abs=0.05)


def test_blurred_colour_noise_is_correlated_in_chroma_as_the_blur_makes_it():
    rng = np.random.default_rng(1)
    red = gaussian_filter(rng.normal(0, 40, (256, 256)), 2.0, mode="wrap")
    found = noise_statistics.figures(pair(np.stack([red, np.zeros_like(red), np.zeros_like(red)], axis=-1)))
    for lag in (1, 2, 4):
        assert found["chroma correlation", str(lag)] == pytest.approx(np.exp(-(lag**2) / 16), abs=0.06)
    # R - Y has 0.701 of it, B - Y 0.299.
    assert found["chroma sigma", ""] == pytest.approx(red.std() * 0.5, rel=0.03)
    assert found["luma sigma", ""] == pytest.approx(red.std() * 0.299, rel=0.03)


def test_noise_that_grows_with_brightness_does_so_in_the_bins():
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, (256, 256, 1)) * np.linspace(1, 9, 256)[np.newaxis, :, np.newaxis] * np.ones(3)
    found = noise_statistics.figures(pair(noise))
    by_level = [value for (quantity, _), value in found.items() if quantity == "luma sigma by brightness"]
    assert np.all(np.diff(by_level) > 0)


def test_drift_is_taken_off():
    drift = 20 * np.sin(np.linspace(0, np.pi, 256))[:, np.newaxis, np.newaxis] * np.ones((1, 256, 3))
    noise = np.random.default_rng(3).normal(0, 4, (256, 256, 1)) * np.ones(3)
    found = noise_statistics.figures(pair(noise + drift))
    assert found["luma correlation", "8"] > 0.5
    assert found["luma correlation without drift", "8"] < 0.1
    assert found["luma sigma without drift", ""] == pytest.approx(4, rel=0.05)


def test_a_clean_pair_has_no_shape():
    found = noise_statistics.figures(pair(np.zeros((64, 64, 3))))
    assert found["luma sigma", ""] == 0
    assert not any("correlation" in quantity for quantity, _ in found)
