"""What is measured on photographs: packaged models as a user gets them, and filters with a value tuned beforehand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

import unnoise
from measurements.photo_pairs import Pair, Pixels
from unnoise import baselines
from unnoise.metrics import psnr

Denoise = Callable[[Pixels], Pixels]

GRIDS = {
    "bilateral": (0.03, 0.045, 0.06, 0.08, 0.11, 0.15, 0.2),
    "nlm": (0.005, 0.0075, 0.01, 0.015, 0.02, 0.03),
    "bm3d": (0.015, 0.02, 0.03, 0.045, 0.065, 0.09),
}
"""The filters, by their names as baselines, and the values that are tried on the cameras for choosing."""
TUNED = np.s_[160:352, 160:352]
"""The part of a pair of 512 × 512 pixels by which filters are tuned: BM3D takes many seconds for a whole one."""


@dataclasses.dataclass(frozen=True)
class Method:
    """A denoiser of photographs.

    Attributes:
        name: As tables call it.
        denoise: Noisy image ``(H, W, 3)``, float32 in [0, 1], to the answer.
        value: What was tuned, as text.
    """

    name: str
    denoise: Denoise
    value: str = ""


def score(clean: Pixels, image: Pixels) -> float:
    """Return the PSNR of one image in dB, white being 1; values are not clipped."""
    return float(psnr(clean[np.newaxis], image[np.newaxis], data_range=1.0)[0])


def filtered(name: str, value: float) -> Denoise:
    """Return the filter called ``name`` with one value of its parameter."""
    baseline = baselines.build(name)
    return lambda image: np.reshape(baseline.filtered(image, value), image.shape).astype(np.float32)


def tuning(name: str, pairs: Iterable[Pair]) -> dict[float, float]:
    """Return the mean PSNR on the pairs' middles for each value of the filter's grid."""
    crops = [(pair.noisy[TUNED], pair.clean[TUNED]) for pair in pairs]
    return {
        value: float(np.mean([score(clean, filtered(name, value)(noisy)) for noisy, clean in crops]))
        for value in GRIDS[name]
    }


def packaged(model: str, **options: object) -> Denoise:
    """Return a packaged model, by name or path, as a user gets it who says nothing but ``options``."""
    return lambda image: np.asarray(unnoise.denoise(image, model=model, **options))


def of_model(model: str) -> list[Method]:
    """Return what is measured of a packaged model: the default, the network whatever is found, and its mean of 8."""
    name = f"unnoise {Path(model).stem}"  # without the folder of a file
    return [
        Method(name, packaged(model)),
        Method(f"{name}, network alone", packaged(model, skip_clean=False)),
        Method(f"{name}, self-ensemble 8", packaged(model, self_ensemble=8)),
    ]
