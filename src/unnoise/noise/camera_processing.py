"""What cameras do to a picture before they write it: noise reduction, sharpening, resizing, JPEG."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from unnoise.noise.base import FloatArray
from unnoise.noise.raw_sensor import opencv

# How often each kind of noise reduction of the luma is drawn.
_LUMA_KINDS = {"none": 3, "bilateral": 3, "guided": 3, "wavelet": 6, "flat parts": 4, "non-local means": 1}
_CHROMA_KINDS = {"none": 1, "blur": 6, "guided": 3, "wavelet": 3}


@dataclasses.dataclass(frozen=True)
class Processing:
    """What one camera does after demosaicking, in this order of ``steps``; strengths in units of the noise.

    Attributes:
        luma, chroma: Kinds of noise reduction.
        luma_strength, chroma_strength: Threshold or range, in standard deviations of the noise.
        luma_width, chroma_width: Width in pixels.
        luma_share: How much of the filtered luma is mixed in, 0 to 1.
        softness: Standard deviation of a blur of the luma in pixels, as of soft demosaicking.
        amount, radius: Unsharp masking.
        scale: Size of the picture written, relative to the sensor's.
        steps: "reduce", "sharpen" and "resize" in some order.
        qualities: Of each JPEG compression, none to two.
        subsampled: Whether JPEG holds colour at half the resolution.
        offsets: Rows and columns cut off before each compression, so that 8 × 8 blocks lie anywhere.
    """

    luma: str
    chroma: str
    luma_strength: float
    chroma_strength: float
    luma_width: float
    chroma_width: float
    luma_share: float
    softness: float
    amount: float
    radius: float
    scale: float
    steps: tuple[str, ...]
    qualities: tuple[int, ...]
    subsampled: bool
    offsets: tuple[tuple[int, int], ...]


def draw_processing(rng: np.random.Generator) -> Processing:
    """Return a camera's processing at random."""

    def kind(weights: dict[str, int]) -> str:
        shares = np.array(list(weights.values()), float)
        return str(rng.choice(list(weights), p=shares / shares.sum()))

    compressions = int(rng.choice(3, p=[0.22, 0.6, 0.18]))
    return Processing(
        luma=kind(_LUMA_KINDS),
        chroma=kind(_CHROMA_KINDS),
        luma_strength=math.exp(rng.uniform(math.log(0.7), math.log(4.0))),
        chroma_strength=math.exp(rng.uniform(math.log(1.0), math.log(6.0))),
        luma_width=rng.uniform(0.6, 2.6),
        chroma_width=math.exp(rng.uniform(math.log(1.0), math.log(8.0))),
        luma_share=rng.uniform(0.5, 1.0),
        softness=rng.uniform(0.35, 1.1) if rng.random() < 0.65 else 0.0,
        amount=rng.uniform(0.2, 1.3) if rng.random() < 0.3 else 0.0,
        radius=rng.uniform(0.5, 1.6),
        scale=rng.uniform(0.5, 1.0) if rng.random() < 0.3 else 1.0,
        steps=tuple(str(step) for step in rng.permutation(["reduce", "sharpen", "resize"])),
        qualities=tuple(int(100 - 40 * rng.beta(1.0, 1.7)) for _ in range(compressions)),
        subsampled=bool(rng.random() < 0.6),
        offsets=tuple((int(rng.integers(8)), int(rng.integers(8))) for _ in range(compressions)),
    )


def processed(image: FloatArray, processing: Processing, luma_noise: float, chroma_noise: float) -> FloatArray:
    """Return the picture after every step but JPEG.

    Args:
        image: ``(H, W, 3)`` in [0, 1].
        processing: What is done.
        luma_noise, chroma_noise: Standard deviations of the noise in luma and colour differences before that.
    """
    cv2 = opencv()
    for step in processing.steps:
        if step == "reduce":
            ycc = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
            luma, chroma = ycc[..., 0], ycc[..., 1:]
            luma = luma + np.float32(processing.luma_share) * (_luma(luma, processing, luma_noise) - luma)
            if processing.softness:
                luma = cv2.GaussianBlur(luma, (0, 0), processing.softness)
            chroma = _chroma(np.ascontiguousarray(chroma), luma, processing, chroma_noise)
            image = cv2.cvtColor(np.dstack([luma, chroma]), cv2.COLOR_YCrCb2RGB)
        elif step == "sharpen" and processing.amount:
            luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            detail = luma - cv2.GaussianBlur(luma, (0, 0), processing.radius)
            image = image + np.float32(processing.amount) * detail[..., np.newaxis]
        elif step == "resize" and processing.scale < 1:
            size = tuple(round(side * processing.scale) for side in reversed(image.shape[:2]))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.clip(image, 0.0, 1.0)


def stored(image: FloatArray, processing: Processing) -> FloatArray:
    """Return the picture as its file holds it: in 8 bits, after JPEG where the camera writes that."""
    cv2 = opencv()
    counts = np.rint(np.clip(image, 0.0, 1.0) * 255).astype(np.uint8)
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if processing.subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    for quality, (top, left) in zip(processing.qualities, processing.offsets, strict=True):
        # Rolled, not cut: the picture keeps its size, and its blocks begin anywhere.
        rolled = np.ascontiguousarray(np.roll(counts, (-top, -left), (0, 1))[..., ::-1])
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        counts = cv2.imdecode(cv2.imencode(".jpg", rolled, options)[1], cv2.IMREAD_COLOR)[..., ::-1]
        counts = np.roll(counts, (top, left), (0, 1))
    return np.asarray(np.divide(counts, 255, dtype=np.float32))


def _luma(luma: FloatArray, processing: Processing, noise: float) -> FloatArray:
    cv2 = opencv()
    width, threshold = processing.luma_width, max(1e-3, noise * processing.luma_strength)
    if processing.luma == "bilateral":
        return np.asarray(cv2.bilateralFilter(luma, -1, threshold, width))
    if processing.luma == "guided":
        return _guided(luma, luma, round(2 * width), threshold)
    if processing.luma == "wavelet":
        return _shrunk(luma, noise * processing.luma_strength, 1 + round(width))
    if processing.luma == "flat parts":
        base = cv2.GaussianBlur(luma, (0, 0), 1.2 * width)
        contrast = np.abs(cv2.GaussianBlur(luma, (0, 0), 0.8) - base)
        flat: FloatArray = np.exp(-np.square(contrast / np.float32(threshold)))
        return np.asarray(luma - flat * (luma - base))
    if processing.luma == "non-local means":
        counts = np.rint(np.clip(luma, 0, 1) * 65535).astype(np.uint16)
        strength = [float(min(threshold, 0.3) * 65535 * 0.6)]
        filtered = cv2.fastNlMeansDenoising(
            counts, h=strength, templateWindowSize=5, searchWindowSize=11, normType=cv2.NORM_L1
        )
        return np.asarray(np.divide(filtered, 65535, dtype=np.float32))
    return luma


def _chroma(chroma: FloatArray, luma: FloatArray, processing: Processing, noise: float) -> FloatArray:
    cv2 = opencv()
    width = processing.chroma_width
    if processing.chroma == "blur":
        return np.asarray(cv2.GaussianBlur(chroma, (0, 0), width))
    if processing.chroma == "guided":
        threshold = max(1e-3, noise * processing.chroma_strength)
        return np.dstack([_guided(chroma[..., i], luma, round(2 * width), threshold) for i in range(2)])
    if processing.chroma == "wavelet":
        levels = 1 + round(math.log2(max(1.0, 2 * width)))
        return np.dstack([_shrunk(chroma[..., i], noise * processing.chroma_strength, levels) for i in range(2)])
    return chroma


def _guided(image: FloatArray, guide: FloatArray, radius: int, threshold: float) -> FloatArray:
    """Return ``image`` filtered by ``guide``, whose edges above ``threshold`` stay (He, Sun and Tang 2013)."""
    cv2 = opencv()

    def mean(values: FloatArray) -> Any:
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1))

    image_mean, guide_mean = mean(image), mean(guide)
    slope = (mean(image * guide) - image_mean * guide_mean) / (mean(guide * guide) - guide_mean**2 + threshold**2)
    return np.asarray(mean(slope) * guide + mean(image_mean - slope * guide_mean), np.float32)


def _shrunk(image: FloatArray, threshold: float, levels: int) -> FloatArray:
    """Return ``image`` whose details of ``levels`` scales, differences of blurs, are soft-thresholded."""
    cv2 = opencv()
    rest, result = image, np.zeros_like(image)
    for level in range(levels):
        coarse = cv2.GaussianBlur(rest, (0, 0), 0.7 * 2**level)
        detail = rest - coarse
        bound = np.float32(threshold * (0.9 if level == 0 else 0.3 / 2 ** (level - 1)))
        result += np.sign(detail) * np.maximum(np.abs(detail) - bound, 0)
        rest = coarse
    return result + rest
