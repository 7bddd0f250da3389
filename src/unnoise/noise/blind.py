"""Noise of unknown strength, for training denoisers that are not told how noisy an image is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unnoise.noise.base import FloatArray, NoiseModel, registry


@registry.register("blind-gaussian")
@dataclass(frozen=True)
class BlindGaussian(NoiseModel):
    """Additive white Gaussian noise whose strength is drawn for each image, as blind denoisers are trained.

    .. math::

        y = x + \\sigma n, \\qquad n \\sim \\mathcal{N}(0, 1), \\quad \\sigma \\sim \\mathcal{U}[0, \\sigma_{\\max})

    Args:
        max_sigma: Upper end of the standard deviations, 0 to 10, in units of the range [0, 1]. Blind denoisers are
            commonly trained up to ``55/255``.
        clip: Whether the result is clipped to [0, 1], default True.

    An array of four axes is a batch ``(N, H, W, C)`` with a strength for each image; any other array is one image.

    Raises:
        UsageError: ``max_sigma`` is out of range.

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
    aliases: ClassVar[Mapping[str, str]] = {"sigma": "max_sigma", "highest": "max_sigma"}

    max_sigma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("max_sigma", high=10)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        batch = clean.ndim == 4
        sigma = rng.uniform(0, self.max_sigma, (len(clean), 1, 1, 1) if batch else ()).astype(np.float32)
        noisy = np.empty(clean.shape, np.float32)
        rng.standard_normal(out=noisy, dtype=np.float32)
        noisy *= sigma
        noisy += clean
        return noisy
