"""The noise of cameras, with all that cameras do to it: the picture and its noise go through one simulated camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from unnoise.luma import LUMA
from unnoise.noise.base import FloatArray, NoiseModel, as_batch, registry
from unnoise.noise.camera_processing import draw_processing, processed, stored
from unnoise.noise.raw_sensor import developed, draw_sensor, exposed, mosaic_of, seen_through_lens

_LOWEST_SHOT = 1e-4
# Pixels at the borders that filters and interpolation see mirrored.
_MARGIN = 16


@registry.register("camera-pipeline")
@dataclass(frozen=True)
class CameraPipeline(NoiseModel):
    r"""Noise as files from cameras hold it, of a camera drawn for each image; for denoisers of real photographs.

    The photograph is enlarged up to 2.2 times, as soft as lenses are at full resolution, and taken back to the linear
    light l that the sensor saw: tone curve, colour matrix and white balance are undone (Brooks et al.). Each site
    of the Bayer mosaic then gets shot and readout noise,

    .. math:: m = l + n \sqrt{a l + b}, \qquad n \sim \mathcal{N}(0, 1)

    now and then whole rows more, and hot pixels. Both mosaics, with noise and without, become pictures again: bilinear,
    edge-aware or gradient-corrected demosaicking (Malvar et al.), white balance, matrix, tone curve; then, in random
    order, noise reduction (bilateral, guided, by thresholds at several scales, non-local means, of flat parts alone,
    blur; apart for luma and colour, weak to strong), sharpening and resizing to 0.5 to 1 times the size. The noisy one
    is rounded to 8 bits and compressed by JPEG of quality 60 to 100, never, once or twice, its blocks anywhere.

    So :meth:`pair` gives a target that differs from the photograph: the noise-free picture of the same camera before
    JPEG. A denoiser that learns from such pairs does not learn to undo the camera's blur. The pair shows the middle of
    the scene where it was enlarged, and more of it, mirrored at its borders, where the camera makes it smaller.

    The shot noise a is drawn log-uniformly from 1e-4 to ``shot``, the readout's variance b near ``exp(2.18 log a +
    1.2)``. Gray images are seen by the same cameras; the result is the picture's luma.

    Args:
        shot: Highest shot noise, from 0.0001 to 1: the variance per linear light. 0.012 is a small sensor at high ISO.
        clip: Without effect: files hold values in [0, 1].

    Raises:
        UsageError: ``shot`` is out of range.
        InputError: (when called) the array is not ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)`` with 1 or 3 channels.
        MissingExtraError: (when called) OpenCV is not installed.

    References:
        T. Brooks, B. Mildenhall, T. Xue, J. Chen, D. Sharlet and J. T. Barron, "Unprocessing Images for Learned Raw
        Denoising", CVPR 2019 (the inverse, highlights, how b goes with a).
        S. Guo, Z. Yan, K. Zhang, W. Zuo and L. Zhang, "Toward Convolutional Blind Denoising of Real Photographs", CVPR
        2019 (demosaicking and JPEG in the noise model).
        H. S. Malvar, L. He and R. Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned color
        images", ICASSP 2004.
    """

    kind: ClassVar[str] = "camera-pipeline"
    example: ClassVar[str] = "camera-pipeline(0.03)"

    shot: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("shot", low=1e-4, high=1.0)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        return self.pair(clean, rng)[0]

    def _draw_pair(self, clean: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        batch = as_batch(clean, "Camera noise")
        noisy, target = np.empty_like(batch), np.empty_like(batch)
        for number, image in enumerate(batch):
            noisy[number], target[number] = self._photographed(image, rng)
        return noisy.reshape(clean.shape), target.reshape(clean.shape)

    def _photographed(self, image: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return one image ``(H, W, 1 or 3)`` as a camera at random writes it, with noise and without."""
        sensor, processing = draw_sensor(rng, _LOWEST_SHOT, self.shot), draw_processing(rng)
        height, width, channels = image.shape
        # An even margin keeps the mosaic's corner in place; the size is even, too.
        sides = [math.ceil(math.ceil((side + 2 * _MARGIN) / processing.scale) / 2) * 2 for side in (height, width)]
        rows, columns = (_mirrored(outer, inner) for outer, inner in zip(sides, (height, width), strict=True))
        scene = np.ascontiguousarray(np.broadcast_to(image[rows][:, columns], (*sides, 3)))
        mosaic = mosaic_of(seen_through_lens(scene, sensor.magnification), sensor)
        target, noisy = developed(mosaic, sensor), developed(exposed(mosaic, sensor, rng), sensor)
        noise = noisy - target
        luma_noise = noise @ LUMA
        levels = float(luma_noise.std()), float((noise - luma_noise[..., np.newaxis]).std())
        noisy, target = (processed(picture, processing, *levels) for picture in (noisy, target))
        noisy = stored(noisy, processing)
        top, left = ((outer - inner) // 2 for outer, inner in zip(target.shape, (height, width), strict=False))
        noisy, target = (picture[top : top + height, left : left + width] for picture in (noisy, target))
        if channels == 1:
            noisy, target = ((picture @ LUMA)[..., np.newaxis] for picture in (noisy, target))
        return noisy, target


def _mirrored(outer: int, inner: int) -> npt.NDArray[np.int64]:
    """Return where each of ``outer`` places lies among ``inner`` ones in the middle, mirrored at both ends."""
    places = np.abs(np.arange(outer) - (outer - inner) // 2) % (2 * inner)
    return np.asarray(np.minimum(places, 2 * inner - 1 - places))
