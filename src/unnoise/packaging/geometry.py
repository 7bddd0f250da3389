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
    """Return the side of the square of input pixels that an output pixel can depend on.

    All kernels are set to positive values, so that nothing cancels and no ReLU closes; then the reach of one bright
    pixel is seen in the output. Its largest reach over the positions within a stride is the radius.

    Args:
        model: A Keras model with input ``(N, None, None, C)``; its weights are left as they were.
        stride: As :func:`stride_of` gives it.
    """
    before = model.get_weights()
    model.set_weights([np.full(w.shape, 1 / max(w.shape[-2:]), np.float32) if w.ndim > 1 else 0 * w for w in before])
    try:
        side = 32 * stride
        while True:
            reach = max(
                _reach(model, side, (side // 2) + y, (side // 2) + x) for y in range(stride) for x in range(stride)
            )
            if reach < side // 2 - stride:
                return 2 * reach + 1
            side *= 2
    finally:
        model.set_weights(before)


def _reach(model: Any, side: int, row: int, column: int) -> int:
    dark = np.zeros((1, side, side, model.input_shape[-1]), np.float32)
    bright = dark.copy()
    bright[0, row, column] = 1
    changed = np.asarray(model(bright))[0] != np.asarray(model(dark))[0]
    rows, columns = np.nonzero(changed.any(axis=-1))
    return int(max(np.abs(rows - row).max(), np.abs(columns - column).max()))
