"""The noise of cameras: photons and readout, spread by demosaicking, bent by the tone curve, smoothed in the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from unnoise.luma import LUMA
from unnoise.noise.base import FloatArray, NoiseModel, as_batch, registry
from unnoise.noise.correlated import blurred

_LOWEST_SHOT = 1e-4
# White balance of red and blue relative to green, lowest and highest.
_RED_GAIN, _BLUE_GAIN = (1.9, 2.4), (1.5, 1.9)
# Weights of bilinear interpolation from a colour's sites of the Bayer mosaic, red and blue along one axis.
_GREEN = np.array([[0, 0.25, 0], [0.25, 1, 0.25], [0, 0.25, 0]], np.float32)
_RED_BLUE = np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]], np.float32)


@registry.register("camera")
@dataclass(frozen=True)
class Camera(NoiseModel):
    """Noise as a digital camera makes it, of a strength drawn for each image; for denoisers of photographs.

    In linear light l (sRGB's tone curve undone) each site of the Bayer mosaic gets

    .. math:: m = l + g n \\sqrt{a l / g + b}, \\qquad n \\sim \\mathcal{N}(0, 1)

    with the white balance's gain g of its colour; the noise is interpolated bilinearly to all pixels, so that it is
    correlated between neighbours, and the sum goes through the tone curve. The shot noise a is drawn log-uniformly from
    0.0001 to ``shot``, the readout's variance b near ``exp(2.18 log a + 1.2)``, the gains from 1.9 to 2.4 (red) and 1.5
    to 1.9 (blue). Gray images have no mosaic and no gains. The clean image is not blurred: only noise is interpolated.

    Cameras then reduce noise before they write a file, in colour more than in brightness; what is left is smooth. With
    ``luma_blur`` and ``chroma_blur`` the noise's luma Y' and its colour differences B' - Y' and R' - Y' (ITU-R BT.601)
    are blurred by Gaussians whose widths are drawn uniformly from 0 to these for each image, and each keeps its
    standard deviation. The blur goes on at the opposite edge. It stands for filters of many kinds that their makers do
    not publish, and spares no edges.

    Args:
        shot: Highest shot noise, from 0.0001 to 1: the variance per linear light. 0.012 is a small sensor at high ISO.
        luma_blur: Widest blur of the noise's brightness, its standard deviation in pixels, from 0 to 20. Default 0.
        chroma_blur: Widest blur of the noise's colour, as ``luma_blur``. Default 0. Without effect on gray images.
        clip: Whether the result is clipped to [0, 1], default True.

    Raises:
        UsageError: a parameter is out of range.
        InputError: (when called) the array is not ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)`` with 1 or 3 channels.

    References:
        T. Brooks et al., "Unprocessing Images for Learned Raw Denoising", CVPR 2019 (the ranges of a, b and the gains).
        A. Foi et al., "Practical Poissonian-Gaussian Noise Modeling and Fitting for Single-Image Raw-Data", IEEE
        Transactions on Image Processing 17(10), 2008.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Camera
        >>> noisy = Camera(0.012)(np.full((64, 64, 3), 0.5), np.random.default_rng(0))
        >>> bool(np.corrcoef(noisy[:, :-1, 0].ravel(), noisy[:, 1:, 0].ravel())[0, 1] > 0.3)
        True
    """

    kind: ClassVar[str] = "camera"
    example: ClassVar[str] = "camera(0.012)"

    shot: float
    luma_blur: float = 0.0
    chroma_blur: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("shot", low=_LOWEST_SHOT, high=1)
        self._check_number("luma_blur", high=20)
        self._check_number("chroma_blur", high=20)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        batch = as_batch(clean, "Camera noise")
        count, height, width, channels = batch.shape
        each = (count, 1, 1, 1)
        log_shot = rng.uniform(math.log(_LOWEST_SHOT), math.log(self.shot), each)
        # The scatter about the line, of variance 0.26, is that of the reference.
        readout = np.exp(2.18 * log_shot + 1.2 + rng.normal(0, math.sqrt(0.26), each)).astype(np.float32)
        shot = np.exp(log_shot).astype(np.float32)
        linear = to_linear(batch)
        noise = np.empty((count, height, width, 1), np.float32)
        rng.standard_normal(out=noise, dtype=np.float32)
        if channels == 1:
            linear += noise * np.sqrt(shot * np.maximum(linear, 0) + readout)
        else:
            gains = np.ones((count, 1, 1, 3), np.float32)
            gains[..., :1], gains[..., 2:] = rng.uniform(*_RED_GAIN, each), rng.uniform(*_BLUE_GAIN, each)
            linear += _interpolated(noise * gains * np.sqrt(shot * np.maximum(linear, 0) / gains + readout))
        noisy = from_linear(linear)
        if noisy.size and (self.luma_blur or self.chroma_blur):
            noisy = batch + self._smoothed(noisy - batch, rng)
        return noisy.reshape(clean.shape)

    def _smoothed(self, noise: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return the noise ``(N, H, W, C)`` as the camera's noise reduction leaves it."""
        luma, chroma = (rng.uniform(0, end, len(noise)) for end in (self.luma_blur, self.chroma_blur))
        if noise.shape[-1] == 1:
            return _smooth(noise, luma)
        brightness = noise @ LUMA[:, np.newaxis]
        smooth = _smooth(brightness, luma)
        blue, red = (_smooth(noise[..., [channel]] - brightness, chroma) for channel in (2, 0))
        green = -(LUMA[0] * red + LUMA[2] * blue) / LUMA[1]
        result: FloatArray = smooth + np.concatenate([red, green, blue], axis=-1)
        return result


def to_linear(image: npt.NDArray[Any]) -> FloatArray:
    """Return linear light from sRGB values (IEC 61966-2-1); below 0 the curve goes on as a line."""
    x = np.asarray(image, np.float32)
    curve = ((np.maximum(x, 0.04045) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    result: FloatArray = np.where(x <= 0.04045, x / np.float32(12.92), curve)
    return result


def from_linear(light: npt.NDArray[Any]) -> FloatArray:
    """Return sRGB values from linear light; the inverse of :func:`to_linear`."""
    x = np.asarray(light, np.float32)
    curve = np.float32(1.055) * np.maximum(x, 0.0031308) ** np.float32(1 / 2.4) - np.float32(0.055)
    result: FloatArray = np.where(x <= 0.0031308, x * np.float32(12.92), curve)
    return result


def _smooth(noise: FloatArray, widths: npt.NDArray[np.float64]) -> FloatArray:
    """Return planes ``(N, H, W, 1)``, each blurred by its width in pixels and of the same deviation as before."""
    result = np.concatenate([blurred(plane[np.newaxis], width) for plane, width in zip(noise, widths, strict=True)])
    before, after = (planes.std(axis=(1, 2), keepdims=True) for planes in (noise, result))
    result *= np.divide(before, after, out=np.zeros_like(before), where=after > 0)
    return result


def _interpolated(noise: FloatArray) -> FloatArray:
    """Return the noise ``(N, H, W, 3)`` that a demosaicked image has of the noise at its mosaic's sites (RGGB)."""
    result = np.empty_like(noise)
    height, width = noise.shape[1:3]
    odd_row, odd_column = (np.arange(length) % 2 == 1 for length in (height, width))
    sites = (
        ~odd_row[:, np.newaxis] & ~odd_column,
        odd_row[:, np.newaxis] ^ odd_column,
        odd_row[:, np.newaxis] & odd_column,
    )
    for channel, (here, weights) in enumerate(zip(sites, (_RED_BLUE, _GREEN, _RED_BLUE), strict=True)):
        # Mirrored about the edge pixel, the mosaic goes on as it is.
        sampled = np.pad(noise[..., channel] * here, ((0, 0), (1, 1), (1, 1)), mode="reflect")
        result[..., channel] = sum(
            weight * sampled[:, row : row + height, column : column + width]
            for (row, column), weight in np.ndenumerate(weights)
            if weight
        )
    return result
