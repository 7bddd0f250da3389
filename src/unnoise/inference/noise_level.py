"""How noisy an image is: a small network looks at patches spread over it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.inference.packaged import NOISE_LEVEL, folder
from unnoise.inference.pixels import Batch, question
from unnoise.inference.session import open_session, run
from unnoise.inference.strips import rows_of_tiles
from unnoise.inference.tiles import Span, Tiling
from unnoise.luma import LUMA

Array = npt.NDArray[Any]

# Side of the network's patches, and how many lie along an axis at most.
SIDE, GRID = 64, 8
# Patches that go through the network at once, for its memory.
TOGETHER = 4
# Below NONE an image is clean, above SOME it is not. Between them, where grain and texture of clean photographs read
# like the correlated noise of cameras, it is clean if it is drawn, or if the denoiser finds little to remove; see
# measurements/results/clean_gate.csv.
NONE, SOME = 0.5 / 255, 8 / 255
# Share of pixels that equal their neighbours from which on an image with a level below FAINT counts as drawn.
DRAWN, FAINT = 0.45, 2 / 255
# What the packaged denoiser removes at most of 98 % of clean photographs, those it learned from, by channels; it
# removes more of nearly all with noise of 5/255.
LITTLE = {1: 0.42 / 255, 3: 0.5 / 255}
# Steps between the blocks of JPEG, as multiples of other differences, from which on they are to be removed.
BLOCKY = 1.7
# Noise fainter than MILD whose whiteness is less than SMOOTH, in images that show blocks by STEPS and of which the
# denoiser removes more than of clean ones, was stronger and finer before a camera smoothed and compressed it; so in 42
# of the 44 camera photographs of PolyU, and in none of 68 clean ones. TOLD is what is then taken to be its sigma.
MILD, SMOOTH, STEPS = 2.5 / 255, 0.7, 1.35
TOLD = 14 / 255
# About how many patches the denoiser is asked about, and the pixels at their borders that do not count.
ASKED, BORDER = 20, 8
# Noise of at least VISIBLE whose whiteness is less than COARSE is correlated over more pixels than demosaicking and
# JPEG make it; see measurements/results/correlated_noise.csv.
VISIBLE, COARSE = 6 / 255, 0.4


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is known of an image's noise.

    Attributes:
        level: Its standard deviation, in units of the range [0, 1].
        whiteness: The root mean square of the finest diagonal detail, as a share of the level: about 1 for white noise,
            the less the more pixels the noise is correlated over. Texture adds to it, so it is that of the smoother
            patches: the tenth percentile.
        equal: The share of pixels that equal their right and lower neighbours: 0 in photographs, most in text, line
            art and other drawings; noise leaves few of them.
        removed: What a denoiser removes, as a multiple of what it may remove of a clean photograph: the root mean
            square of its change's luma, in means of 2 × 2 pixels, since it takes the finest grain of clean photographs
            too. Infinite where none was asked.
        steps: The mean difference of neighbouring pixels across the borders of 8 × 8 blocks, as a multiple of the other
            differences: near 1, or more after strong JPEG compression, whose artefacts read like texture.
    """

    level: float
    whiteness: float
    equal: float = 0.0
    removed: float = np.inf
    steps: float = 1.0

    @property
    def clean(self) -> bool:
        """Whether the image counts as free of noise."""
        drawn = self.equal > DRAWN and self.level < FAINT
        unchanged = self.level < SOME and self.removed < 1 and self.steps < BLOCKY
        return self.level < NONE or drawn or unchanged

    @property
    def smoothed(self) -> bool:
        """Whether it is what a camera left of stronger noise when it smoothed it and compressed the image."""
        seen = 1 < self.removed < np.inf and self.steps > STEPS
        return seen and self.level < MILD and self.whiteness < SMOOTH and not self.clean

    @property
    def correlated(self) -> bool:
        """Whether the noise is correlated over more pixels than that of the training."""
        return self.level >= VISIBLE and self.whiteness < COARSE


def estimate_noise(image: Array, *, channel_axis: int | None = -1, data_range: float | None = None) -> Any:
    """Return the standard deviation of the noise in an image, in units of the range [0, 1].

    It is the root mean square of what distinguishes the image from itself without noise. Learned, since estimators
    that take the noise for white read too little after JPEG compression or resizing. Up to 64 patches of 64 × 64
    pixels spread over the image are looked at; the answer is the median of those that are not of one colour. A small
    network was trained on patches with Gaussian and camera noise up to 80/255, clipped, halved in size and compressed
    at random.

    Args:
        image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1 or 3; uint8, uint16 or float.
        channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.

    Returns:
        A float, or for a batch an array ``(N,)``; 25/255 means what papers call sigma 25.

    Raises:
        InputError: an array that is no image, or not of 1 or 3 channels.

    Example:
        >>> import numpy as np
        >>> from unnoise import estimate_noise
        >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, (128, 128, 3))
        >>> bool(0.08 < estimate_noise(noisy) < 0.12)
        True
    """
    asked = question(image, channel_axis=channel_axis, data_range=data_range)
    if asked.batch.shape[-1] not in (1, 3):
        raise InputError(
            f"Noise is estimated in gray and RGB images, received {asked.batch.shape[-1]} channels. Take alpha off."
        )
    levels = noise_levels(asked.batch)
    return levels if asked.many else float(levels[0])


def noise_levels(batch: Batch) -> npt.NDArray[np.float64]:
    """Return the noise ``(N,)`` of each image of a batch ``(N, H, W, C)``, C 1 or 3."""
    return np.array([noise_of_strips([image], *image.shape[:2]).level for image in batch])


def noise_of_strips(
    strips: Iterable[Batch], height: int, width: int, denoise: Callable[[Batch], Batch] | None = None
) -> Finding:
    """Return what is known of the noise of one image that is read from top to bottom.

    Args:
        strips: Arrays ``(h, width, C)``, C 1 or 3, ``height`` rows in all.
        height, width: The image's size.
        denoise: A denoiser of batches ``(N, 64, 64, C)``, asked where the level does not tell whether the image is
            clean.
    """
    columns = _starts(width)
    bands = tuple(Span(start, start + SIDE, start, start + SIDE) for start in _starts(height))
    patches = []
    # A small image is mirrored to the size of one patch.
    size = max(height, SIDE), max(width, SIDE)
    for _, band in rows_of_tiles(strips, height, width, size, Tiling(bands, ())):
        patches += [band[:, column : column + SIDE] for column in columns]
    seen = np.stack(patches)
    # Those of one colour, blown out or black, tell nothing of the noise elsewhere.
    varied = seen.min(axis=(1, 2)) < seen.max(axis=(1, 2))
    equal = _equal_neighbours(seen)
    seen = seen[varied.any(axis=-1)]
    if not len(seen):
        return Finding(0.0, 0.0, equal, 0.0)
    stacked = np.repeat(seen, 3 // seen.shape[-1], axis=-1)
    parts = [
        run(_network(), {"patches": stacked[i : i + TOGETHER]}, last=i + TOGETHER >= len(stacked))
        for i in range(0, len(stacked), TOGETHER)
    ]
    levels = np.exp(np.concatenate(parts)[:, 0]) - 0.5
    # numpy's median and quantile would import numpy.ma, a tenth of a small image's time.
    ordered = np.sort(levels)
    level = float(ordered[[(len(levels) - 1) // 2, len(levels) // 2]].mean()) / 255
    shares = np.sort(255 * _diagonal_detail(seen) / np.maximum(levels, 0.5))
    found = Finding(max(0.0, level), float(shares[len(shares) // 10]), equal)
    if found.clean or level >= SOME or denoise is None:
        return found
    asked = seen[:: max(1, len(seen) // ASKED)]
    return dataclasses.replace(found, removed=_removed(asked - denoise(asked)), steps=_steps(seen))


def _equal_neighbours(patches: Batch) -> float:
    """Return the share of pixels of patches ``(N, H, W, C)`` that equal those to the right and below."""
    here = patches[:, :-1, :-1]
    return float(((here == patches[:, 1:, :-1]) & (here == patches[:, :-1, 1:])).all(axis=-1).mean())


def _steps(patches: Batch) -> float:
    """Return the median over patches ``(N, H, W, C)`` of what :class:`Finding` calls steps, wherever blocks begin."""
    most = np.ones(len(patches))
    for axis in (1, 2):
        differences = np.abs(np.diff(patches, axis=axis)).mean(axis=(3 - axis, 3))[:, : SIDE - 8]
        by_place = np.sort(differences.reshape(len(patches), -1, 8).mean(axis=1) + 1e-4, axis=1)
        most = np.maximum(most, by_place[:, -1] / by_place[:, 3:5].mean(axis=1))
    return float(np.sort(most)[len(most) // 2])


def _removed(change: Batch) -> float:
    """Return the median over patches ``(N, H, W, C)`` of what :class:`Finding` calls removed."""
    inner = change[:, BORDER:-BORDER, BORDER:-BORDER]
    luma = inner @ LUMA if inner.shape[-1] == 3 else inner[..., 0]
    means = luma.reshape(len(luma), luma.shape[1] // 2, 2, luma.shape[2] // 2, 2).mean(axis=(2, 4))
    strengths = np.sort(np.sqrt(np.mean(means**2, axis=(1, 2))))
    return float(strengths[len(strengths) // 2]) / LITTLE[change.shape[-1]]


def _diagonal_detail(patches: Batch) -> Batch:
    """Return the root mean square ``(N,)`` of the diagonal Haar coefficients of patches ``(N, H, W, C)``.

    They are orthonormal: of white noise, theirs is its standard deviation.
    """
    low, high = patches[:, :-1:2], patches[:, 1::2]
    detail = (low[:, :, :-1:2] - low[:, :, 1::2] - high[:, :, :-1:2] + high[:, :, 1::2]) / 2
    result: Batch = np.sqrt(np.mean(detail**2, axis=(1, 2, 3)))
    return result


def _starts(side: int) -> list[int]:
    count = min(GRID, -(-side // SIDE))
    return [round(start) for start in np.linspace(0, max(0, side - SIDE), count)]


@functools.cache
def _network() -> Any:
    return open_session((folder() / NOISE_LEVEL).read_bytes(), device="cpu")[0]
