"""Stride and receptive field against numbers worked out by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from unnoise.models import build, registry
from unnoise.packaging.geometry import receptive_field_of, stride_of


def sequence(*parts):
    noisy = keras.Input((None, None, 2))
    x = noisy
    for part in parts:
        x = part(x)
    return keras.Model(noisy, x)


@pytest.mark.parametrize(
    ("parts", "stride", "field"),
    [
        ([lambda: layers.Conv2D(2, 1)], 1, 1),
        ([lambda: layers.Conv2D(2, 3, padding="same")], 1, 3),
        ([lambda: layers.Conv2D(2, 3, padding="same", activation="relu")] * 4, 1, 9),
        ([lambda: layers.Conv2D(2, 3, padding="same", dilation_rate=4)], 1, 9),
        # Pooled pairs, repeated: a pixel sees its pair, so that the centred square has the side 3.
        ([lambda: layers.MaxPooling2D(), lambda: layers.UpSampling2D()], 2, 3),
        # The coarse 3×3 convolution adds one pair on either side: -2..3 from the left pixel, -3..2 from the right one.
        ([lambda: layers.AveragePooling2D(2), lambda: layers.Conv2D(2, 3, padding="same"), layers.UpSampling2D], 2, 7),
        ([lambda: layers.Conv2D(2, 3, padding="same"), layers.BatchNormalization, layers.ReLU], 1, 3),
        ([lambda: layers.MaxPooling2D(4), lambda: layers.Conv2DTranspose(2, 4, strides=4)], 4, 7),
        ([lambda: layers.Conv2D(2, (1, 7), padding="same")], 1, 7),
    ],
)
def test_by_hand(parts, stride, field):
    model = sequence(*(part() for part in parts))
    before = [weight.copy() for weight in model.get_weights()]
    assert stride_of(model) == stride
    assert receptive_field_of(model, stride) == field
    for weight, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)


@pytest.mark.parametrize("name", [name for name in registry if registry.get(name).fully_convolutional])
def test_no_pixel_beyond_the_receptive_field_matters(name):
    """What lies outside of the square may change, the centre's answer stays; what lies inside of it may not."""
    keras.utils.set_random_seed(0)
    model = build(name, (None, None, 1))
    stride = stride_of(model)
    radius = receptive_field_of(model, stride) // 2
    side = 4 * stride * (2 * radius // (2 * stride) + 1)
    centre = side // 2
    image = np.random.default_rng(0).random((1, side, side, 1), np.float32)
    changed = image.copy()
    changed[:, : centre - radius] += 1
    changed[:, :, : centre - radius] += 1
    changed[:, centre + radius + stride :] += 1
    changed[:, :, centre + radius + stride :] += 1
    square = slice(centre, centre + stride)
    before, after = (keras.ops.convert_to_numpy(model(x))[0, square, square] for x in (image, changed))
    np.testing.assert_allclose(before, after, atol=1e-6)
    changed = image.copy()
    changed[:, centre - radius : centre + radius + stride] += 1
    after = keras.ops.convert_to_numpy(model(changed))[0, square, square]
    assert np.abs(before - after).max() > 1e-4


def test_a_model_that_is_no_image_to_image_model():
    noisy = keras.Input((None, None, 1))
    model = keras.Model(noisy, layers.GlobalAveragePooling2D()(noisy))
    with pytest.raises(ValueError, match="takes no square image"):
        stride_of(model)
