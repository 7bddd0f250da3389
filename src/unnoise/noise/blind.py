"""Noise of unknown strength, for training denoisers that are not told how noisy an image is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unnoise.noise.base import FloatArray, NoiseModel, as_batch, registry


@registry.register("blind-gaussian")
@dataclass(frozen=True)
class BlindGaussian(NoiseModel):
    """Additive white Gaussian noise whose strength is drawn for each image, as blind denoisers are trained.

    .. math::

        y = x + \\sigma (k * n), \\qquad n \\sim \\mathcal{N}(0, 1), \\quad
        \\sigma \\sim \\mathcal{U}[0, \\text{highest})

    Without ``blur``, the noise is white. With it, the white noise goes through a Gaussian kernel k, scaled to
    ``sum(k**2) = 1``, whose standard deviation is drawn uniformly from 0 to ``blur`` pixels for each image: noise in
    the files of cameras is correlated by demosaicking, filters and resizing. It goes on at the opposite edge.

    Args:
        highest: Upper end of the standard deviations, 0 or more, in units of the range [0, 1]. Blind denoisers are
            commonly trained up to ``55/255``.
        blur: Widest blur of the noise, its standard deviation in pixels, from 0 to 20. Default 0.
        clip: Whether the result is clipped to [0, 1], default True.

    An array of four axes is a batch ``(N, H, W, C)`` with a strength for each image; any other array is one image.

    Raises:
        UsageError: a parameter is out of range.
        InputError: (when called with a blur) the array is not ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)`` with 1 or 3
            channels.

    References:
        K. Zhang et al., "Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image Denoising",
        IEEE Transactions on Image Processing 26(7), 2017 (DnCNN-B).

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import BlindGaussian
        >>> noisy = BlindGaussian(0.2, clip=False)(np.zeros((2, 64, 64, 1)), np.random.default_rng(0))
        >>> noisy.std(axis=(1, 2, 3)).round(2)
        array([0.13, 0.05], dtype=float32)
    """

    kind: ClassVar[str] = "blind-gaussian"
    example: ClassVar[str] = "blind-gaussian(0.2)"
    aliases: ClassVar[Mapping[str, str]] = {"sigma": "highest"}

    highest: float
    blur: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("highest")
        self._check_number("blur", high=20)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        if self.blur and clean.size:
            return self._draw_blurred(as_batch(clean, "Blurred noise"), rng).reshape(clean.shape)
        batch = clean.ndim == 4
        sigma = rng.uniform(0, self.highest, (len(clean), 1, 1, 1) if batch else ()).astype(np.float32)
        noisy = np.empty(clean.shape, np.float32)
        rng.standard_normal(out=noisy, dtype=np.float32)
        noisy *= sigma
        noisy += clean
        return noisy

    def _draw_blurred(self, batch: FloatArray, rng: np.random.Generator) -> FloatArray:
        count, height, width, _ = batch.shape
        sigma, blur = (rng.uniform(0, end, (count, 1, 1, 1)).astype(np.float32) for end in (self.highest, self.blur))
        noise = rng.standard_normal(batch.shape, np.float32)
        # The transform of a Gaussian is a Gaussian; the mean square of its gains is the variance that it leaves.
        vertical, horizontal = np.fft.fftfreq(height), np.fft.fftfreq(width)
        squares = (vertical[:, np.newaxis] ** 2 + horizontal**2)[np.newaxis, :, :, np.newaxis]
        gains = np.exp(-2 * np.pi**2 * blur**2 * squares).astype(np.float32)
        gains /= np.sqrt(np.mean(gains**2, axis=(1, 2), keepdims=True))
        spectrum = np.fft.rfft2(noise, axes=(1, 2)) * gains[:, :, : width // 2 + 1]
        noise = np.fft.irfft2(spectrum, s=(height, width), axes=(1, 2)).astype(np.float32)
        noise *= sigma
        noise += batch
        return noise
