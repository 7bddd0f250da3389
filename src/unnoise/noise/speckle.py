"""Speckle: noise that multiplies the image, as in radar, ultrasound and laser imaging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unnoise.noise.base import FloatArray, NoiseModel, registry


@registry.register("speckle")
@dataclass(frozen=True)
class Speckle(NoiseModel):
    """Multiplicative Gaussian noise, proportional to the image.

    .. math:: y = x + \\text{sigma} \\cdot x \\cdot n, \\qquad n \\sim \\mathcal{N}(0, 1)

    Before clipping the mean is that of the image and the variance is ``(sigma * x)**2``; black stays black.

    Args:
        sigma: Standard deviation relative to the pixel's value, 0 or more, no unit.
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: ``sigma`` is negative or not finite.

    References:
        J.-S. Lee, "Speckle Analysis and Smoothing of Synthetic Aperture Radar Images", Computer Graphics and Image
        Processing 17(1), 1981.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Speckle
        >>> Speckle(0.2)(np.zeros(3), np.random.default_rng(0))
        array([0., 0., 0.], dtype=float32)
    """

    kind: ClassVar[str] = "speckle"
    example: ClassVar[str] = "speckle(0.2)"

    sigma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("sigma")

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        noisy = np.empty(clean.shape, np.float32)
        rng.standard_normal(out=noisy, dtype=np.float32)
        noisy *= self.sigma
        noisy += 1.0
        noisy *= clean
        return noisy
