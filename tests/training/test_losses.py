"""The losses that recipes name."""

import typing

import keras
import numpy as np
import pytest

from unnoise.experiment.sections import AutoencoderTraining
from unnoise.metrics import psnr
from unnoise.training.losses import loss_function, negative_psnr

LOSSES = typing.get_args(AutoencoderTraining.model_fields["loss"].annotation)


def loss_of(name, targets, outputs):
    loss = loss_function(name)
    values = keras.losses.get(loss)(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(outputs))
    return float(np.mean(keras.ops.convert_to_numpy(values)))


@pytest.mark.parametrize("name", LOSSES)
def test_the_better_answer_has_the_smaller_loss(name):
    rng = np.random.default_rng(0)
    clean = rng.uniform(0.2, 0.8, (4, 8, 8, 3)).astype(np.float32)
    noise = rng.uniform(-0.1, 0.1, clean.shape).astype(np.float32)
    losses = [loss_of(name, clean, clean + share * noise) for share in (0, 0.5, 1)]
    assert losses == sorted(losses)
    assert losses[0] < losses[1] < losses[2]


def test_psnr_is_that_of_the_metric_with_its_sign_turned():
    clean = np.full((3, 4, 4, 1), 0.5, np.float32)
    # Squared errors to each of which the floor of 0.000025 is added.
    answers = clean + np.sqrt(np.array([0.009975, 0.099975, 0], np.float32)).reshape(-1, 1, 1, 1)
    values = keras.ops.convert_to_numpy(negative_psnr(clean, answers))
    np.testing.assert_allclose(values, [-20, -10, -46.0206], atol=1e-3)
    np.testing.assert_allclose(values[:2], -psnr(clean, answers, data_range=1.0)[:2], atol=0.05)


def test_psnr_counts_images_alike_however_noisy_they_are():
    errors = np.random.default_rng(1).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
    errors *= np.array([0.05, 0.5], np.float32).reshape(2, 1, 1, 1)
    clean = np.zeros_like(errors)
    before, after = (keras.ops.convert_to_numpy(negative_psnr(clean, share * errors)) for share in (1, 0.9))
    np.testing.assert_allclose(before - after, -20 * np.log10(0.9), rtol=0.05)


def test_sixteen_bit_answers_are_judged_in_32_bits():
    clean = np.full((1, 64, 64, 3), 0.5, np.float32)
    answer = keras.ops.cast(clean + np.float32(2**-7), "bfloat16")
    value = negative_psnr(keras.ops.convert_to_tensor(clean), answer)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert float(value[0]) == pytest.approx(10 * np.log10(2**-14 + 2.5e-5), abs=1e-3)
