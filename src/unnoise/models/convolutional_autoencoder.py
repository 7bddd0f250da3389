"""The convolutional autoencoder: strided convolutions down, transposed ones back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from unnoise.models.autoencoder import autoencoder
from unnoise.models.registry import Shape, require_multiple, require_sizes


@autoencoder("convolutional-autoencoder", fully_convolutional=True)
def convolutional_autoencoder(input_shape: Shape, *, filters: Sequence[int] = (16, 8)) -> tuple[Any, Any]:
    """Build the convolutional autoencoder: one 3×3 convolution of stride 2 a level, transposed convolutions back.

    With the default filters and 28×28×1 images: 28 → 14 → 7 → 14 → 28 and 3,217 parameters.

    Args:
        input_shape: ``(H, W, C)``; the sides are multiples of ``2 ** len(filters)``, or None.
        filters: Filters of the encoder's levels; the decoder has them in reverse order.

    Returns:
        An ``Autoencoder`` whose code has the shape ``(H / 2**n, W / 2**n, filters[-1])``.
    """
    require_sizes("filters", filters)
    require_multiple("convolutional-autoencoder", input_shape, 2 ** len(filters))

    noisy = keras.Input(input_shape, name="noisy")
    x = noisy
    for count in filters:
        x = layers.Conv2D(count, 3, strides=2, padding="same", activation="relu")(x)
    encoder = keras.Model(noisy, x, name="encoder")

    codes = keras.Input(encoder.output_shape[1:], name="codes")
    x = codes
    for count in reversed(filters):
        x = layers.Conv2DTranspose(count, 3, strides=2, padding="same", activation="relu")(x)
    pixels = layers.Conv2D(input_shape[-1], 3, padding="same", activation="sigmoid", name="pixels")(x)
    decoder = keras.Model(codes, pixels, name="decoder")
    return encoder, decoder
