"""The bias-free residual U-Net: a denoiser for photographs that also works beyond the noise it was trained on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from unnoise.models.registry import Shape, model, require_multiple, require_positive, require_sizes


def _convolution(filters: int, side: int = 3, initializer: str = "he_normal", **options: Any) -> Any:
    return layers.Conv2D(filters, side, padding="same", use_bias=False, kernel_initializer=initializer, **options)


def _residual_blocks(x: Any, filters: int, blocks: int) -> Any:
    for _ in range(blocks):
        change = _convolution(filters, activation="relu")(x)
        # From zero, a block begins as the identity.
        x = layers.Add()([x, _convolution(filters, initializer="zeros")(change)])
    return x


@model("bias-free-unet", "autoencoder", fully_convolutional=True)
def bias_free_unet(input_shape: Shape, *, filters: Sequence[int] = (32, 64, 128), blocks: int = 2) -> Any:
    """Build the bias-free residual U-Net: image minus the noise that the network sees in it.

    Without biases the output scales with the input, f(a x) = a f(x) for a > 0, and a network trained on some noise
    strengths keeps working on others: Mohan, Kadkhodaie, Simoncelli and Fernandez-Granda, *Robust and interpretable
    blind image denoising via bias-free convolutional neural networks*, ICLR 2020. Residual learning: Zhang et al.,
    *Beyond a Gaussian denoiser*, IEEE TIP 2017; residual blocks in a U-Net: Zhang et al., *Plug-and-play image
    restoration with deep denoiser prior*, IEEE TPAMI 2021.

    The first layer, a 6×6 convolution of stride 2, is a 3×3 convolution of the image folded 2×2 into channels (pixel
    unshuffle), the last one, transposed, a 3×3 convolution unfolded again; all the work is done at half the size.

    Args:
        input_shape: ``(H, W, C)``; the sides are multiples of ``2 ** len(filters)``, or None.
        filters: Filters of each level, from half the image's size downwards.
        blocks: Residual blocks a level, on either side; the innermost level has one side.

    Returns:
        A ``keras.Model`` whose output has the input's shape and no bounds.
    """
    require_sizes("filters", filters)
    require_positive("blocks", blocks)
    require_multiple("bias-free-unet", input_shape, 2 ** len(filters))

    noisy = keras.Input(input_shape, name="noisy")
    x = _convolution(filters[0], 6, strides=2)(noisy)
    skips = []
    for count, deeper in itertools.pairwise(filters):
        x = _residual_blocks(x, count, blocks)
        skips.append(x)
        x = _convolution(deeper, 2, strides=2)(x)
    x = layers.Activation("linear", name="bottleneck")(_residual_blocks(x, filters[-1], blocks))
    for count, skip in zip(reversed(filters[:-1]), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(count, 2, strides=2, use_bias=False)(x)
        x = _residual_blocks(layers.Add()([x, skip]), count, blocks)
    faint = keras.initializers.VarianceScaling(0.01)
    noise = layers.Conv2DTranspose(
        input_shape[-1], 6, strides=2, padding="same", use_bias=False, kernel_initializer=faint, name="noise"
    )(x)
    return keras.Model(noisy, layers.Subtract(name="denoised", dtype="float32")([noisy, noise]), name="bias_free_unet")
