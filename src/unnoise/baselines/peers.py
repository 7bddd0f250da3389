"""Denoisers of other packages, which the extra ``benchmark`` installs; BM3D is left out of it for its licence."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unnoise.baselines.baseline import BaselineError, ComparedDenoiser, Images, clipped, registry
from unnoise.baselines.classical import ClassicalFilter


def needed(module: str, package: str) -> Any:
    """Return the module of an optional package.

    Raises:
        BaselineError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise BaselineError(f"It needs {package}, which is not installed.") from None


def in_8_bits(image: Images) -> NDArray[np.uint8]:
    """Return the image clipped to [0, 1] and rounded to 8 bits."""
    return np.rint(clipped(image) * 255).astype(np.uint8)


@registry.register("bilateral")
class Bilateral(ClassicalFilter):
    """The mean of near pixels (a Gaussian of 2 pixels in a window of 7) that have a like colour; OpenCV's.

        exp(-|p - q|^2 / 2 / 2^2) * exp(-|y_p - y_q|^2 / (2 sigma_color^2))

    Reference: C. Tomasi and R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.
    """

    tuned = "sigma_color"
    grid = (0.1, 0.2, 0.4, 0.8, 1.6)

    def filtered(self, image: Images, value: float) -> Any:
        """Return the weighted means for the colour distance ``value``."""
        return _opencv().bilateralFilter(np.ascontiguousarray(image), 7, value, 2.0)


@registry.register("opencv-nlm")
class OpenCvNonLocalMeans(ClassicalFilter):
    """OpenCV's non-local means, patches of 7 pixels within 10, in 8 bits; colour images in CIELAB.

    The image is clipped and rounded to 8 bits first, since OpenCV takes no other.

    Reference: A. Buades, B. Coll and J.-M. Morel, "Non-local means denoising", *Image Processing On Line* 1, 2011.
    """

    tuned = "h"
    grid = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6)

    def filtered(self, image: Images, value: float) -> Any:
        """Return the weighted means for the filter strength ``value``, in units of [0, 1]."""
        cv2, h, pixels = _opencv(), 255 * value, in_8_bits(image)
        if image.shape[-1] == 1:
            return cv2.fastNlMeansDenoising(pixels, None, h, 7, 21) / np.float32(255)
        reverse = np.ascontiguousarray(pixels[..., ::-1])  # OpenCV's order is blue, green, red
        return cv2.fastNlMeansDenoisingColored(reverse, None, h, h, 7, 21)[..., ::-1] / np.float32(255)


@registry.register("bm3d")
class BlockMatching(ClassicalFilter):
    """BM3D: like blocks stacked and shrunk together in a transform domain; colour images in opponent colours.

    The package bm3d is for non-commercial use only, hence no dependency: ``pip install bm3d``.

    Reference: K. Dabov, A. Foi, V. Katkovnik and K. Egiazarian, "Image denoising by sparse 3-D transform-domain
    collaborative filtering", *IEEE Transactions on Image Processing* 16, 2007.
    """

    tuned = "sigma"
    grid = (0.05, 0.1, 0.2, 0.3, 0.5)
    role = "sigma"

    def filtered(self, image: Images, value: float) -> Any:
        """Return the image denoised for noise of standard deviation ``value``."""
        bm3d = needed("bm3d", "bm3d (pip install bm3d; for non-commercial use)")
        return bm3d.bm3d(image[..., 0], value) if image.shape[-1] == 1 else bm3d.bm3d_rgb(image, value)


@registry.register("open-image-denoise")
@dataclass(frozen=True)
class OpenImageDenoise(ComparedDenoiser):
    """Intel Open Image Denoise, its network for rendered images of low dynamic range (filter RT, sRGB), blind.

    It learned from path-traced images with Monte Carlo noise, not from photographs. Gray images are given in three
    equal channels. Values are clipped to [0, 1]. Licence: Apache 2.0.

    Reference: A. T. Áfra, "Intel Open Image Denoise", https://www.openimagedenoise.org, 2019.
    """

    def fit(self, noisy_train: Images, clean_train: Images, noisy_val: Images, clean_val: Images) -> OpenImageDenoise:
        """Return itself: it is trained already.

        Raises:
            BaselineError: pyoidn is not installed.
        """
        _oidn_device()
        return self

    def denoise(self, image: Images, sigma: float) -> Images:
        """Return the denoised image ``(H, W, C)``, within [0, 1]."""
        device = _oidn_device()
        oidn = needed("pyoidn", "pyoidn")
        colour = np.ascontiguousarray(np.broadcast_to(clipped(image), (*image.shape[:2], 3)))
        answer = np.empty_like(colour)
        with oidn.Filter(device, oidn.OIDN_FILTER_TYPE_RT) as network:
            network.set_image(oidn.OIDN_IMAGE_COLOR, colour, oidn.OIDN_FORMAT_FLOAT3)
            network.set_image(oidn.OIDN_IMAGE_OUTPUT, answer, oidn.OIDN_FORMAT_FLOAT3)
            network.set_bool("srgb", True)
            network.commit()
            network.execute()
        if error := device.get_error():
            raise BaselineError(f"Open Image Denoise failed: {error}")
        return answer if image.shape[-1] == 3 else answer.mean(axis=-1, keepdims=True)


@functools.cache
def _oidn_device() -> Any:
    device = needed("pyoidn", "pyoidn (pip install 'unnoise[benchmark]')").Device()
    device.commit()
    return device


def _opencv() -> Any:
    return needed("cv2", "OpenCV (pip install 'unnoise[benchmark]')")
