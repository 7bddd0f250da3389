"""Losses by the names that recipes use, beside those of Keras."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras

# Added to the mean squared error: without it, images of next to no noise would decide where the weights go.
_FLOOR = 2.5e-5


def loss_function(name: str) -> str | Callable[[Any, Any], Any]:
    """Return what Keras' ``compile`` takes as the loss that a recipe names."""
    return {"psnr": negative_psnr, "residual": mean_square}.get(name, name)


def mean_square(targets: Any, outputs: Any) -> Any:
    """Return the mean square of each output ``(N,)``, for networks whose output should be zero; targets are dummies."""
    outputs = keras.ops.cast(outputs, "float32")
    return keras.ops.mean(keras.ops.square(outputs), axis=tuple(range(1, len(outputs.shape))))


def negative_psnr(targets: Any, outputs: Any) -> Any:
    r"""Return what :func:`unnoise.metrics.psnr` of each image falls short of 0 dB, for images in the range [0, 1].

    .. math:: 10 \log_{10} \left( \operatorname{mean} (x - \hat{x})^2 + 2.5 \cdot 10^{-5} \right)

    Its mean over images is what denoisers are compared by. Where the squared error would follow the noisiest images,
    all count alike here, down to those of about 46 dB.

    Args:
        targets, outputs: ``(N, ...)``.

    Returns:
        ``(N,)`` in decibels, float32.

    References:
        L. Chen et al., "Simple Baselines for Image Restoration", ECCV 2022 (training by PSNR).
    """
    targets, outputs = (keras.ops.cast(images, "float32") for images in (targets, outputs))
    axes = tuple(range(1, len(targets.shape)))
    error = keras.ops.mean(keras.ops.square(outputs - targets), axis=axes)
    return 10 / math.log(10) * keras.ops.log(error + _FLOOR)
