"""Large images in tiles: where they lie and which part of each is kept, so that the result equals that of one run.

A pixel of the output depends on the pixels within the network's receptive field only. Tiles overlap by twice half of
that field (the halo); what lies within a halo of a cut is dropped. Tiles start on multiples of the stride, so that the
network's grid is that of the whole image; all have the same size, the last one is shifted inward, and none is padded:
at the image's border the network sees what it would see in one run.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from unnoise.errors import InputError


@dataclasses.dataclass(frozen=True)
class Span:
    """A tile along one axis: ``[start, stop)`` goes through the network, ``[first, last)`` of it is kept."""

    start: int
    stop: int
    first: int
    last: int

    @property
    def seen(self) -> slice:
        """Where the tile lies in the image."""
        return slice(self.start, self.stop)

    @property
    def kept(self) -> slice:
        """Where the kept part lies in the image."""
        return slice(self.first, self.last)

    @property
    def inner(self) -> slice:
        """Where the kept part lies in the tile."""
        return slice(self.first - self.start, self.last - self.start)


@dataclasses.dataclass(frozen=True)
class Tiling:
    """How images of one size are cut.

    Attributes:
        rows, columns: The tiles along height and width; every pair of them is a tile.
    """

    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    def __iter__(self) -> Iterator[tuple[Span, Span]]:
        return itertools.product(self.rows, self.columns)

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)


def halo_of(receptive_field: int, stride: int) -> int:
    """Return how far beyond its kept part a tile reaches: half the receptive field, up to a multiple of the stride."""
    return round_up(receptive_field // 2, stride)


def round_up(length: int, multiple: int) -> int:
    """Return the smallest multiple of ``multiple`` that is at least ``length``."""
    return -(-length // multiple) * multiple


def spans(length: int, side: int, halo: int) -> tuple[Span, ...]:
    """Return the tiles of the side ``side`` that cover an axis; one that is the whole axis where it fits.

    Args:
        length: Pixels along the axis, a multiple of the stride.
        side: Pixels of a tile, a multiple of the stride, more than two halos.
        halo: As :func:`halo_of` gives it.
    """
    if length <= side:
        return (Span(0, length, 0, length),)
    step = side - 2 * halo
    starts = [*range(0, length - side, step), length - side]
    ends = [start + side - halo for start in starts[:-1]] + [length]
    firsts = [0, *ends[:-1]]
    return tuple(
        Span(start, start + side, first, last) for start, first, last in zip(starts, firsts, ends, strict=True)
    )


def single_tile(height: int, width: int) -> Tiling:
    """Return the tiling of an image that goes through the network whole."""
    return Tiling((Span(0, height, 0, height),), (Span(0, width, 0, width),))


def tiling(
    height: int, width: int, *, stride: int, halo: int, side: int | None, pixels: int, tallest: int | None = None
) -> Tiling:
    """Return how an image of ``height`` × ``width``, multiples of the stride, is cut.

    Args:
        height, width: The padded image's size.
        stride: The network's stride.
        halo: As :func:`halo_of` gives it.
        side: Largest side of a tile; None: the fewest tiles of at most ``pixels`` pixels.
        pixels: Most pixels of a tile where ``side`` is None.
        tallest: Largest height of a tile where ``side`` is None, if that can be met; None: any.

    Raises:
        InputError: ``side`` leaves nothing to keep between two halos.
    """
    smallest = 2 * halo + stride
    if side is not None:
        side -= side % stride
        if side < smallest and side < max(height, width):
            raise InputError(
                f"Tiles of {side} pixels are too small for this model, whose tiles overlap by {2 * halo}. "
                f"Use at least {smallest}."
            )
        return Tiling(spans(height, side, halo), spans(width, side, halo))
    rows, columns = (_choices(length, stride, halo) for length in (height, width))
    if tallest is not None:
        rows = {a: work for a, work in rows.items() if a <= tallest} or {min(rows): rows[min(rows)]}
    # The least work, of that the largest tiles; where nothing fits, the smallest.
    fitting = [(work * more, -a, -b) for a, work in rows.items() for b, more in columns.items() if a * b <= pixels]
    _, a, b = min(fitting, default=(0, -min(rows), -min(columns)))
    return Tiling(spans(height, -a, halo), spans(width, -b, halo))


def _choices(length: int, stride: int, halo: int) -> dict[int, int]:
    """Return the sides with which 1, 2, 3 … tiles cover an axis, and how many pixels along it the network then sees."""
    kept = max(0, length - 2 * halo)
    sides = {round_up(-(-kept // count), stride) + 2 * halo for count in range(2, kept // stride + 1)}
    inner = {side: (-(-(length - side) // (side - 2 * halo)) + 1) * side for side in sides if side < length}
    return {length: length} | inner
