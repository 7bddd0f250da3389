"""Images that are read and written from top to bottom, a row of tiles at a time: memory does not grow with height."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from unnoise.inference.array_batch import Batch
from unnoise.inference.tiles import Span, Tiling


def rows_of_tiles(
    strips: Iterable[Batch], height: int, width: int, padded: tuple[int, int], cut: Tiling
) -> Iterator[tuple[Span, Batch]]:
    """Give each row of tiles of ``cut`` with the pixels that it sees.

    Args:
        strips: Arrays ``(..., h, width, C)`` from top to bottom, ``height`` rows in all.
        height, width: The image's size.
        padded: The size to which the image is mirrored at its lower and right edge.
        cut: How the mirrored image is cut.

    Yields:
        The rows' span and the pixels ``(..., span.stop - span.start, padded width, C)``.
    """
    source = iter(strips)
    strip, top = next(source), 0  # the strip at work and its first row
    seen, first = strip[..., :0, :, :], 0  # what the last span saw, and its first row
    for span in cut.rows:
        stop = min(span.stop, height)
        if top <= span.start and stop <= top + strip.shape[-3]:
            rows = strip[..., span.start - top : stop - top, :, :]
        else:
            rows = np.empty((*strip.shape[:-3], stop - span.start, *strip.shape[-2:]), np.float32)
            known = seen[..., span.start - first :, :, :]
            rows[..., : known.shape[-3], :, :] = known
            row = span.start + known.shape[-3]
            while row < stop:
                while top + strip.shape[-3] <= row:
                    top += strip.shape[-3]
                    strip = next(source)
                part = strip[..., row - top : stop - top, :, :]
                rows[..., row - span.start : row - span.start + part.shape[-3], :, :] = part
                row += part.shape[-3]
        seen, first = rows, span.start
        missing = [(0, 0)] * (rows.ndim - 3) + [(0, span.stop - stop), (0, padded[1] - width), (0, 0)]
        yield span, np.pad(rows, missing, mode="symmetric") if np.any(missing) else rows
