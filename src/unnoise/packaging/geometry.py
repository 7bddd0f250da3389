"""Stride and receptive field of fully convolutional models, measured on the network itself."""

from __future__ import annotations

from typing import Any

import numpy as np

LARGEST_STRIDE = 64


def stride_of(model: Any) -> int:
    """Return the smallest power of two whose multiples the model's height and width must be.

    Args:
        model: A Keras model with input ``(N, None, None, C)``.

    Raises:
        ValueError: no power of two up to 64 works.
    """
    channels = model.input_shape[-1]
    side = 1
    while side <= LARGEST_STRIDE:
        try:
            if tuple(model(np.zeros((1, side, side, channels), np.float32)).shape) == (1, side, side, channels):
                return side
        except Exception:  # each backend refuses an empty feature map in its own way
            pass
        side *= 2
    raise ValueError(f"{model.name} takes no square image of a side up to {LARGEST_STRIDE}")


def receptive_field_of(model: Any, stride: int) -> int:
    """Return the side of the square around a pixel of the output that holds all input pixels it can depend on.

    All kernels are set to positive values, so that nothing cancels and no ReLU closes; then the reach of one bright
    pixel is seen in the output. The side is twice the largest reach over the positions within a stride, plus one.

    Args:
        model: A Keras model with input ``(N, None, None, C)``; its weights are left as they were.
        stride: As :func:`stride_of` gives it.
    """
    before = model.get_weights()
    model.set_weights(
        [_positive(variable.name, values) for variable, values in zip(model.weights, before, strict=True)]
    )
    try:
        side = 32 * stride
        while True:
            reach = max(_reach(model, side, stride, axis) for axis in (1, 2))
            if reach < side // 2 - stride:
                return 2 * reach + 1
            side *= 2
    finally:
        model.set_weights(before)


def _positive(name: str, values: Any) -> Any:
    """Return weights that let every input through; the scales of a normalization are 1, biases 0, curves stay."""
    if name in ("slope", "shift", "values"):
        return values
    if values.ndim > 1:
        return np.full(values.shape, 1 / max(values.shape[-2:]), np.float32)
    return np.full(values.shape, name in ("gamma", "moving_variance"), np.float32)


def _reach(model: Any, side: int, stride: int, axis: int) -> int:
    """Return how far along ``axis`` a bright pixel is seen, at most, over its positions within a stride."""
    import keras

    # Rows do not depend on how wide the image is: a strip of one stride does.
    shape = (side, stride) if axis == 1 else (stride, side)
    dark = np.zeros((stride, *shape, model.input_shape[-1]), np.float32)
    bright = dark.copy()
    places = side // 2 + np.arange(stride)
    np.moveaxis(bright, axis, 1)[np.arange(stride), places] = 1
    changed = keras.ops.convert_to_numpy(model(bright)) != keras.ops.convert_to_numpy(model(dark))
    which, along = np.nonzero(np.moveaxis(changed, axis, 1).any(axis=(2, 3)))
    return int(np.abs(along - places[which]).max())
