"""Noise that is added to the image and does not depend on it: none, Gaussian, uniform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unnoise.noise.base import FloatArray, NoiseModel, registry


@registry.register("none")
@dataclass(frozen=True)
class NoNoise(NoiseModel):
    """No noise: the image itself, clipped like any other. For baselines and plain autoencoders.

    .. math:: y = x

    Args:
        clip: Whether the image is clipped to [0, 1], default True.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import NoNoise
        >>> NoNoise()(np.array([0.25, 2.0]), np.random.default_rng(0))
        array([0.25, 1.  ], dtype=float32)
    """

    kind: ClassVar[str] = "none"
    example: ClassVar[str] = "none"

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        return clean.copy()


@registry.register("gaussian")
@dataclass(frozen=True)
class Gaussian(NoiseModel):
    """Additive white Gaussian noise (AWGN), the sensor noise of most denoising papers.

    .. math:: y = x + \\sigma n, \\qquad n \\sim \\mathcal{N}(0, 1)

    Before clipping the mean is that of the image and the variance is ``sigma**2``, independent for every value.
    Papers often give sigma on the scale of 8-bit images; ``parse`` reads ``gaussian(sigma=25/255)``.

    Args:
        sigma: Standard deviation, 0 to 10, in units of the range [0, 1]; 25 of 255 is written ``25/255``.
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: ``sigma`` is out of range.

    References:
        K. Zhang et al., "Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image Denoising",
        IEEE Transactions on Image Processing 26(7), 2017.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Gaussian
        >>> noise = Gaussian(0.5)
        >>> print(noise)
        gaussian(0.5)
        >>> noise(np.zeros((28, 28, 1)), np.random.default_rng(0)).shape
        (28, 28, 1)
    """

    kind: ClassVar[str] = "gaussian"
    example: ClassVar[str] = "gaussian(0.5)"
    aliases: ClassVar[Mapping[str, str]] = {"factor": "sigma"}

    sigma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("sigma", high=10)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        # One output array and in-place steps: a whole training set passes here every epoch.
        noisy = np.empty(clean.shape, np.float32)
        rng.standard_normal(out=noisy, dtype=np.float32)
        noisy *= self.sigma
        noisy += clean
        return noisy


@registry.register("uniform")
@dataclass(frozen=True)
class Uniform(NoiseModel):
    """Additive uniform noise that only brightens, as in introductory MNIST denoising exercises.

    .. math:: y = x + \\text{high} \\cdot u, \\qquad u \\sim \\mathcal{U}[0, 1)

    The noise is not centred: before clipping the mean rises by ``high / 2`` and the variance is ``high**2 / 12``.

    Args:
        high: Upper end of the added values, 0 or more, in units of the range [0, 1].
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: ``high`` is negative or not finite.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Uniform
        >>> noisy = Uniform(0.9)(np.zeros((100, 100)), np.random.default_rng(0))
        >>> bool(noisy.min() >= 0 and noisy.max() < 0.9), round(float(noisy.mean()), 2)
        (True, 0.45)
    """

    kind: ClassVar[str] = "uniform"
    example: ClassVar[str] = "uniform(0.9)"
    aliases: ClassVar[Mapping[str, str]] = {"factor": "high"}

    high: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("high")

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        noisy = np.empty(clean.shape, np.float32)
        rng.random(out=noisy, dtype=np.float32)
        noisy *= self.high
        noisy += clean
        return noisy
