"""Which images count as clean, and how noise is estimated, measured on images with and without noise."""

import dataclasses

import numpy as np
import pytest

from onnx_models import CARD
from unnoise.inference.noise_analysis import analyze_noise
from unnoise.packaging.noise_numbers import IMAGES, measure_noise_numbers


class Flattening:
    """A denoiser to which an image is gray, and what differs from that noise: a share of it is removed."""

    def __init__(self, share=1.0, noise_scale=1.0):
        self.share, self.asked = share, 0
        self.metadata = dataclasses.replace(CARD, noise_scale=noise_scale)

    def analyze_noise(self, strips, height, width):
        self.asked += 1
        found = analyze_noise(strips, height, width, lambda batch: batch + self.share * (0.5 - batch))
        return dataclasses.replace(found, level=found.level * self.metadata.noise_scale)


def images(texture, strengths, seed=0):
    """Return noisy and clean images: gray ones with texture, and white noise of these strengths."""
    rng = np.random.default_rng(seed)
    shape = (len(strengths), 32, 32, 1)
    clean = 0.5 + texture * rng.standard_normal(shape)
    noisy = clean + np.reshape(strengths, (-1, 1, 1, 1)) * rng.standard_normal(shape)
    return noisy.astype(np.float32), clean.astype(np.float32)


def test_the_threshold_is_what_clean_images_lose_and_the_scale_undoes_what_stays():
    for share, before in ((1.0, 1.0), (0.5, 1.0), (0.5, 3.0)):
        numbers = measure_noise_numbers(Flattening(share, before), *images(0.01, np.linspace(0, 0.2, 50)))
        assert numbers["noise_scale"] == pytest.approx(1 / share, rel=0.02)
        assert numbers["clean_threshold"] == pytest.approx(0.01, rel=0.1)
        assert numbers["max_sigma"] == pytest.approx(0.2, rel=0.05)


def test_where_clean_images_lose_as_much_as_noisy_ones_nothing_is_taken_for_clean():
    numbers = measure_noise_numbers(Flattening(), *images(0.08, np.full(20, 0.1)))
    assert numbers["clean_threshold"] is None
    assert 0.7 < numbers["noise_scale"] < 0.9


def test_without_noise_nothing_is_measured():
    numbers = measure_noise_numbers(Flattening(), *images(0.01, np.zeros(5)))
    assert numbers == {"clean_threshold": None, "noise_scale": 1.0, "max_sigma": None}


def test_of_very_many_images_some_are_looked_at():
    denoiser = Flattening()
    measure_noise_numbers(denoiser, *images(0.01, np.linspace(0, 0.2, 5000)))
    assert IMAGES <= denoiser.asked <= 2 * IMAGES


def test_one_clean_image_with_noise_of_its_own_changes_the_threshold_little():
    noisy, clean = images(0.01, np.linspace(0, 0.2, 100))
    clean[0] = noisy[-1]
    numbers = measure_noise_numbers(Flattening(), noisy, clean)
    assert numbers["clean_threshold"] == pytest.approx(0.01, rel=0.15)
