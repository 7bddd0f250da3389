"""What is done to an image: left as it is, and why, or how much of the network's change it gets. Decided here alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unnoise.inference.array_batch import Batch
from unnoise.inference.metadata import Metadata
from unnoise.inference.noise_analysis import NoiseAnalysis
from unnoise.inference.options import DenoiseOptions
from unnoise.luma import LUMA

# A sigma above the level that was found multiplies the network's change by this at most.
MOST = 1.5


@dataclass(frozen=True)
class Treatment:
    """What is done to one image.

    Attributes:
        unchanged: Why it is left as it is; empty where it is denoised.
        luma, chroma: By what the network's change is multiplied, in brightness and in colour.
        gray: Whether it is a gray image held as RGB, whose channels stay equal.
    """

    unchanged: str = ""
    luma: float = 1.0
    chroma: float = 1.0
    gray: bool = False


def asks_for_level(options: DenoiseOptions, metadata: Metadata) -> bool:
    """Return whether :func:`decide` needs to know the level of the noise."""
    if options.changes_nothing:
        return False
    return options.sigma is not None or (options.skip_clean and metadata.clean_threshold is not None)


def decide(options: DenoiseOptions, analysis: NoiseAnalysis, metadata: Metadata) -> Treatment:
    """Return what is done to an image.

    Args:
        options: What the caller wants.
        analysis: What was found in the image; a level of None, where nothing was looked for, decides nothing.
        metadata: What the model says of itself; its ``clean_threshold`` tells which images are clean.
    """
    level, threshold, scale = analysis.level, metadata.clean_threshold, 1.0
    if options.changes_nothing:
        return Treatment("sigma is 0" if options.sigma == 0 else "strength is 0")
    if level is not None:
        if options.sigma is not None:
            scale = min(options.sigma / max(level, 1e-6), MOST)
        elif options.skip_clean and threshold is not None and level < threshold:
            return Treatment("no noise was found")
    return Treatment(luma=options.strength * scale, chroma=options.chroma_strength * scale, gray=analysis.gray)


def blend(noisy: Batch, denoised: Batch, treatments: Sequence[Treatment]) -> Batch:
    """Return images with as much of the network's change as their treatments say.

    Args:
        noisy: ``(N, H, W, C)``.
        denoised: The network's answers, of the same shape; they may be written over.
        treatments: One for each image.
    """
    for image, treatment in zip(denoised, treatments, strict=True):
        if treatment.gray:
            # In float64 the mean of equal values is that value.
            image[:] = image.mean(axis=-1, keepdims=True, dtype=np.float64)
    luma, chroma = np.array([(t.luma, t.chroma) for t in treatments], np.float32).T[..., None, None, None]
    if (luma == 1).all() and (chroma == 1).all():
        return denoised
    change = denoised - noisy
    if noisy.shape[-1] == 3 and (luma != chroma).any():
        bright = (change @ LUMA)[..., np.newaxis]
        change -= bright
        change *= chroma
        bright *= luma
        change += bright
    else:
        change *= luma
    change += noisy
    return change
