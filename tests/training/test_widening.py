"""A trained network in a wider one: the same answer, and weights that can learn."""

import keras
import numpy as np
import pytest

from unnoise.errors import InputError
from unnoise.models import build
from unnoise.training.widening import widen

PAIRS = {
    "bias-free-unet": ({"filters": [4, 6], "blocks": 1}, {"filters": [5, 9], "blocks": 1}),
    "convolutional-autoencoder": ({"filters": [4, 4]}, {"filters": [6, 5]}),
    "dense-autoencoder": ({"code": 4}, {"code": 7}),
}


def pair(name):
    keras.utils.set_random_seed(0)
    narrow, wide = (build(name, (8, 8, 3), **parameters) for parameters in PAIRS[name])
    rng = np.random.default_rng(0)
    narrow.set_weights([rng.normal(0, 0.2, weights.shape) for weights in narrow.get_weights()])
    return narrow, wide


def answer(model, images):
    return keras.ops.convert_to_numpy(model(images))


@pytest.mark.parametrize("name", PAIRS)
def test_the_wider_network_answers_as_the_trained_one(name):
    narrow, wide = pair(name)
    images = np.random.default_rng(1).random((3, 8, 8, 3)).astype(np.float32)
    expected = answer(narrow, images)
    assert abs(answer(wide, images) - expected).max() > 0.01
    before = wide.get_weights()
    widen(wide, narrow)
    np.testing.assert_allclose(answer(wide, images), expected, atol=1e-5)
    # What the new filters see is as it was drawn.
    assert all((new != 0).any() for new, old in zip(wide.get_weights(), before, strict=True) if (old != 0).any())


def test_the_new_filters_learn():
    narrow, wide = pair("bias-free-unet")
    widen(wide, narrow)
    before = wide.get_weights()
    wide.compile("sgd", "mse")
    images = np.random.default_rng(1).random((4, 8, 8, 3)).astype(np.float32)
    wide.fit(images + 0.1, images, epochs=5, verbose=0)
    for new, old, kept in zip(wide.get_weights(), before, narrow.get_weights(), strict=True):
        if new.shape != kept.shape:
            moved = new != old
            moved[tuple(slice(side) for side in kept.shape)] = False
            assert moved.any()


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("bias-free-unet", {"filters": [3, 9], "blocks": 1}, "others, or have more filters"),
        ("bias-free-unet", {"filters": [5, 9], "blocks": 2}, "others, or have more filters"),
        ("convolutional-autoencoder", {"filters": [5, 9]}, "others, or have more filters"),
    ],
)
def test_a_network_that_does_not_fit_changes_nothing(name, parameters, message):
    narrow, _ = pair("bias-free-unet")
    wide = build(name, (8, 8, 3), **parameters)
    before = wide.get_weights()
    with pytest.raises(InputError, match=message):
        widen(wide, narrow)
    for new, old in zip(wide.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_layers_that_concatenate_are_refused():
    keras.utils.set_random_seed(0)
    narrow, wide = (build("unet", (8, 8, 3), filters=[width, 6], depth=1) for width in (4, 6))
    before = wide.get_weights()
    with pytest.raises(InputError, match="do not compute the same"):
        widen(wide, narrow)
    np.testing.assert_array_equal(wide.get_weights()[0], before[0])
