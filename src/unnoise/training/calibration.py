"""The network that learns a curve around a frozen denoiser, with hidden pixels: what calibrate trains."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from unnoise.datasets.noise_look import NoiseLook, look_at_noise
from unnoise.models.calibrated_bias_free_unet import FINER
from unnoise.models.curve import interpolate, set_curve

Array = npt.NDArray[Any]

# The least rise of a part of the curve, as a share of an even one.
LEAST = 1e-2


class Calibration(keras.Model):
    """Residuals of pixels that a calibrated network does not see, see the method ``calibrate`` of supervision.

    Learned are the logarithms of the rises of the curve's parts, and the line ``alpha z + beta`` that is added behind
    the inverse curve: the mean of what the curve made of a pixel is not what it makes of the mean.

    Args:
        model: The calibrated network; its denoiser stays as it is.
        images: Noisy training images ``(N, H, W, C)``, floats, for the ends of the curve and its first shape.
    """

    def __init__(self, model: Any, images: Array) -> None:
        super().__init__(name="calibration")
        self.calibrated = [model]  # in a list, so that its curves are not weights of this model
        self.network = model.get_layer("network")
        self.network.trainable = False
        self.segments = model.get_layer("curve").segments
        self.low, self.high = curve_ends(images)
        rises = first_rises(
            self.low, self.high, self.segments, look_at_noise(list(images[:: max(1, len(images) // 200)]))
        )
        logarithms = np.log(np.maximum(rises * self.segments - LEAST, LEAST)).astype(np.float32)
        self.logarithms = self.add_weight(
            shape=(self.segments,), name="logarithms", initializer=lambda shape, dtype: ops.cast(logarithms, dtype)
        )
        self.alpha = self.add_weight(shape=(1,), name="alpha", initializer="zeros")
        self.beta = self.add_weight(shape=(1,), name="beta", initializer="zeros")

    @property
    def knots(self) -> Any:
        """The curve at its knots, from 0 to 1."""
        rises = ops.exp(self.logarithms) + LEAST
        total = ops.cumsum(rises)
        return ops.concatenate([ops.zeros((1,), total.dtype), total / total[-1:]])

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return residuals ``(N, H, W, C)``, zero but for the hidden pixels, whose mean square is that of these.

        Args:
            inputs: Noisy images with a further channel that is 1 where a pixel is hidden.
            training: Makes no difference.
        """
        noisy, hidden = inputs[..., :-1], inputs[..., -1:]
        knots, parts = self.knots, self.segments
        stable = interpolate((noisy - self.low) * (parts / (self.high - self.low)), knots, parts)
        padded = ops.pad(stable, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
        around = padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
        denoised = self.network(stable * (1 - hidden) + around * (0.25 * hidden), training=False)
        seen = ops.clip(denoised, -1.0, 2.0)
        flat = ops.reshape(ops.stop_gradient(seen), (-1,))
        left = ops.reshape(ops.searchsorted(ops.stop_gradient(knots), flat), ops.shape(seen))
        number = ops.cast(ops.clip(left, 1, parts), "int32")
        below, above = ops.take(knots, number - 1, axis=0), ops.take(knots, number, axis=0)
        place = ops.cast(number - 1, "float32") + (seen - below) / (above - below)
        answer = self.low + place * ((self.high - self.low) / parts) + self.alpha * denoised + self.beta
        # One pixel in sixteen is hidden.
        return (answer - noisy) * hidden * ops.rsqrt(ops.mean(hidden))

    def finish(self) -> None:
        """Put the curve that was learned, and its inverse, into the calibrated network."""
        (model,) = self.calibrated
        knots = np.asarray(ops.convert_to_numpy(self.knots), np.float64)
        places = np.linspace(self.low, self.high, self.segments + 1)
        set_curve(model.get_layer("curve"), self.low, self.high, knots)
        stable = np.linspace(0, 1, FINER * self.segments + 1)
        alpha, beta = (float(ops.convert_to_numpy(value)[0]) for value in (self.alpha, self.beta))
        set_curve(model.get_layer("inverse"), 0.0, 1.0, np.interp(stable, knots, places) + alpha * stable + beta)


def curve_ends(images: Array) -> tuple[float, float]:
    """Return between which values the curve bends: all but a few of the images' samples lie there."""
    samples = images.ravel()[:: max(1, images.size // 2_000_000)]
    low, high = (float(end) for end in np.quantile(samples, (0.0001, 0.9999)))
    return low, max(high, low + 1e-3)


def first_rises(low: float, high: float, segments: int, look: NoiseLook | None) -> Array:
    """Return how much the curve rises in each part before it is learned, in all 1: less where the noise is strong.

    Noise of the standard deviation s(x) becomes one of the same strength everywhere by a curve of the slope 1 / s(x),
    here with s² = gain · x + floor as seen in the images (Bartlett, *The use of transformations*, 1947).
    """
    places = low + (np.arange(segments) + 0.5) / segments * (high - low)
    if look is None:
        return np.full(segments, 1 / segments)
    darkest = max(float(np.min(look.sigmas)) ** 2, 1e-8)
    rises = 1 / np.sqrt(np.maximum(max(look.gain, 0.0) * places + look.floor, darkest / 4))
    result: Array = rises / rises.sum()
    return result
