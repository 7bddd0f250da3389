"""What a model's metadata say of noise, measured: which images count as clean, and how its estimate is scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.inference.denoiser import Denoiser

Array = npt.NDArray[Any]

# Images that are looked at.
IMAGES = 256
# Share of clean images that are to count as clean; the others may hold noise of their own.
CLEAN = 0.97


def measure_noise_numbers(denoiser: Denoiser, noisy: Array, clean: Array) -> dict[str, Any]:
    """Return ``clean_threshold``, ``noise_scale`` and ``max_sigma`` for a model's metadata.

    Args:
        denoiser: The model; what its own metadata say of noise does not count.
        noisy: Images ``(N, H, W, C)``, in the range [0, 1] where noise does not take them past it.
        clean: The same without noise.

    Returns:
        ``noise_scale`` is the median of the true noise over what the model removes, both root mean squares, for the
        images whose noise is at least the median. ``clean_threshold`` is the noise that is estimated by it in 97 of 100
        clean images at most; None where that is more than half of the median noise, so that noisy images would be taken
        for clean. ``max_sigma`` is the strongest noise. Images without noise give no threshold.
    """
    # Few of very many, spread over them.
    chosen = np.unique(np.linspace(0, len(noisy) - 1, min(IMAGES, len(noisy))).astype(int))
    noisy, clean = noisy[chosen], clean[chosen]
    true = np.sqrt(np.mean(np.square(noisy - clean, dtype=np.float64), axis=(1, 2, 3)))
    middle = float(np.median(true))
    if middle == 0:
        return {"clean_threshold": None, "noise_scale": 1.0, "max_sigma": float(true.max()) or None}
    strong = true >= middle
    scale = float(np.median(true[strong] / np.maximum(_removed(denoiser, noisy[strong]), 1e-6)))
    threshold = scale * float(np.quantile(_removed(denoiser, clean), CLEAN))
    return {
        "clean_threshold": threshold if threshold < middle / 2 else None,
        "noise_scale": scale,
        "max_sigma": min(1.0, float(true.max())),
    }


def _removed(denoiser: Denoiser, images: Array) -> npt.NDArray[np.float64]:
    """Return what a model removes of each image, as its estimate of the noise sees it."""
    found = np.array([denoiser.analyze_noise([image], *image.shape[:2]).level for image in images], np.float64)
    return found / denoiser.metadata.noise_scale
