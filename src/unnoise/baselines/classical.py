"""Classical denoisers, each with one value tuned on validation images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from unnoise.baselines.baseline import BaselineError, ComparedDenoiser, Images, clipped, registry

TUNING_IMAGES = 64
"""Most validation images that a value is tuned on."""


class ClassicalFilter(ABC):
    """A denoiser of single images with one value to tune.

    Subclasses name the value (``tuned``), the values to try (``grid``) and filter one image with one value. ``role``
    says how the value goes with the noise: "proportional" to its standard deviation, about; a "choice" of the grid; or
    "sigma", the standard deviation itself, which wants no tuning where that is known.
    """

    tuned: ClassVar[str]
    grid: ClassVar[tuple[float, ...]]
    role: ClassVar[Literal["proportional", "choice", "sigma"]] = "proportional"

    @abstractmethod
    def filtered(self, image: Images, value: float) -> Any:
        """Return one image ``(H, W, C)`` filtered with ``value``, not clipped; the channel axis may be lost."""

    def fit(self, noisy_train: Images, clean_train: Images, noisy_val: Images, clean_val: Images) -> TunedFilter:
        """Return the filter with the value of the grid that has the highest mean PSNR on the validation images.

        At most 64 validation images are used, the first ones; training images are not.

        Raises:
            BaselineError: there is no validation image.
        """
        from unnoise.metrics import psnr

        noisy, clean = noisy_val[:TUNING_IMAGES], clean_val[:TUNING_IMAGES]
        if len(noisy) == 0:
            raise BaselineError(f"The {self.tuned} is tuned on validation images, and there are none.")
        candidates = [TunedFilter(self, value) for value in self.grid]
        return max(candidates, key=lambda it: float(np.mean(psnr(clean, it.denoise_batch(noisy, 0.0), data_range=1.0))))


@dataclass(frozen=True)
class TunedFilter(ComparedDenoiser):
    """A filter with one value, tuned for one noise.

    Args:
        filter: The filter.
        value: Its value.
    """

    filter: ClassicalFilter
    value: float

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The tuned value and the grid it was chosen from."""
        tried = " ".join(f"{value:g}" for value in self.filter.grid)
        return {self.filter.tuned: f"{self.value:g} (tried {tried})"}

    def denoise(self, image: Images, sigma: float) -> Images:
        """Return the filtered image ``(H, W, C)``, clipped to [0, 1]; the value is not changed with ``sigma``."""
        return clipped(np.reshape(self.filter.filtered(image, self.value), image.shape))


@registry.register("median")
class Median(ClassicalFilter):
    """The median of a square window in every channel; strong against salt-and-pepper noise.

    Reference: J. W. Tukey, *Exploratory Data Analysis*, 1977.
    """

    tuned = "window"
    grid = (3, 5)
    role = "choice"

    def filtered(self, image: Images, value: float) -> Any:
        """Return the median of ``value`` × ``value`` pixels around each pixel."""
        from scipy.ndimage import median_filter

        return median_filter(image, size=(int(value), int(value), 1))


@registry.register("tv")
class TotalVariation(ClassicalFilter):
    """Total variation: the image near the noisy one that has the least gradient.

        x_hat = argmin_x  |x - y|^2 / 2 + weight * TV(x)

    Reference: A. Chambolle, "An algorithm for total variation minimization and applications", *Journal of
    Mathematical Imaging and Vision* 20, 2004.
    """

    tuned = "weight"
    grid = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)

    def filtered(self, image: Images, value: float) -> Any:
        """Return the minimiser for the weight ``value``."""
        from skimage.restoration import denoise_tv_chambolle

        solve: Any = denoise_tv_chambolle
        return solve(image, weight=value, max_num_iter=100, channel_axis=-1)


@registry.register("wavelet")
class Wavelet(ClassicalFilter):
    """Soft thresholds on Daubechies wavelet coefficients, one for each sub-band (BayesShrink).

        threshold = sigma^2 / sqrt(max(var(sub-band) - sigma^2, 0))

    Reference: S. G. Chang, B. Yu and M. Vetterli, "Adaptive wavelet thresholding for image denoising and
    compression", *IEEE Transactions on Image Processing* 9, 2000.
    """

    tuned = "sigma"
    grid = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)

    def filtered(self, image: Images, value: float) -> Any:
        """Return the image thresholded for noise of standard deviation ``value``."""
        from skimage.restoration import denoise_wavelet

        return denoise_wavelet(image, sigma=value, wavelet="db2", method="BayesShrink", mode="soft", channel_axis=-1)


@registry.register("nlm")
class NonLocalMeans(ClassicalFilter):
    """Non-local means: each pixel is the mean of pixels whose surroundings look alike, with weights

        exp(-d^2 / h^2),    d^2 the mean squared difference of the 5×5 patches, within 6 pixels.

    Reference: A. Buades, B. Coll and J.-M. Morel, "A non-local algorithm for image denoising", CVPR 2005.
    """

    tuned = "h"
    grid = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6)

    def filtered(self, image: Images, value: float) -> Any:
        """Return the weighted means for the filter strength ``value``."""
        from skimage.restoration import denoise_nl_means

        return denoise_nl_means(image, patch_size=5, patch_distance=6, h=value, fast_mode=True, channel_axis=-1)
