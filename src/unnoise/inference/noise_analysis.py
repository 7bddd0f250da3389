"""How noisy an image is: by how much the denoiser itself changes patches that are spread over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.imaging.samples import is_gray, survey, to_float
from unnoise.inference.array_batch import Batch
from unnoise.inference.strips import rows_of_tiles
from unnoise.inference.tiles import Span, Tiling

# Side of the patches, and how many there are at most: a twentieth of the work of six megapixels.
SIDE, PATCHES = 96, 32
# Side of the squares that are no picture where they are of one colour.
SQUARE = 8
# Patches of which a smaller share counts tell too little.
FEWEST = 0.05


@dataclass(frozen=True)
class NoiseAnalysis:
    """What is found in one image.

    Attributes:
        level: The standard deviation of its noise, in units of the range [0, 1]; None where it was not looked for.
        gray: Whether it is a gray image held as RGB: red, green and blue are equal everywhere.
    """

    level: float | None = None
    gray: bool = False


def analyze_noise(
    strips: Iterable[Batch],
    height: int,
    width: int,
    denoise: Callable[[Batch], Batch] | None,
    *,
    patch: tuple[int, int] = (SIDE, SIDE),
) -> NoiseAnalysis:
    """Return what is found in one image that is read from top to bottom.

    Args:
        strips: Arrays ``(h, width, C)``, ``height`` rows in all; NaN where nothing is seen, as under full transparency.
        height, width: The image's size.
        denoise: A denoiser of batches ``(N, h, w, C)``; None: the level is not looked for.
        patch: Height and width of the patches; images that are smaller are one patch.
    """
    gray = True

    def watched() -> Iterator[Batch]:
        nonlocal gray
        for strip in strips:
            # Most photographs tell by their first rows.
            gray = gray and strip.shape[2] == 3 and is_gray(strip[top : top + 64] for top in range(0, len(strip), 64))
            yield strip

    source = watched()
    level = None if denoise is None else _level(_patches(source, height, width, patch), denoise)
    while gray and next(source, None) is not None:
        pass
    return NoiseAnalysis(level, gray)


def _patches(strips: Iterable[Batch], height: int, width: int, patch: tuple[int, int]) -> Batch:
    """Return patches ``(P, h, w, C)`` spread evenly over an image."""
    tall, wide = min(height, patch[0]), min(width, patch[1])
    down = min(-(-height // tall), max(1, round((PATCHES * height / width) ** 0.5)), PATCHES)
    across = min(-(-width // wide), PATCHES // down)
    bands = tuple(Span(start, start + tall, start, start + tall) for start in _starts(height, tall, down))
    columns = _starts(width, wide, across)
    rows = rows_of_tiles(strips, height, width, (height, width), Tiling(bands, ()))
    return np.stack([band[:, column : column + wide] for _, band in rows for column in columns])


def _starts(length: int, side: int, count: int) -> list[int]:
    return [round(start) for start in np.linspace(0, length - side, count)]


def _level(patches: Batch, denoise: Callable[[Batch], Batch]) -> float:
    """Return the level by what a denoiser removes of patches ``(P, h, w, C)``, NaN where nothing is seen.

    Of each patch the median of its absolute values counts, times 1.4826, by which it is the standard deviation of
    Gaussian noise (Hampel 1974): what is removed at edges, strokes and lines is much, but at few pixels. Of these
    levels the median counts, so that neither do a few patches of texture.
    """
    seen = np.isfinite(patches)
    if not seen.all():
        patches = to_float(patches, fill=survey(patches).fill)
    counted = seen & ~_of_one_colour(patches)
    counts = counted.mean(axis=(1, 2, 3))
    told = counts > FEWEST if (counts > FEWEST).any() else counts > 0
    if not told.any():
        return 0.0
    removed = np.abs(patches[told] - denoise(patches[told]))
    return _median(np.array([_median(one[which]) for one, which in zip(removed, counted[told], strict=True)])) * 1.4826


def _median(values: npt.NDArray[Any]) -> float:
    """Return the median; NumPy's own would import numpy.ma, a tenth of a small image's time."""
    middle = len(values) // 2
    upper = np.partition(values, middle)
    return float(upper[middle] if len(values) % 2 else (upper[:middle].max() + upper[middle]) / 2)


def _of_one_colour(patches: Batch) -> npt.NDArray[np.bool_]:
    """Return which samples of patches lie in squares of one value: mats, frames, cut-outs, what is blown out."""
    lowest, highest = patches, patches
    for axis in (1, 2):
        starts = np.arange(0, patches.shape[axis], SQUARE)
        lowest = np.minimum.reduceat(lowest, starts, axis=axis)
        highest = np.maximum.reduceat(highest, starts, axis=axis)
    flat: npt.NDArray[np.bool_] = (lowest == highest).repeat(SQUARE, axis=1).repeat(SQUARE, axis=2)
    return flat[:, : patches.shape[1], : patches.shape[2]]
