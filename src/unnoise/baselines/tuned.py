"""A classical filter with values tuned for every strength of the noise, for comparisons where that is known."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from unnoise.baselines.baseline import ComparedDenoiser, Images
from unnoise.baselines.classical import ClassicalFilter
from unnoise.errors import UsageError


class FilterTunedBySigma(ComparedDenoiser):
    """A filter whose value goes with sigma: between two that were tuned, the one in between on a log scale.

    Args:
        name: The filter's registered name.
        filter: The filter.
        tuned: Tuned values by ``colour`` or ``gray``, filter and sigma in 255ths; not looked at by a filter that takes
            sigma itself.

    Raises:
        UsageError: there are no values for this filter.
    """

    def __init__(self, name: str, filter: ClassicalFilter, tuned: Mapping[str, Any]) -> None:
        self._filter = filter
        self._tables = {kind: tuned.get(kind, {}).get(name) for kind in ("colour", "gray")}
        if filter.role != "sigma" and not all(self._tables.values()):
            raise UsageError(f"There are no tuned values for {name}. Make them with `unnoise tune`.")

    def denoise(self, image: Images, sigma: float) -> Images:
        """Return the image ``(H, W, C)`` filtered with the value for ``sigma``, not clipped."""
        filtered: Images = np.reshape(self._filter.filtered(image, self.value(image.shape[-1], sigma)), image.shape)
        return filtered

    def value(self, channels: int, sigma: float) -> float:
        """Return the filter's value for images of so many channels and noise of standard deviation ``sigma``."""
        if self._filter.role == "sigma":
            return sigma
        table = self._tables[kind_of(channels)]
        assert table is not None
        points = sorted((math.log(float(level) / 255), value) for level, value in table.items())
        levels, values = zip(*points, strict=True)
        here = math.log(max(sigma, 1e-6))
        if self._filter.role == "choice":
            return float(values[int(np.argmin([abs(level - here) for level in levels]))])
        # In proportion to sigma beyond the ends.
        ratios = np.log(values) - np.array(levels)
        return math.exp(here + float(np.interp(here, levels, ratios)))

    @property
    def identity(self) -> str:
        """A checksum of the values; empty where there are none."""
        return "" if self._filter.role == "sigma" else hashlib.sha256(repr(self._tables).encode()).hexdigest()[:12]


def kind_of(channels: int) -> str:
    """Return the table of tuned values for images of so many channels."""
    return "gray" if channels == 1 else "colour"
