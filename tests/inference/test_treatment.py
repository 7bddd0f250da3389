"""What is done to an image: the options, and the one decision that follows from them."""

import dataclasses

import numpy as np
import pytest

from onnx_models import CARD
from unnoise.errors import InputError
from unnoise.inference import DenoiseOptions, load
from unnoise.inference.noise_analysis import NoiseAnalysis
from unnoise.inference.treatment import Treatment, blend, decide

CLEAN, SIGMA_0, STRENGTH_0 = (Treatment(why) for why in ("no noise was found", "sigma is 0", "strength is 0"))
ALL = Treatment()


@pytest.mark.parametrize(
    ("options", "level", "threshold", "expected"),
    [
        # An image is clean below the model's threshold, and only there.
        ({}, 0.01, 0.02, CLEAN),
        ({}, 0.02, 0.02, ALL),
        ({}, 0.03, 0.02, ALL),
        # Without a threshold, or where the level is not known, nothing is.
        ({}, 0.0, None, ALL),
        ({}, None, 0.02, ALL),
        # Nor where the caller says so, or makes a wish.
        ({"skip_clean": False}, 0.01, 0.02, ALL),
        ({"sigma": 0.01}, 0.01, 0.02, ALL),
        # Less and more than what was found; more than half as much again is not to be had.
        ({"sigma": 0.05}, 0.1, 0.02, Treatment(luma=0.5, chroma=0.5)),
        ({"sigma": 0.12}, 0.1, 0.02, Treatment(luma=1.2, chroma=1.2)),
        ({"sigma": 0.9}, 0.1, 0.02, Treatment(luma=1.5, chroma=1.5)),
        ({"sigma": 0.1}, 0.0, 0.02, Treatment(luma=1.5, chroma=1.5)),
        ({"sigma": 0.1}, None, 0.02, ALL),
        # Texture returns before colour noise does, unless the strength of the colour is given.
        ({"strength": 0.5}, 0.1, 0.02, Treatment(luma=0.5, chroma=0.75)),
        ({"strength": 0.5, "chroma": 0.5}, 0.1, 0.02, Treatment(luma=0.5, chroma=0.5)),
        ({"strength": 0.5, "sigma": 0.05}, 0.1, 0.02, Treatment(luma=0.25, chroma=0.375)),
        # Nothing is left as nothing, whatever the image.
        ({"strength": 0}, 0.1, 0.02, STRENGTH_0),
        ({"strength": 0}, 0.01, 0.02, STRENGTH_0),
        ({"strength": 0, "skip_clean": False}, 0.1, None, STRENGTH_0),
        ({"strength": 0, "chroma": 1}, 0.1, 0.02, Treatment(luma=0, chroma=1)),
        ({"sigma": 0}, 0.1, 0.02, SIGMA_0),
        ({"sigma": 0, "skip_clean": False}, None, None, SIGMA_0),
    ],
)
@pytest.mark.parametrize("gray", [False, True])
def test_the_decision(options, level, threshold, expected, gray):
    metadata = dataclasses.replace(CARD, clean_threshold=threshold)
    treatment = decide(DenoiseOptions(**options), NoiseAnalysis(level, gray), metadata)
    assert treatment.unchanged == expected.unchanged
    if not expected.unchanged:
        assert (treatment.luma, treatment.chroma) == pytest.approx((expected.luma, expected.chroma))
        assert treatment.gray == gray


@pytest.mark.parametrize("level", [0.0, 0.01, 0.1])
def test_the_level_is_looked_for_where_it_decides_alone(model_file, monkeypatch, level):
    denoiser = load(model_file("half", clean_threshold=0.02))
    looked = []
    monkeypatch.setattr(
        denoiser, "analyze_noise", lambda *image, **more: looked.append(more["level"]) or NoiseAnalysis(level)
    )
    image = np.full((9, 9), 0.5, np.float32)
    answers = [
        denoiser.denoise(image, DenoiseOptions(**options)) for options in ({}, {"skip_clean": False}, {"sigma": 0})
    ]
    assert looked == [True, False, False]
    np.testing.assert_array_equal(answers[0], image if level < 0.02 else image / 2)
    np.testing.assert_array_equal(answers[1], image / 2)
    np.testing.assert_array_equal(answers[2], image)


def test_each_image_of_a_batch_is_blended_by_its_own_treatment():
    rng = np.random.default_rng(0)
    noisy, denoised = rng.random((2, 4, 5, 6, 3)).astype(np.float32)
    treatments = [ALL, Treatment(luma=0.5, chroma=0.5), Treatment(luma=1, chroma=0), Treatment(luma=0, chroma=1.5)]
    change = (denoised - noisy).astype(np.float64)
    luma = (change @ np.array([0.299, 0.587, 0.114]))[..., np.newaxis]
    expected = noisy + np.stack([change[0], change[1] / 2, 0 * change[2] + luma[2], 1.5 * (change[3] - luma[3])])
    np.testing.assert_allclose(blend(noisy, denoised.copy(), treatments), expected, atol=1e-6)
    np.testing.assert_array_equal(blend(noisy, denoised.copy(), [ALL] * 4), denoised)


@pytest.mark.parametrize("treatment", [Treatment(gray=True), Treatment("", 0.4, 0.8, True)])
def test_a_gray_image_held_as_rgb_stays_gray(treatment):
    rng = np.random.default_rng(0)
    noisy = np.repeat(rng.random((1, 9, 9, 1)), 3, axis=-1).astype(np.float32)
    answer = blend(noisy, rng.random((1, 9, 9, 3)).astype(np.float32), [treatment])
    assert (answer == answer[..., :1]).all()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("sigma", -0.1, "sigma must be a number from 0 to 1"),
        ("sigma", float("nan"), "sigma must be a number from 0 to 1"),
        ("sigma", "x", "sigma must be a number from 0 to 1"),
        ("sigma", True, "sigma must be a number from 0 to 1"),
        ("sigma", 25, "write 25/255 for 25 of 255.*25"),
        ("strength", 1.5, "strength must be a number from 0 to 1, received 1.5"),
        ("strength", float("nan"), "strength must be a number"),
        ("strength", "all", "strength must be a number"),
        ("chroma", -0.1, "chroma must be a number from 0 to 1"),
        ("skip_clean", "no", "skip_clean must be True or False"),
        ("tile", 0, 'tile must be a whole number of at least 1, "auto" or None'),
        ("tile", True, "tile must be a whole number"),
        ("tile", "all", "tile must be a whole number"),
        ("max_memory", 0, "max_memory must be a whole number of bytes"),
        ("max_memory", 1e9, "max_memory must be a whole number of bytes"),
    ],
)
def test_a_wrong_option_is_refused_before_any_work(option, value, message):
    with pytest.raises(InputError, match=message):
        DenoiseOptions(**{option: value})
