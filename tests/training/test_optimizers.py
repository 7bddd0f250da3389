"""Optimizers and schedules against their definitions."""

import keras
import numpy as np
import pytest

from unnoise.experiment.sections import Training
from unnoise.training.optimizers import Muon, Trapezoid, optimizer


def test_the_trapezoid_rises_stays_and_falls_to_zero():
    rate = Trapezoid(0.2, 1000)
    values = np.array([float(rate(step)) for step in range(1000)])
    np.testing.assert_allclose(values[:10], 0.02 * np.arange(1, 11), rtol=1e-5)
    np.testing.assert_allclose(values[10:499], 0.2)
    np.testing.assert_allclose(np.diff(values[500:]), -0.2 / 500, rtol=1e-3)
    assert values[-1] == pytest.approx(0, abs=1e-6)
    assert float(Trapezoid.from_config(rate.get_config())(400)) == pytest.approx(0.2)


def test_the_steps_before_the_fall_do_not_depend_on_the_length():
    short, long = Trapezoid(0.2, 1000), Trapezoid(0.2, 1400)
    assert all(float(short(step)) == float(long(step)) for step in range(20, 490, 10))


def test_muon_turns_a_kernels_gradient_into_one_of_equal_singular_values():
    rng = np.random.default_rng(0)
    gradient = rng.normal(size=(3, 3, 4, 8)).astype(np.float32) * np.geomspace(1, 10, 8, dtype=np.float32)
    kernel = keras.Variable(np.zeros((3, 3, 4, 8), np.float32), name="kernel")
    muon = Muon(learning_rate=0.5, weight_decay=None)
    muon.build([kernel])
    muon.apply([keras.ops.convert_to_tensor(gradient)])
    change = keras.ops.convert_to_numpy(kernel).reshape(36, 8)
    # 0.2 sqrt(max(36, 8)) brings the update's mean square to that of Adam's.
    singular = np.linalg.svd(change / (0.5 * 0.2 * 6), compute_uv=False)
    assert singular.min() > 0.6
    assert singular.max() < 1.3
    # It goes downhill in the directions of the gradient.
    u, _, v = np.linalg.svd(gradient.reshape(36, 8), full_matrices=False)
    assert np.trace(u.T @ change @ v.T) < -0.9 * np.abs(np.linalg.svd(change, compute_uv=False)).sum()


def test_muon_treats_a_kernel_as_keras_treats_its_matrix():
    rng = np.random.default_rng(1)
    start, gradient = rng.normal(size=(2, 3, 3, 2, 5)).astype(np.float32)
    results = []
    for kind, shape in ((Muon, (3, 3, 2, 5)), (keras.optimizers.Muon, (18, 5))):
        variable = keras.Variable(start.reshape(shape), name="kernel")
        muon = kind(learning_rate=0.1)
        muon.build([variable])
        for _ in range(3):
            muon.apply([keras.ops.convert_to_tensor(gradient.reshape(shape))])
        results.append(keras.ops.convert_to_numpy(variable).reshape(18, 5))
    np.testing.assert_allclose(*results, atol=1e-6)


@pytest.mark.parametrize("name", ["adam", "adamw", "muon", "sgd", "rmsprop", "adadelta"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "trapezoid"])
def test_every_optimizer_of_recipes_lowers_a_square(name, schedule):
    x = keras.Variable(np.full((2, 2), 3.0, np.float32))
    made = optimizer(Training(optimizer=name, schedule=schedule, learning_rate=0.05, epochs=2), steps=10)
    made.build([x])
    for _ in range(20):
        made.apply([2 * keras.ops.convert_to_tensor(x)])
    assert float(keras.ops.max(keras.ops.abs(x))) < 3
