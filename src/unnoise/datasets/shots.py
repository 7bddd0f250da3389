"""Repeated shots of scenes: one sub-folder for each scene, several images of it that differ in their noise alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unnoise.datasets.dataset import Dataset
from unnoise.datasets.folder import FIFTH, cut_squares, kind_of
from unnoise.datasets.frames import read_frames
from unnoise.datasets.layout import layout_of
from unnoise.errors import DataError
from unnoise.imaging import image_files


def load_shots(
    folder: str | Path, split: str = "train", *, tile: int, white: float | None = None, offset: float = 0.0
) -> Dataset:
    """Give squares of all shots; those of one place of a scene have the same number in ``places``.

    Every fifth scene in name order is for the test; of fewer than five scenes every fifth square is.

    Args:
        folder: A folder with a sub-folder of shots for each scene, at least two of one size in each.
        split: ``"train"`` (the default) or ``"test"``.
        tile: The squares' side.
        white, offset: The samples that stand for 1 and 0.

    Raises:
        DataError: scenes of a single shot, shots that differ in size or depth, or too few squares for a test.
        InputError: an image cannot be read.
    """
    scenes = layout_of(folder).parts
    few = len(scenes) < FIFTH
    images, groups, places = [], [], []
    first = None
    for number, scene in enumerate(scenes):
        if not few and (number % FIFTH == FIFTH - 1) != (split == "test"):
            continue
        shots = [frame for file in image_files(scene) for frame in read_frames(file)]
        first = shots[0] if first is None else first
        if len(shots) < 2:
            raise DataError(f"{scene} holds one image; several shots of a scene are needed. Add some, or move it.")
        for shot in shots:
            if shot.shape != shots[0].shape or (shot.dtype, shot.shape[2]) != (first.dtype, first.shape[2]):
                raise DataError(
                    f"The shots of a scene must be alike: {scene} holds {kind_of(shots[0])} and {kind_of(shot)}. "
                    "Crop or convert them, or make a folder for each scene."
                )
            if min(shot.shape[:2]) < tile:
                raise DataError(f"{scene} holds {kind_of(shot)}, smaller than a tile of {tile}. Use smaller tiles.")
            squares = cut_squares(shot, tile)
            here = np.arange(len(squares))
            kept = (here % FIFTH == FIFTH - 1) == (split == "test") if few else np.full(len(here), True)
            images.append(squares[kept])
            groups.append((here if few else np.full(len(here), number))[kept])
            places.append(number * 1_000_000 + here[kept])
    if not images or not sum(map(len, images)):
        raise DataError(f"{folder} has too few squares of {tile} pixels for {split}. Use smaller tiles.")
    return Dataset(
        name=str(folder),
        split=split,
        images=np.concatenate(images),
        labels=None,
        class_names=(),
        source=str(folder),
        licence="that of the images",
        groups=np.concatenate(groups).astype(np.int64),
        places=np.concatenate(places).astype(np.int64),
        white=white,
        offset=offset,
    )
