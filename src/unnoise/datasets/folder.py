"""A folder of images as a data set.

Layouts: images directly in the folder (no labels), or in one sub-folder for each class; either of them in sub-folders
``train`` and ``test``, or without them, and then every fifth image of each class is for the test. Images of different
sizes, photographs above all, are cut into squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.datasets.dataset import Dataset, Images, Labels
from unnoise.errors import DataError
from unnoise.imaging.samples import to_float, white_in_use

#: Without sub-folders train and test, every fifth image in name order is for the test.
FIFTH = 5


def load_folder(folder: str | Path, split: str = "train", *, tile: int | None = None) -> Dataset:
    """Give the images of a folder; all must have the same channels and bit depth, and without ``tile`` the same size.

    Args:
        folder: Its path, in one of the layouts above.
        split: ``"train"`` (the default) or ``"test"``.
        tile: Cut every image into squares of this side; what is left over at its right and lower edge is dropped.
            The squares of one image are a group.

    Returns:
        uint8 for 8-bit images; float32 in [0, 1] for 16-bit ones (divided by the least of 1023, 4095, 16383 and 65535
        that no sample of either split is above) and float ones. The names of the class folders, sorted, are the class
        names.

    Raises:
        DataError: no images, one that differs from the first or is smaller than a tile, or classes that do not agree.
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
    if not divided:
        by_class = {name: _divide(files, split) for name, files in by_class.items()}
    files = [file for files in by_class.values() for file in files]
    if not files:
        raise DataError(
            f"{folder} has no images for {split}: every fifth image of a folder (of a class) is for the test. "
            f"Add images, at least {FIFTH}, or make sub-folders train and test."
        )
    indices = np.array([class_names.index(name) if name else -1 for name, files in by_class.items() for _ in files])
    images, origins = _read(files, tile)
    if images.dtype == np.uint16:
        # Both splits have one white.
        everything = (folder / "train", folder / "test") if divided else (folder,)
        others = {file for part in everything for found in _by_class(part).values() for file in found} - set(files)
        high = max([int(images.max()), *(int(_pixels(file).max()) for file in others)])
        images = to_float(images, white=white_in_use(np.uint16, high))
    return Dataset(
        name=str(folder),
        split=split,
        images=images,
        labels=indices[origins].astype(np.int64) if class_names else None,
        class_names=tuple(class_names),
        source=str(folder / split if divided else folder),
        licence="that of the images",
        groups=origins if tile else None,
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
    first = _pixels(files[0])
    parts: list[Images] = []
    for file in files:
        pixels = _pixels(file)
        alike = pixels.shape == first.shape if tile is None else pixels.shape[2] == first.shape[2]
        if not alike or pixels.dtype != first.dtype:
            raise DataError(
                f"All images of a data set must be alike: {files[0]} is {_kind(first)}, but {file} is {_kind(pixels)}. "
                "Crop, resize or convert it, cut sizes that differ into tiles, or move it to another folder."
            )
        if tile is not None and min(pixels.shape[:2]) < tile:
            raise DataError(f"{file} is {_kind(pixels)}, smaller than a tile of {tile}. Use smaller tiles, or move it.")
        parts.append(pixels[np.newaxis] if tile is None else _squares(pixels, tile))
    images: Images = np.concatenate(parts)
    origins = np.repeat(np.arange(len(files), dtype=np.int64), [len(part) for part in parts])
    return images, origins


def _squares(pixels: Images, side: int) -> Images:
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    grid = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, -1)
    return grid.swapaxes(1, 2).reshape(rows * columns, side, side, -1)


def _pixels(file: Path) -> npt.NDArray[Any]:
    from unnoise.imaging import read_image

    pixels = np.asarray(read_image(file).pixels)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _kind(pixels: npt.NDArray[Any]) -> str:
    return f"{'×'.join(str(length) for length in pixels.shape)} {pixels.dtype}"
