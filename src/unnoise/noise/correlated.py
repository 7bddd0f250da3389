"""Gaussian noise that is correlated between neighbouring pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from unnoise.noise.base import FloatArray, NoiseModel, as_batch, registry


@registry.register("correlated-gaussian")
@dataclass(frozen=True)
class CorrelatedGaussian(NoiseModel):
    """White Gaussian noise that went through a blur, as resizing, demosaicking and film grain make it.

    .. math:: y = x + \\sigma (k * n), \\qquad n \\sim \\mathcal{N}(0, 1), \\quad
        k \\propto e^{-r^2 / 2 \\text{blur}^2}, \\quad \\sum k^2 = 1

    Before clipping the mean is that of the image and the variance is ``sigma**2`` in every pixel. From a blur of one
    pixel on, two pixels at a distance r have the correlation ``exp(-r**2 / (4 * blur**2))``. Denoisers trained on white
    noise take such noise for texture: the wider the blur, the more they leave. It goes on at the opposite edge.

    Args:
        sigma: Standard deviation, 0 to 10, in units of the range [0, 1]; 25 of 255 is written ``25/255``.
        blur: Standard deviation of the Gaussian kernel in pixels, 0 (white noise) to 20. Default 1.
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: a parameter is out of range.
        InputError: (when called) the array is not ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)`` with 1 or 3 channels.

    References:
        Y. Mäkinen, L. Azzari and A. Foi, "Collaborative Filtering of Correlated Noise: Exact Transform-Domain Variance
        for Improved Shrinkage and Patch Matching", IEEE Transactions on Image Processing 29, 2020 (the noise model).

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import CorrelatedGaussian
        >>> noisy = CorrelatedGaussian(0.1, blur=1)(np.full((64, 64), 0.5), np.random.default_rng(0))
        >>> bool(np.corrcoef(noisy[:, :-1].ravel(), noisy[:, 1:].ravel())[0, 1] > 0.6)
        True
    """

    kind: ClassVar[str] = "correlated-gaussian"
    example: ClassVar[str] = "correlated-gaussian(0.1, blur=2)"
    aliases: ClassVar[Mapping[str, str]] = {"factor": "sigma"}

    sigma: float
    blur: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("sigma", high=10)
        self._check_number("blur", high=20)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        batch = as_batch(clean, "Correlated noise")
        noise: FloatArray = np.empty(batch.shape, np.float32)
        rng.standard_normal(out=noise, dtype=np.float32)
        noise = blurred(noise, self.blur)
        noise *= self.sigma
        noise += batch
        return noise.reshape(clean.shape)


def blurred(noise: FloatArray, blur: float) -> FloatArray:
    """Return noise ``(N, H, W, C)`` blurred by a Gaussian; white noise keeps its variance.

    Args:
        noise: The noise; it goes on at the opposite edge.
        blur: Standard deviation of the Gaussian in pixels; 0 leaves the noise as it is.
    """
    if not blur or not noise.size:
        return noise
    return _blurred(_blurred(noise, blur, axis=1), blur, axis=2)


def _blurred(noise: FloatArray, blur: float, axis: int) -> FloatArray:
    """Return the noise blurred along an axis, its variance kept."""
    reach = math.ceil(3 * blur)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / blur) ** 2)
    # Places that the kernel passes several times, on images smaller than it, count once with the sum of their weights.
    folded = np.zeros(noise.shape[axis])
    np.add.at(folded, np.arange(-reach, reach + 1) % len(folded), weights)
    folded /= np.sqrt(np.sum(folded**2))
    parts: Any = (np.roll(noise, shift, axis) * np.float32(folded[shift]) for shift in np.flatnonzero(folded))
    result: FloatArray = sum(parts)
    return result
