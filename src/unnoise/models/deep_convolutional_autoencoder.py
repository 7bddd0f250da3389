"""The deep convolutional autoencoder: two convolutions a level and a narrow spatial code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from unnoise.models.autoencoder import autoencoder
from unnoise.models.registry import Shape, require_multiple, require_positive, require_sizes


@autoencoder("deep-convolutional-autoencoder", fully_convolutional=True)
def deep_convolutional_autoencoder(
    input_shape: Shape, *, filters: Sequence[int] = (32, 64), code: int = 16
) -> tuple[Any, Any]:
    """Build the deep convolutional autoencoder.

    A level of the encoder is a 3×3 convolution of stride 2 and one of stride 1; the code is a 3×3 convolution with
    ``code`` filters; a level of the decoder is a transposed 3×3 convolution of stride 2 and a 3×3 convolution.

    Args:
        input_shape: ``(H, W, C)``; the sides are multiples of ``2 ** len(filters)``, or None.
        filters: Filters of the encoder's levels; the decoder has them in reverse order.
        code: Channels of the code.

    Returns:
        An ``Autoencoder`` whose code has the shape ``(H / 2**n, W / 2**n, code)``.
    """
    require_sizes("filters", filters)
    require_positive("code", code)
    require_multiple("deep-convolutional-autoencoder", input_shape, 2 ** len(filters))

    noisy = keras.Input(input_shape, name="noisy")
    x = noisy
    for count in filters:
        x = layers.Conv2D(count, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
    encoder = keras.Model(noisy, layers.Conv2D(code, 3, padding="same", name="code")(x), name="encoder")

    codes = keras.Input(encoder.output_shape[1:], name="codes")
    x = codes
    for count in reversed(filters):
        x = layers.Conv2DTranspose(count, 3, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
    pixels = layers.Conv2D(input_shape[-1], 3, padding="same", activation="sigmoid", name="pixels")(x)
    decoder = keras.Model(codes, pixels, name="decoder")
    return encoder, decoder
