"""The deep dense autoencoder: several hidden layers on either side of the code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from unnoise.models.autoencoder import autoencoder
from unnoise.models.registry import Shape, require_activation, require_positive, require_sizes


@autoencoder("deep-dense-autoencoder", dense=True)
def deep_dense_autoencoder(
    input_shape: Shape,
    *,
    hidden: Sequence[int] = (512, 256),
    code: int = 64,
    activation: str = "relu",
) -> tuple[Any, Any]:
    """Build the deep dense autoencoder: pixels → hidden layers → code → hidden layers, reversed → pixels.

    See Hinton and Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 2006.

    Args:
        input_shape: ``(H, W, C)``.
        hidden: Sizes of the encoder's hidden layers; the decoder has them in reverse order.
        code: Size of the code.
        activation: Activation of the hidden layers and the code.

    Returns:
        An ``Autoencoder`` whose output is a sigmoid's.
    """
    require_positive("code", code)
    require_sizes("hidden", hidden, at_least=0)
    require_activation("activation", activation)

    noisy = keras.Input(input_shape, name="noisy")
    x = layers.Flatten()(noisy)
    for units in hidden:
        x = layers.Dense(units, activation=activation)(x)
    encoder = keras.Model(noisy, layers.Dense(code, activation=activation, name="code")(x), name="encoder")

    codes = keras.Input((code,), name="codes")
    x = codes
    for units in reversed(hidden):
        x = layers.Dense(units, activation=activation)(x)
    x = layers.Dense(math.prod(input_shape), activation="sigmoid", name="pixels")(x)  # type: ignore[arg-type]
    decoder = keras.Model(codes, layers.Reshape(input_shape)(x), name="decoder")
    return encoder, decoder
