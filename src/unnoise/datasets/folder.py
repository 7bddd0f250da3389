"""A folder of images as a data set.

Layouts: images directly in the folder (no labels), or in one sub-folder for each class; either of them in sub-folders
``train`` and ``test``, or without them, and then every fifth image of each class is for the test. Images of different
sizes, photographs above all, are cut into squares. The noisy partners of images may lie in a second folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.datasets.dataset import Dataset, Images, Labels
from unnoise.datasets.frames import read_frames
from unnoise.datasets.partners import partners_of
from unnoise.errors import DataError
from unnoise.imaging.samples import white_in_use

#: Without sub-folders train and test, every fifth image in name order is for the test.
FIFTH = 5


def load_folder(
    folder: str | Path,
    split: str = "train",
    *,
    tile: int | None = None,
    noisy: str | Path | None = None,
    white: float | None = None,
    offset: float = 0.0,
    divide_squares: bool = False,
) -> Dataset:
    """Give the images of a folder; all must have the same channels and bit depth, and without ``tile`` the same size.

    Args:
        folder: Its path, in one of the layouts above. Each image of a file that holds several counts.
        split: ``"train"`` (the default) or ``"test"``.
        tile: Cut every image into squares of this side; what is left over at its right and lower edge is dropped.
            The squares of one file are a group.
        noisy: A folder with the noisy partners of all images, by name, see :func:`unnoise.datasets.partners_of`.
        white, offset: The samples that stand for 1 and 0. White None: that of the type; of 16 bits the least of 1023,
            4095, 16383 and 65535 that no sample of either split is above.
        divide_squares: Whether every fifth square is for the test, not every fifth file: for few large images. A
            square is a group of its own then.

    Returns:
        The samples as they are in the files. The names of the class folders, sorted, are the class names.

    Raises:
        DataError: no images, one that differs from the first or is smaller than a tile, classes that do not agree, or
            noisy partners that are missing.
        InputError: an image cannot be read.
    """
    folder = Path(folder)
    divided = (folder / "train").is_dir() and (folder / "test").is_dir()
    by_class = _by_class(folder / "train" if divided else folder)
    class_names = [name for name in by_class if name]
    if divided and split == "test":
        by_class = _by_class(folder / "test")
        unknown = [name for name in by_class if name not in class_names]
        if unknown and (class_names or unknown != [""]):
            raise DataError(
                f"The classes in {folder / 'test'} must be those in {folder / 'train'} ({class_names or 'none'}), "
                f"but {unknown[0] or 'images outside a class folder'!r} is not. Rename or remove it."
            )
    everything = [file for files in by_class.values() for file in files]
    partners = None if noisy is None else partners_of(everything, folder, Path(noisy))
    if not divided and not divide_squares:
        by_class = {name: _divide(files, split) for name, files in by_class.items()}
    files = [file for files in by_class.values() for file in files]
    if not files:
        raise DataError(
            f"{folder} has no images for {split}: every fifth image of a folder (of a class) is for the test. "
            f"Add images, at least {FIFTH}, or make sub-folders train and test."
        )
    indices = np.array([class_names.index(name) if name else -1 for name, files in by_class.items() for _ in files])
    images, origins = _read(files, tile)
    others = None if partners is None else _read_partners([partners[file] for file in files], files, tile)
    if divide_squares and not divided:
        kept = (np.arange(len(images)) % FIFTH == FIFTH - 1) == (split == "test")
        if not kept.any():
            raise DataError(f"{folder} gives {len(images)} squares; at least {FIFTH} are needed. Use smaller tiles.")
        images, origins = images[kept], origins[kept]
        others = None if others is None else others[kept]
    if images.dtype == np.uint16 and white is None:
        # Both splits have one white.
        places = (folder / "train", folder / "test") if divided else (folder,)
        rest = {file for place in places for found in _by_class(place).values() for file in found} - set(files)
        high = max([int(images.max()), *(int(frame.max()) for file in rest for frame in read_frames(file))])
        white = white_in_use(np.uint16, high)
    return Dataset(
        name=str(folder),
        split=split,
        images=images,
        labels=indices[origins].astype(np.int64) if class_names else None,
        class_names=tuple(class_names),
        source=str(folder / split if divided else folder),
        licence="that of the images",
        groups=(np.arange(len(images)) if divide_squares else origins) if tile else None,
        noisy=others,
        white=white,
        offset=offset,
    )


def _by_class(folder: Path) -> dict[str, list[Path]]:
    """Give the images under each class name; the only name is empty where images lie directly in the folder."""
    from unnoise.imaging import image_files

    direct = image_files(folder)
    classes = {
        entry.name: files
        for entry in sorted(folder.iterdir())
        if entry.is_dir() and not entry.name.startswith(".") and (files := image_files(entry))
    }
    if direct and classes:
        raise DataError(
            f"{folder} has images directly in it ({direct[0].name}) and in sub-folders ({next(iter(classes))}). "
            "Put all in sub-folders, one for each class, or none."
        )
    if not direct and not classes:
        raise DataError(f"{folder} has no images. Give a folder with images, directly or in one sub-folder a class.")
    return classes or {"": direct}


def _divide(files: Sequence[Path], split: str) -> list[Path]:
    return [file for index, file in enumerate(files) if (index % FIFTH == FIFTH - 1) == (split == "test")]


def _read(files: Sequence[Path], tile: int | None) -> tuple[Images, Labels]:
    """Give the images, or their squares, and the number of the file that each is from."""
    first = read_frames(files[0])[0]
    parts: list[Images] = []
    origins: list[int] = []
    for number, file in enumerate(files):
        for pixels in read_frames(file):
            alike = pixels.shape == first.shape if tile is None else pixels.shape[2] == first.shape[2]
            if not alike or pixels.dtype != first.dtype:
                raise DataError(
                    f"All images of a data set must be alike: {files[0]} is {kind_of(first)}, but {file} is "
                    f"{kind_of(pixels)}. Crop, resize or convert it, cut sizes that differ into tiles, or move it to "
                    "another folder."
                )
            if tile is not None and min(pixels.shape[:2]) < tile:
                raise DataError(
                    f"{file} is {kind_of(pixels)}, smaller than a tile of {tile}. Use smaller tiles, or move it."
                )
            parts.append(pixels[np.newaxis] if tile is None else cut_squares(pixels, tile))
            origins += [number] * len(parts[-1])
    return np.concatenate(parts), np.array(origins, np.int64)


def _read_partners(noisy: Sequence[Path], files: Sequence[Path], tile: int | None) -> Images:
    """Give the noisy images, or their squares; each file must hold what its partner does."""
    for ours, theirs in zip(noisy, files, strict=True):
        here, there = ([kind_of(frame) for frame in read_frames(file)] for file in (ours, theirs))
        if here != there:
            raise DataError(
                f"The images of a pair must have one size and depth: {ours} is {', '.join(here)}, but {theirs} is "
                f"{', '.join(there)}. Crop or convert one of them."
            )
    return _read(noisy, tile)[0]


def cut_squares(pixels: Images, side: int) -> Images:
    """Give the squares ``(N, side, side, C)`` of an image, row by row; what is left over is dropped."""
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    grid = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, -1)
    return grid.swapaxes(1, 2).reshape(rows * columns, side, side, -1)


def kind_of(pixels: npt.NDArray[Any]) -> str:
    """Give shape and type of an image in words."""
    return f"{'×'.join(str(length) for length in pixels.shape)} {pixels.dtype}"
