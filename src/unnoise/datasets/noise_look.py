"""What the noise of an image is like, from the image alone: strength by brightness, correlation over neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

# Side of the blocks that are looked at, and the share of the smoothest ones at each brightness that counts.
BLOCK, SMOOTH = 8, 0.1
# Side of the larger blocks for the correlation, and how many pixels apart it is measured.
WIDE, LAGS = 16, 5
# Steps of brightness, each with as many blocks.
STEPS = 12
# Correlation from which neighbours are not independent.
CORRELATED = 0.15


@dataclass(frozen=True)
class NoiseLook:
    """The noise of one folder's images, in units of the range [0, 1].

    Attributes:
        sigma: Its standard deviation, the median over brightnesses.
        seen: The same as if neighbours were independent: less where they are not. In clean images it is small, and
            the picture itself seems correlated.
        brightness, sigmas: The same by brightness, ``(S,)`` each.
        gain, floor: Of the line ``sigma² = gain · brightness + floor``, least squares; photons make the gain.
        rows, columns: Its autocorrelation 1 to 5 pixels apart, along rows and along columns, ``(5,)`` each.
    """

    sigma: float
    seen: float
    brightness: Floats
    sigmas: Floats
    gain: float
    floor: float
    rows: Floats
    columns: Floats

    @property
    def kind(self) -> str:
        """``independent``, ``along rows``, ``along columns`` or ``over neighbours``: how the noise is correlated."""
        return _kind(self.rows, self.columns)

    @property
    def length(self) -> int:
        """How many pixels apart noise is independent: 1 where neighbours are."""
        reaches = [np.flatnonzero(np.abs(lags) > CORRELATED) for lags in (self.rows, self.columns)]
        return 1 + max((int(reach[-1]) + 1 for reach in reaches if len(reach)), default=0)

    @property
    def grows(self) -> bool:
        """Whether it is stronger where the image is brighter, as that of photons is."""
        return bool(self.gain > 0 and self.sigmas[-3:].mean() > 1.25 * self.sigmas[:3].mean())


def look_at_noise(images: list[Array]) -> NoiseLook | None:
    """Return what the noise of some images is like; None where they are too small or all of one value.

    The noise is seen where the picture is smoothest. Its strength is that of a second difference in both directions,
    which planes and edges along an axis do not pass (Immerkær, *Fast noise variance estimation*, 1996), in 8 × 8 blocks
    whose own slopes are small; its autocorrelation r that of 16 × 16 blocks less a parabola. Of correlated noise the
    second difference along an axis passes the share 1 - 4/3 r(1) + 1/3 r(2) of the variance, which is made up for.

    Args:
        images: Floats ``(H, W, C)`` in the range [0, 1], channels are looked at one by one.
    """
    planes = [image[..., channel].astype(np.float64) for image in images for channel in range(image.shape[2])]
    planes = [plane for plane in planes if min(plane.shape) >= WIDE + 2]
    if not planes:
        return None
    means, levels = (np.concatenate(parts) for parts in zip(*map(_levels, planes), strict=True))
    if not len(levels) or not levels.any():
        return None
    order = np.array_split(np.argsort(means), min(STEPS, max(1, len(means) // 20)))
    brightness = np.array([means[part].mean() for part in order])
    # The median: neither a few blocks of texture count, nor those that are of one value.
    variances = np.array([np.median(levels[part]) ** 2 for part in order])
    rows, columns = _correlations(planes)
    seen = float(np.sqrt(np.median(variances)))
    if _kind(rows, columns) != "independent":
        variances = variances / np.prod([max(0.1, 1 - 4 / 3 * lags[0] + 1 / 3 * lags[1]) for lags in (rows, columns)])
    gain, floor = np.polyfit(brightness, variances, 1) if np.ptp(brightness) > 1e-3 else (0.0, variances.mean())
    sigmas = np.sqrt(variances)
    return NoiseLook(float(np.median(sigmas)), seen, brightness, sigmas, float(gain), float(floor), rows, columns)


def _kind(rows: Floats, columns: Floats) -> str:
    across, down = (bool((np.abs(lags) > CORRELATED).any()) for lags in (rows, columns))
    if across and down:
        return "over neighbours"
    return "along rows" if across else "along columns" if down else "independent"


def _blocks(plane: Floats, side: int) -> Floats:
    """Return the blocks ``(N, side, side)`` of an image."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.swapaxes(1, 2).reshape(-1, side, side)


def _levels(plane: Floats) -> tuple[Floats, Floats]:
    """Return mean and noise of the blocks whose slopes are small beside those of other blocks as bright."""
    second = plane[2:] - 2 * plane[1:-1] + plane[:-2]
    second = (second[:, 2:] - 2 * second[:, 1:-1] + second[:, :-2]) / 6
    blocks, residuals = _blocks(plane[1:-1, 1:-1], BLOCK), _blocks(second, BLOCK)
    # Nothing is known of noise where samples are cut off at an end.
    ends = plane.min(), plane.max()
    inside = ((blocks != ends[0]) & (blocks != ends[1])).mean(axis=(1, 2)) > 0.9
    blocks, residuals = blocks[inside], residuals[inside]
    if not len(blocks):
        return np.empty(0), np.empty(0)
    means = blocks.mean(axis=(1, 2))
    quarters = blocks.reshape(-1, 2, BLOCK // 2, 2, BLOCK // 2).mean(axis=(2, 4))
    slopes = quarters.std(axis=(1, 2))
    chosen = []
    for part in np.array_split(np.argsort(means), min(STEPS, max(1, len(means) // 20))):
        chosen.append(part[np.argsort(slopes[part])[: max(4, round(SMOOTH * len(part)))]])
    kept = np.concatenate(chosen)
    return means[kept], np.sqrt(np.mean(residuals[kept] ** 2, axis=(1, 2)))


def _correlations(planes: list[Floats]) -> tuple[Floats, Floats]:
    """Return the autocorrelation of the smoothest blocks less a parabola, along rows and columns."""
    rows, columns = np.mgrid[:WIDE, :WIDE] / WIDE - 0.5
    terms = [np.ones_like(rows), rows, columns, rows * columns, rows**2, columns**2]
    basis, _ = np.linalg.qr(np.stack([term.ravel() for term in terms], axis=1))
    smooth = []
    for plane in planes:
        blocks = _blocks(plane, WIDE).reshape(-1, WIDE * WIDE)
        flat = blocks - (blocks @ basis) @ basis.T
        spread = flat.std(axis=1)
        seen = spread > 0
        flat, spread = flat[seen], spread[seen]
        # Blocks count alike, whatever their brightness.
        some = np.argsort(spread)[: max(4, round(SMOOTH * len(spread)))]
        smooth.append((flat[some] / spread[some, None]).reshape(-1, WIDE, WIDE))
    blocks = np.concatenate(smooth)
    if not len(blocks):
        return np.zeros(LAGS), np.zeros(LAGS)
    variance = np.mean(blocks**2)
    across = [np.mean(blocks[:, :, lag:] * blocks[:, :, :-lag]) / variance for lag in range(1, LAGS + 1)]
    down = [np.mean(blocks[:, lag:] * blocks[:, :-lag]) / variance for lag in range(1, LAGS + 1)]
    return np.array(across), np.array(down)
