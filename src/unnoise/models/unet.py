"""The U-Net: a convolutional autoencoder with skip connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from unnoise.models.registry import Shape, model, require_multiple, require_positive, require_sizes


def _block(x: Any, filters: int, depth: int) -> Any:
    for _ in range(depth):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return x


@model("unet", "autoencoder", fully_convolutional=True)
def unet(input_shape: Shape, *, filters: Sequence[int] = (16, 32, 64), depth: int = 2) -> Any:
    """Build the U-Net: convolutions and max pooling down, transposed convolutions up, each level joined to its twin.

    See Ronneberger, Fischer and Brox, *U-Net: Convolutional networks for biomedical image segmentation*, MICCAI 2015.
    Because of the skip connections there is no code that alone gives the image; the innermost features are
    the output of the layer ``bottleneck``.

    Args:
        input_shape: ``(H, W, C)``; the sides are multiples of ``2 ** (len(filters) - 1)``, or None.
        filters: Filters of each level, the last is the innermost.
        depth: Convolutions a level, on either side.

    Returns:
        A ``keras.Model`` whose output is a sigmoid's, of the input's shape.
    """
    require_sizes("filters", filters)
    require_positive("depth", depth)
    require_multiple("unet", input_shape, 2 ** (len(filters) - 1))

    noisy = keras.Input(input_shape, name="noisy")
    x, skips = noisy, []
    for count in filters[:-1]:
        x = _block(x, count, depth)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Activation("linear", name="bottleneck")(_block(x, filters[-1], depth))
    for count, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(count, 2, strides=2)(x)
        x = _block(layers.Concatenate()([x, skip]), count, depth)
    pixels = layers.Conv2D(input_shape[-1], 1, activation="sigmoid", name="pixels")(x)
    return keras.Model(noisy, pixels, name="unet")
