"""The bias-free U-Net between a curve and its inverse, which bring a camera's noise to one strength."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from unnoise.models.bias_free_unet import bias_free_unet
from unnoise.models.curve import Curve
from unnoise.models.registry import Shape, model, require_positive

# Parts of the inverse for each part of the curve: where the curve is flat, its inverse is steep.
FINER = 8


@model("calibrated-bias-free-unet", "autoencoder", fully_convolutional=True)
def calibrated_bias_free_unet(
    input_shape: Shape, *, filters: Sequence[int] = (32, 64, 128), blocks: int = 2, segments: int = 128
) -> Any:
    """Build a curve, the bias-free U-Net and the inverse curve, one after the other.

    The curve is a variance-stabilizing transform: behind it the noise does not depend on the brightness. Until it is
    set, see :mod:`unnoise.models.curve`, both curves are the identity.

    Args:
        input_shape: ``(H, W, C)``; the sides are multiples of ``2 ** len(filters)``, or None.
        filters, blocks: Of the U-Net.
        segments: Straight parts of the curve.

    Returns:
        A ``keras.Model`` with the layers ``curve``, ``network`` (the U-Net) and ``inverse``.
    """
    require_positive("segments", segments)
    network = bias_free_unet(input_shape, filters=filters, blocks=blocks)
    noisy = keras.Input(input_shape, name="noisy")
    stabilized = Curve(segments, name="curve")(noisy)
    network = keras.Model(network.input, network.output, name="network")
    denoised = Curve(FINER * segments, name="inverse")(network(stabilized))
    return keras.Model(noisy, denoised, name="calibrated_bias_free_unet")
