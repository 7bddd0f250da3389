"""Pixels under full transparency: nobody sees their colour, and no network should, since it bleeds into the edge.

Editors leave black, white or old colours there. A network looks at a neighbourhood and would mix them into
the last visible pixels; so it is given the mean of the nearest visible ones instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from unnoise.imaging.samples import Array

# Rows above and below in which visible pixels are looked for; no network here sees farther.
REACH = 96
# Half the side of the square over whose visible pixels the mean is taken.
_HALF = 3


def fill_hidden(strips: Iterable[Array]) -> Iterator[tuple[Array, Array]]:
    """Give each strip with a copy in which hidden colours are those of the nearest visible pixels' surroundings.

    The result does not depend on how the image is cut into strips. Where nothing is visible within 96 rows, the colours
    stay.

    Args:
        strips: Arrays ``(h, W, C + 1)`` from top to bottom, the last channel alpha; hidden is where it is 0.

    Yields:
        The strip as it was, and the strip to be denoised, both of its shape and dtype.
    """
    margin = REACH + _HALF
    above: Array | None = None  # rows that are done, as far as they are still seen
    waiting: list[Array] = []
    for strip in strips:
        waiting.append(strip)
        while len(waiting) > 1 and sum(map(len, waiting[1:])) >= margin:
            yield waiting[0], _filled(above, waiting[0], waiting[1:], margin)
            above = _end(above, waiting.pop(0), margin)
    while waiting:
        yield waiting[0], _filled(above, waiting[0], waiting[1:], margin)
        above = _end(above, waiting.pop(0), margin)


def without_hidden(pixels: Array, alpha: Array) -> Array:
    """Return the colours ``(H, W)`` or ``(H, W, C)`` of an image with hidden ones filled, as `fill_hidden` does."""
    both = np.concatenate([pixels.reshape(*alpha.shape, -1), alpha[..., np.newaxis]], axis=2)
    ((_, filled),) = fill_hidden([both])
    return filled[..., :-1].reshape(pixels.shape)


def _end(above: Array | None, strip: Array, rows: int) -> Array:
    both = strip if above is None else np.concatenate([above, strip])
    return both[-rows:]


def _filled(above: Array | None, strip: Array, below: list[Array], margin: int) -> Array:
    """Return the strip with its hidden colours filled, from what is around it."""
    if strip[..., -1].all():
        return strip
    parts = [strip, *below] if above is None else [above, strip, *below]
    first = 0 if above is None else len(above)
    window = np.concatenate(parts)[: first + len(strip) + margin]
    visible = window[..., -1] > 0
    rows, columns, found = _nearest(visible)
    mean = _means(window[..., :-1], visible)
    here = slice(first, first + len(strip))
    hidden = ~visible[here] & found[here]
    result = strip.copy()
    colours = mean[rows[here][hidden], columns[here][hidden]]
    if strip.dtype.kind in "ui":
        colours = np.rint(colours)
    result[hidden, :-1] = colours.astype(strip.dtype)
    return result


def _nearest(visible: npt.NDArray[np.bool_]) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Return row and column of the visible pixel that is nearest by rows plus columns, and whether one is in reach."""
    height, width = visible.shape
    far = 4 * (height + width + REACH)
    numbers = np.arange(height)[:, None]
    before = np.maximum.accumulate(np.where(visible, numbers, -far), axis=0)
    after = np.minimum.accumulate(np.where(visible, numbers, far)[::-1], axis=0)[::-1]
    row = np.where(numbers - before <= after - numbers, before, after)
    distance = np.abs(row - numbers)
    distance[distance > REACH] = far
    # The least of distance + columns between, from the left and from the right, its column carried along.
    place = np.arange(width)
    left = np.minimum.accumulate((distance - place + width) * width + place, axis=1)
    right = np.minimum.accumulate(((distance + place) * width + place)[:, ::-1], axis=1)[:, ::-1]
    by_left, by_right = left // width - width + place, right // width - place
    column = np.where(by_left <= by_right, left % width, right % width)
    found = np.minimum(by_left, by_right) < far
    return np.clip(np.take_along_axis(row, column, axis=1), 0, height - 1), column, found


def _means(colours: Array, visible: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the mean over the visible pixels of a square around each pixel ``(H, W, C)``."""
    seen = visible[..., None]
    values = np.where(seen & np.isfinite(colours), colours, 0).astype(np.float64)
    sums = _boxes(np.concatenate([values, seen], axis=2))
    means: npt.NDArray[np.float64] = sums[..., :-1] / np.maximum(sums[..., -1:], 1)
    return means


def _boxes(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the sums over squares, cut off at the edges."""
    for axis in (0, 1):
        size = values.shape[axis]
        total = np.cumsum(values, axis=axis)
        total = np.concatenate([np.zeros_like(total.take([0], axis)), total], axis=axis)
        places = np.arange(size)
        values = total.take(np.minimum(places + _HALF + 1, size), axis) - total.take(
            np.maximum(places - _HALF, 0), axis
        )
    return values
