"""Shot noise: the counting statistics of light, alone or with the read noise of the sensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unnoise.errors import InputError
from unnoise.noise.base import FloatArray, NoiseModel, registry

# The generator draws counts as int64 from float64 rates; in blocks, a large batch needs little memory beside its own.
_BLOCK = 1 << 20


def _shot(clean: FloatArray, peak: float, rng: np.random.Generator) -> FloatArray:
    """Return ``Poisson(peak * clean) / peak`` as a new array; values below 0 count as 0, no light."""
    noisy = np.empty(clean.shape, np.float32)
    source, target = clean.reshape(-1), noisy.reshape(-1)
    for start in range(0, source.size, _BLOCK):
        rate = source[start : start + _BLOCK].astype(np.float64)
        np.maximum(rate, 0.0, out=rate)
        rate *= peak
        try:
            counts = rng.poisson(rate)
        except ValueError as error:
            raise InputError(
                f"Shot noise needs finite pixel values with counts (value times peak {peak:g}) below 9e18; received "
                f"values up to {source[start : start + _BLOCK].max():g}. Replace NaN and scale the image to [0, 1]."
            ) from error
        target[start : start + _BLOCK] = counts / peak
    return noisy


@registry.register("poisson")
@dataclass(frozen=True)
class Poisson(NoiseModel):
    """Poisson (shot) noise: each pixel counts photons, ``peak`` of them on average where the image is 1.

    .. math:: y = \\frac{k}{\\text{peak}}, \\qquad k \\sim \\mathcal{P}(\\text{peak} \\cdot x)

    Before clipping the mean is that of the image and the variance is ``x / peak``: bright areas are noisier, and a
    smaller peak means less light and more noise. Negative values are taken as 0.

    Args:
        peak: Mean photon count of the value 1, above 0.
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: ``peak`` is not above 0 or not finite.
        InputError: (when called) the image holds NaN or infinity.

    References:
        M. Makitalo and A. Foi, "Optimal Inversion of the Anscombe Transformation in Low-Count Poisson Image
        Denoising", IEEE Transactions on Image Processing 20(1), 2011.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Poisson
        >>> noisy = Poisson(peak=30)(np.full((100, 100), 0.3), np.random.default_rng(0))
        >>> round(float(noisy.mean()), 2), round(float(noisy.var()), 2)
        (0.3, 0.01)
    """

    kind: ClassVar[str] = "poisson"
    example: ClassVar[str] = "poisson(peak=30)"
    bare_first: ClassVar[bool] = False

    peak: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("peak", above=True)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        return _shot(clean, self.peak, rng)


@registry.register("poisson-gaussian")
@dataclass(frozen=True)
class PoissonGaussian(NoiseModel):
    """Poisson-Gaussian noise: shot noise and signal-independent read noise, the model of a raw camera sensor.

    .. math:: y = \\frac{k}{\\text{peak}} + \\text{sigma} \\cdot n,
        \\qquad k \\sim \\mathcal{P}(\\text{peak} \\cdot x), \\quad n \\sim \\mathcal{N}(0, 1)

    Before clipping the mean is that of the image and the variance is ``x / peak + sigma**2``. Unlike
    ``poisson(...)+gaussian(...)`` nothing is clipped between the two parts.

    Args:
        peak: Mean photon count of the value 1, above 0.
        sigma: Standard deviation of the read noise, 0 or more, in units of the range [0, 1].
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: a parameter is outside its range.
        InputError: (when called) the image holds NaN or infinity.

    References:
        A. Foi, M. Trimeche, V. Katkovnik and K. Egiazarian, "Practical Poissonian-Gaussian Noise Modeling and Fitting
        for Single-Image Raw-Data", IEEE Transactions on Image Processing 17(10), 2008.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import PoissonGaussian
        >>> noise = PoissonGaussian(peak=50, sigma=0.1, clip=False)
        >>> noisy = noise(np.full((100, 100), 0.5), np.random.default_rng(0))
        >>> round(float(noisy.mean()), 2), round(float(noisy.var()), 2)
        (0.5, 0.02)
    """

    kind: ClassVar[str] = "poisson-gaussian"
    example: ClassVar[str] = "poisson-gaussian(peak=30, sigma=0.02)"
    bare_first: ClassVar[bool] = False

    peak: float
    sigma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("peak", above=True)
        self._check_number("sigma")

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        noisy = np.empty(clean.shape, np.float32)
        rng.standard_normal(out=noisy, dtype=np.float32)
        noisy *= self.sigma
        noisy += _shot(clean, self.peak, rng)
        return noisy
