"""Tiles cover the image once, and give what one run gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unnoise.errors import InputError
from unnoise.inference.tiles import halo_of, spans, tiling


@given(
    blocks=st.integers(1, 200),
    stride=st.sampled_from([1, 2, 4, 8]),
    halos=st.integers(0, 6),
    kept=st.integers(1, 20),
)
@settings(max_examples=300, deadline=None)
def test_the_kept_parts_cover_an_axis_once_and_lie_a_halo_from_every_cut(blocks, stride, halos, kept):
    length, halo = blocks * stride, halos * stride
    side = 2 * halo + kept * stride
    tiles = spans(length, side, halo)
    assert [tile.first for tile in tiles] == [0, *(tile.last for tile in tiles[:-1])]
    assert tiles[-1].last == length
    assert len({tile.stop - tile.start for tile in tiles}) == 1
    for tile in tiles:
        assert tile.first < tile.last
        assert tile.start % stride == 0
        assert tile.start >= 0
        assert tile.stop <= length
        assert tile.start == 0 or tile.first - tile.start >= halo
        assert tile.stop == length or tile.stop - tile.last >= halo
        assert len(range(length)[tile.seen][tile.inner]) == tile.last - tile.first


@given(
    height=st.integers(1, 60), width=st.integers(1, 60), stride=st.sampled_from([1, 4]), field=st.integers(1, 40),
    pixels=st.integers(100, 20_000),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_automatic_tiles_keep_to_the_pixels_where_they_can(height, width, stride, field, pixels):
    halo = halo_of(field, stride)
    cut = tiling(4 * height, 4 * width, stride=stride, halo=halo, side=None, pixels=pixels)
    seen = np.zeros((4 * height, 4 * width), int)
    for row, column in cut:
        seen[row.kept, column.kept] += 1
        if (2 * halo + stride) ** 2 <= pixels:
            assert (row.stop - row.start) * (column.stop - column.start) <= pixels
    assert (seen == 1).all()


def test_a_photograph_of_six_megapixels_goes_in_few_tiles():
    cut = tiling(2000, 3000, stride=8, halo=96, side=None, pixels=1 << 20)
    assert len(cut) <= 9
    work = sum((row.stop - row.start) * (column.stop - column.start) for row, column in cut)
    assert work <= 1.35 * 2000 * 3000


def test_an_image_that_fits_is_one_tile():
    assert len(tiling(8, 12, stride=1, halo=0, side=None, pixels=96)) == 1
    assert len(tiling(8, 12, stride=1, halo=0, side=None, pixels=95)) == 2


def test_halo_is_half_the_receptive_field_on_the_grid():
    assert [halo_of(field, 8) for field in (1, 3, 17, 183)] == [0, 8, 8, 96]


def test_tiles_without_room_between_halos_are_refused():
    with pytest.raises(InputError, match=r"Tiles of 192 pixels are too small.*at least 200"):
        tiling(400, 400, stride=8, halo=96, side=199, pixels=0)
    assert len(tiling(64, 64, stride=8, halo=96, side=64, pixels=0)) == 1
