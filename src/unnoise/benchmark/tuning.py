"""Tunes the classical filters for white Gaussian noise, on photographs that are in no test set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unnoise import baselines
from unnoise.baselines.baseline import Images
from unnoise.baselines.classical import ClassicalFilter
from unnoise.baselines.tuned import kind_of
from unnoise.benchmark.image_sets import load_set
from unnoise.benchmark.methods import names
from unnoise.errors import DataError
from unnoise.luma import LUMA
from unnoise.metrics import psnr

SIGMAS = (5, 15, 25, 50, 75)
SIDE = 192
STREAM = 7
"""Sets the noise of tuning apart from that of tests."""

COARSE = tuple(2.0**power for power in range(-3, 4))
FINER = (2**0.5, 2**0.25)


def tunable() -> list[str]:
    """Return the filters that have a value to tune where the strength of the noise is known."""
    kinds = ((name, baselines.registry.get(name)) for name in names())
    return [name for name, kind in kinds if issubclass(kind, ClassicalFilter) and kind.role != "sigma"]


def tune(
    folder: str | Path,
    methods: Sequence[str] | None = None,
    *,
    sigmas: Sequence[float] = SIGMAS,
    images: int = 20,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Return the value of each filter that gives the highest mean PSNR on photographs with noise of each strength.

    From ``images`` photographs, evenly spread over the folder, the middle 192 × 192 pixels are taken, in colour and in
    gray (Rec. ITU-R BT.601). A filter whose value goes in proportion to sigma is tried at sigma times 1/8, 1/4, ... 8,
    then at the best of these times 2^(1/2) and 2^(-1/2), then at the best times 2^(1/4) and 2^(-1/4); a filter with
    choices at each of them. The clean photographs are known here, so that scikit-image's ``calibrate_denoiser``, which
    does without them, is not needed.

    Args:
        folder: Clean photographs that are in no test set.
        methods: The filters, all that are installed when None.
        sigmas: Standard deviations of the noise for white = 255.
        images: Number of photographs.
        report: Called with a line of text for each value found.

    Returns:
        By ``colour`` or ``gray``, filter and sigma: the value.

    Raises:
        DataError: no photographs, or smaller ones.
        BaselineError: a filter that is named needs a package that is not installed.
    """
    samples = load_set(str(folder)).samples
    chosen = [samples[index] for index in np.unique(np.linspace(0, len(samples) - 1, images).astype(int))]
    colour = [_middle(sample.read()[0], sample.name) for sample in chosen]
    if any(image.shape[-1] != 3 for image in colour):
        raise DataError(f"Tuning takes photographs in colour; {folder} has gray ones. Choose another folder.")
    result: dict[str, Any] = {}
    for clean in (colour, [(image @ LUMA)[..., np.newaxis] for image in colour]):
        kind = kind_of(clean[0].shape[-1])
        for name in methods or tunable():
            filter: ClassicalFilter = baselines.registry.get(name)()
            for sigma in sigmas:
                rng = np.random.default_rng([STREAM, int(sigma)])
                noise = np.float32(sigma / 255)
                noisy = [image + noise * rng.standard_normal(image.shape, np.float32) for image in clean]
                value, score = _best(filter, noisy, clean, sigma / 255)
                result.setdefault(kind, {}).setdefault(name, {})[f"{sigma:g}"] = float(f"{value:.4g}")
                report(f"{kind}, sigma {sigma:g}: {name}, {filter.tuned} {value:.4g}, {score:.2f} dB")
    return result


def to_toml(tuned: dict[str, Any]) -> str:
    """Return the values as TOML."""
    lines = ["# Tuned values of the filters by the standard deviation of the noise for white = 255; see tuning.py."]
    for kind, tables in tuned.items():
        for name, table in tables.items():
            values = ", ".join(f'"{sigma}" = {value:g}' for sigma, value in table.items())
            lines.append(f"{kind}.{name} = {{ {values} }}")
    return "\n".join(lines) + "\n"


def _best(filter: ClassicalFilter, noisy: list[Images], clean: list[Images], sigma: float) -> tuple[float, float]:
    scores: dict[float, float] = {}

    def score(value: float) -> float:
        if value not in scores:
            # Images are filtered one by one, as in the benchmark, and not clipped.
            ratios = [
                psnr(x[np.newaxis], np.reshape(filter.filtered(y, value), (1, *x.shape)), data_range=1.0)[0]
                for x, y in zip(clean, noisy, strict=True)
            ]
            scores[value] = float(np.mean(ratios))
        return scores[value]

    def best(values: Sequence[float]) -> float:
        return max(values, key=score)

    if filter.role == "choice":
        value = best(filter.grid)
    else:
        value = best([sigma * factor for factor in COARSE])
        for factor in FINER:
            value = best([value / factor, value, value * factor])
    return value, scores[value]


def _middle(image: Images, name: str) -> Images:
    height, width = image.shape[:2]
    if min(height, width) < SIDE:
        raise DataError(f"Tuning takes photographs of {SIDE} × {SIDE} pixels or more; {name} is {height} × {width}.")
    top, left = (height - SIDE) // 2, (width - SIDE) // 2
    return image[top : top + SIDE, left : left + SIDE]
