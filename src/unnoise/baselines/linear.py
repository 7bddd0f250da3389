"""The best affine map from noisy to clean pixels, in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unnoise.baselines.baseline import BaselineError, ComparedDenoiser, Images, clipped, registry

LARGEST = 4096
"""Most values of an image (H*W*C) that the map takes: its matrix has the square of this many entries."""

NUMERICAL_RIDGE = 1e-8
"""Share of the mean pixel variance added to every variance, so that constant pixels leave the system solvable."""

FEW_IMAGES_RIDGES = (1e-8, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Ridges tried on validation images when training images are fewer than four for each value of an image."""


@dataclass(frozen=True)
class FittedLinear(ComparedDenoiser):
    """An affine map of pixels."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    ridge: float | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The ridge, where it was tuned."""
        return {} if self.ridge is None else {"ridge": self.ridge}

    def denoise(self, image: Images, sigma: float) -> Images:
        """Return ``image @ weights + bias`` for the flattened image, clipped to [0, 1]."""
        denoised: Images = self.denoise_batch(image[np.newaxis], sigma)[0]
        return denoised

    def denoise_batch(self, images: Images, sigma: float) -> Images:
        """Return the same for a batch ``(N, H, W, C)``, in one product."""
        rows = images.reshape(len(images), -1).astype(np.float32)
        return clipped(rows @ self.weights + self.bias).reshape(images.shape)


@registry.register("linear")
@dataclass(frozen=True)
class LinearLeastSquares:
    """Affine least squares, noisy to clean: the best that any network without a nonlinearity can reach.

    With noisy y and clean x, both flattened, the minimiser of the mean of ``|x - W y - b|^2`` is

        W = C_xy (C_yy + r I)^-1,    b = mean(x) - W mean(y),

    where C are covariances over the training images: the empirical Wiener filter. r is 1e-8 of the mean pixel
    variance, which only keeps constant pixels solvable. When there are fewer than four training images for each
    value of an image, plain least squares fits the noise; then r is tuned on the validation images and shown.

    Args:
        chunk: Images added to the covariances at once; bounds the float64 memory to ``chunk * H * W * C * 16`` bytes.

    Reference: N. Wiener, *Extrapolation, Interpolation, and Smoothing of Stationary Time Series*, 1949.
    """

    chunk: int = 4096

    def fit(self, noisy_train: Images, clean_train: Images, noisy_val: Images, clean_val: Images) -> FittedLinear:
        """Return the map that is best on the training images.

        Raises:
            BaselineError: an image holds more than 4096 values, or there are no two training images.
        """
        images, size = len(noisy_train), math.prod(noisy_train.shape[1:])
        if size > LARGEST:
            raise BaselineError(
                f"The linear map is fitted up to {LARGEST} values an image; these images have {size}, "
                f"a matrix of {size * size / 1e9:.1f} billion entries. Use smaller images or leave it out."
            )
        if images < 2:
            raise BaselineError(f"The linear map needs at least two training images; there are {images}.")
        mean_y, mean_x, c_yy, c_yx = self._moments(noisy_train, clean_train)
        variance = max(float(np.trace(c_yy)) / size, np.finfo(np.float64).tiny)
        few = images < 4 * size and len(noisy_val) > 0
        candidates = [
            _solve(c_yy, c_yx, mean_y, mean_x, ridge, variance)
            for ridge in (FEW_IMAGES_RIDGES if few else (NUMERICAL_RIDGE,))
        ]
        if not few:
            return candidates[0]
        # It is blind to sigma.
        errors = [float(np.mean((fitted.denoise_batch(noisy_val, 0.0) - clean_val) ** 2)) for fitted in candidates]
        return candidates[int(np.argmin(errors))]

    def _moments(self, noisy: Images, clean: Images) -> tuple[NDArray[np.float64], ...]:
        """Return the means of noisy and clean, the covariance of noisy, and that of noisy with clean."""
        size, images = math.prod(noisy.shape[1:]), len(noisy)
        mean_y = noisy.reshape(images, -1).mean(axis=0, dtype=np.float64)
        mean_x = clean.reshape(images, -1).mean(axis=0, dtype=np.float64)
        c_yy, c_yx = np.zeros((size, size)), np.zeros((size, size))
        for part in self._parts(images):
            # Centred before the products: the difference of large sums would lose digits.
            y = noisy[part].reshape(-1, size) - mean_y
            x = clean[part].reshape(-1, size) - mean_x
            c_yy += y.T @ y
            c_yx += y.T @ x
        return mean_y, mean_x, c_yy / images, c_yx / images

    def _parts(self, images: int) -> Iterator[slice]:
        return (slice(start, start + self.chunk) for start in range(0, images, self.chunk))


def _solve(
    c_yy: NDArray[np.float64],
    c_yx: NDArray[np.float64],
    mean_y: NDArray[np.float64],
    mean_x: NDArray[np.float64],
    ridge: float,
    variance: float,
) -> FittedLinear:
    from scipy.linalg import cho_factor, cho_solve

    regular = c_yy.copy()
    regular[np.diag_indices_from(regular)] += ridge * variance
    weights = cho_solve(cho_factor(regular, lower=True, overwrite_a=True), c_yx)
    bias = (mean_x - mean_y @ weights).astype(np.float32)
    return FittedLinear(weights.astype(np.float32), bias, None if ridge == NUMERICAL_RIDGE else ridge)
