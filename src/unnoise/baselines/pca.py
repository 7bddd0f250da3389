"""Principal components of clean images: the linear autoencoder with a code of the same size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unnoise.baselines.baseline import BaselineError, ComparedDenoiser, Images, clipped, registry

LARGEST_EXACT = 1024
"""Up to this many values an image the covariance is decomposed exactly; beyond, by randomised projections."""


@dataclass(frozen=True)
class FittedPca(ComparedDenoiser):
    """Principal components that noisy images are projected on."""

    components: Any
    code_size: int

    @property
    def parameters(self) -> Mapping[str, Any]:
        """How many components there are."""
        return {"components": self.code_size}

    def denoise(self, image: Images, sigma: float) -> Images:
        """Return the projection of the image, clipped to [0, 1]."""
        denoised: Images = self.denoise_batch(image[np.newaxis], sigma)[0]
        return denoised

    def denoise_batch(self, images: Images, sigma: float) -> Images:
        """Return the same for a batch ``(N, H, W, C)``, in one product."""
        rows = images.reshape(len(images), -1)
        return clipped(self.components.inverse_transform(self.components.transform(rows))).reshape(images.shape)


@registry.register("pca")
@dataclass(frozen=True)
class PcaProjection:
    """Projection of the noisy image onto the first k principal components of clean training images.

        x_hat = m + V V^T (y - m)

    with m the mean of the clean images and V their k leading components: the optimum of a linear autoencoder with
    tied weights and k code values that is trained on clean images.

    Args:
        code_size: k, the number of components; take the length of the network's code.

    Reference: P. Baldi and K. Hornik, "Neural networks and principal component analysis", *Neural Networks* 2, 1989.
    """

    code_size: int = 32

    def fit(self, noisy_train: Images, clean_train: Images, noisy_val: Images, clean_val: Images) -> FittedPca:
        """Return the components of ``clean_train``; the noisy images are not used.

        Raises:
            BaselineError: ``code_size`` is not between 1 and what images and pixels allow.
        """
        from sklearn.decomposition import PCA

        images, size = len(clean_train), math.prod(clean_train.shape[1:])
        if not 1 <= self.code_size < min(images, size):
            raise BaselineError(
                f"PCA needs a code size from 1 to {min(images, size) - 1} ({images} training images of {size} values); "
                f"the code size is {self.code_size}. A projection on that many components removes nothing."
            )
        solver = "covariance_eigh" if size <= LARGEST_EXACT else "randomized"
        components = PCA(n_components=self.code_size, svd_solver=solver, random_state=0)
        components.fit(clean_train.reshape(images, -1))
        return FittedPca(components, self.code_size)
