"""Impulse noise: some pixels are replaced, the others are untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unnoise.noise.base import FloatArray, NoiseModel, registry


@registry.register("salt-and-pepper")
@dataclass(frozen=True)
class SaltAndPepper(NoiseModel):
    """Salt-and-pepper noise: values become 1 (salt) or 0 (pepper) at random.

    .. math:: y = 1 \\text{ with probability } \\text{amount} \\cdot \\text{salt}, \\quad
        0 \\text{ with probability } \\text{amount} \\cdot (1 - \\text{salt}), \\quad x \\text{ otherwise}

    Each channel of a pixel is hit on its own, as in scikit-image. The mean is
    ``(1 - amount) * x + amount * salt``.

    Args:
        amount: Fraction of the values that are replaced, 0 to 1.
        salt: Fraction of salt among the replaced ones, 0 to 1, default 0.5.
        clip: Whether the untouched values are clipped to [0, 1], default True.

    Raises:
        UsageError: a parameter is outside [0, 1].

    References:
        R. H. Chan, C.-W. Ho and M. Nikolova, "Salt-and-Pepper Noise Removal by Median-Type Noise Detectors and
        Detail-Preserving Regularization", IEEE Transactions on Image Processing 14(10), 2005.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import SaltAndPepper
        >>> noisy = SaltAndPepper(0.1)(np.full((100, 100), 0.5), np.random.default_rng(0))
        >>> np.unique(noisy)
        array([0. , 0.5, 1. ], dtype=float32)
    """

    kind: ClassVar[str] = "salt-and-pepper"
    example: ClassVar[str] = "salt-and-pepper(0.1)"

    amount: float
    salt: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("amount", high=1.0)
        self._check_number("salt", high=1.0)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        # One draw decides both questions: below amount the value is replaced, below amount * salt by salt.
        chance = np.empty(clean.shape, np.float32)
        rng.random(out=chance, dtype=np.float32)
        noisy = np.where(chance < self.amount, np.float32(0), clean)
        noisy[chance < self.amount * self.salt] = 1.0
        return noisy


@registry.register("masking")
@dataclass(frozen=True)
class Masking(NoiseModel):
    """Masking noise: pixels are set to 0 at random, the corruption of the first denoising autoencoders.

    .. math:: y = 0 \\text{ with probability } \\text{amount}, \\quad x \\text{ otherwise}

    All channels of a pixel are hit together: with three or more dimensions the last one holds the channels, as in
    ``(H, W, C)`` and ``(N, H, W, C)``. The mean is ``(1 - amount) * x`` and the variance
    ``amount * (1 - amount) * x**2``.

    Args:
        amount: Fraction of the pixels that are set to 0, 0 to 1.
        clip: Whether the untouched pixels are clipped to [0, 1], default True.

    Raises:
        UsageError: ``amount`` is outside [0, 1].

    References:
        P. Vincent, H. Larochelle, Y. Bengio and P.-A. Manzagol, "Extracting and Composing Robust Features with
        Denoising Autoencoders", ICML 2008.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Masking
        >>> noisy = Masking(0.25)(np.ones((100, 100, 3)), np.random.default_rng(0))
        >>> round(float(noisy.mean()), 2), bool((noisy[..., 0] == noisy[..., 2]).all())
        (0.75, True)
    """

    kind: ClassVar[str] = "masking"
    example: ClassVar[str] = "masking(0.25)"

    amount: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("amount", high=1.0)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        pixels = (*clean.shape[:-1], 1) if clean.ndim >= 3 else clean.shape
        chance = np.empty(pixels, np.float32)
        rng.random(out=chance, dtype=np.float32)
        return np.where(chance < self.amount, np.float32(0), clean)
