"""Images that are read and written from top to bottom, a row of tiles at a time: memory does not grow with height."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from unnoise.inference.pixels import Batch
from unnoise.inference.tiles import Span, Tiling


def rows_of_tiles(
    strips: Iterable[Batch], height: int, width: int, padded: tuple[int, int], cut: Tiling
) -> Iterator[tuple[Span, Batch]]:
    """Give each row of tiles of ``cut`` with the pixels that it sees.

    Args:
        strips: Arrays ``(h, width, C)`` from top to bottom, ``height`` rows in all.
        height, width: The image's size.
        padded: The size to which the image is mirrored at its lower and right edge.
        cut: How the mirrored image is cut.

    Yields:
        The rows' span and the pixels ``(span.stop - span.start, padded width, C)``.
    """
    source = iter(strips)
    strip, top = next(source), 0  # the strip at work and its first row
    seen, first = strip[:0], 0  # what the last span saw, and its first row
    for span in cut.rows:
        stop = min(span.stop, height)
        rows = np.empty((stop - span.start, width, strip.shape[2]), np.float32)
        known = seen[span.start - first :]
        rows[: len(known)] = known
        row = span.start + len(known)
        while row < stop:
            while top + len(strip) <= row:
                top += len(strip)
                strip = next(source)
            part = strip[row - top : stop - top]
            rows[row - span.start : row - span.start + len(part)] = part
            row += len(part)
        seen, first = rows, span.start
        missing = span.stop - stop, padded[1] - width
        yield span, np.pad(rows, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric") if any(missing) else rows
