"""The network that learns from the neighbours of pixels: what neighbor2neighbor trains."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# How much the second term counts.
GAMMA = 1.0


class NeighborResiduals(keras.Model):
    """Residuals between sub-images; see :class:`unnoise.experiment.supervision.Neighbor2Neighbor`.

    Args:
        model: The denoiser that learns.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(name="neighbors")
        self.denoiser = model

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return both terms' residuals ``(N, H/2, W/2, 2 C)``, whose mean square is half of their weighted sum.

        Args:
            inputs: Noisy images with two further channels, the masks of their sub-images.
            training: As Keras gives it to the denoiser.
        """
        noisy, first, second = inputs[..., :-2], inputs[..., -2:-1], inputs[..., -1:]
        one, other = _sub_image(noisy, first), _sub_image(noisy, second)
        residual = ops.cast(self.denoiser(one, training=training), "float32") - other
        whole = ops.stop_gradient(ops.cast(self.denoiser(noisy, training=training), "float32"))
        apart = _sub_image(whole, first) - _sub_image(whole, second)
        return ops.concatenate([residual, GAMMA**0.5 * (residual - apart)], axis=-1)


def _sub_image(images: Any, mask: Any) -> Any:
    """Return the image of half the size whose pixels the mask chooses, one of every 2 × 2 cell."""
    return 4 * ops.average_pool(images * mask, 2, strides=2)
