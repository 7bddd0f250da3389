"""Classifiers: the labs' two dense layers, and a small convolutional one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from unnoise.errors import UsageError
from unnoise.models.registry import Shape, model, require_multiple, require_positive, require_sizes


@model("mlp-classifier", "classifier", dense=True)
def mlp_classifier(input_shape: Shape, *, classes: int = 10, hidden: Sequence[int] = (256, 256)) -> Any:
    """Build the multilayer perceptron of the labs: dense ReLU layers, then softmax.

    Args:
        input_shape: ``(H, W, C)``.
        classes: Number of classes.
        hidden: Sizes of the hidden layers.

    Returns:
        A ``keras.Model``: images ``(N, H, W, C)`` → class probabilities ``(N, classes)``.
    """
    require_positive("classes", classes)
    require_sizes("hidden", hidden, at_least=0)
    images = keras.Input(input_shape, name="images")
    x = layers.Flatten()(images)
    for units in hidden:
        x = layers.Dense(units, activation="relu")(x)
    return keras.Model(
        images, layers.Dense(classes, activation="softmax", name="probabilities")(x), name="mlp_classifier"
    )


@model("cnn-classifier", "classifier")
def cnn_classifier(
    input_shape: Shape, *, classes: int = 10, filters: Sequence[int] = (16, 32), hidden: int = 64, dropout: float = 0.25
) -> Any:
    """Build a small convolutional classifier: 3×3 convolutions and max pooling, a dense layer, dropout, softmax.

    Args:
        input_shape: ``(H, W, C)``; the sides are multiples of ``2 ** len(filters)``.
        classes: Number of classes.
        filters: Filters of each level.
        hidden: Size of the dense layer.
        dropout: Share of the dense layer's outputs that training drops, in [0, 1).

    Returns:
        A ``keras.Model``: images ``(N, H, W, C)`` → class probabilities ``(N, classes)``.
    """
    require_positive("classes", classes)
    require_sizes("filters", filters)
    require_positive("hidden", hidden)
    if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
        raise UsageError(f"dropout must be a number from 0 to less than 1, received {dropout!r}.")
    require_multiple("cnn-classifier", input_shape, 2 ** len(filters))
    images = keras.Input(input_shape, name="images")
    x = images
    for count in filters:
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(hidden, activation="relu")(layers.Flatten()(x))
    x = layers.Dropout(dropout)(x)
    return keras.Model(
        images, layers.Dense(classes, activation="softmax", name="probabilities")(x), name="cnn_classifier"
    )
