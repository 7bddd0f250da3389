"""The names of all data sets, and ``load``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from unnoise.datasets.dataset import Dataset
from unnoise.datasets.folder import load_folder
from unnoise.datasets.sources import Search
from unnoise.errors import DataError, UsageError
from unnoise.registry import Registry, suggestion

SPLITS = ("train", "test")

#: A loader takes the split, ``"train"`` or ``"test"``, and the search for its files.
Loader = Callable[[str, Search], Dataset]

registry: Registry[Loader] = Registry("data set")


def names() -> list[str]:
    """Give the names of all data sets, sorted. The path of a folder of images works as a name too."""
    return registry.names()


def load(
    name: str | Path,
    split: str = "train",
    *,
    data_dir: str | Path | None = None,
    download: bool = True,
    tile: int | None = None,
) -> Dataset:
    """Give one split of a data set.

    The files are looked for in ``data_dir`` (or the folder that ``UNNOISE_DATA`` names), then in the cache, then in
    the folder of Debian's package (Fashion-MNIST), and then downloaded into the cache. The first place that has all of
    them is used; a damaged file there is an error, never a reason to go on with another place.

    Args:
        name: One of `names()`, or the path of a folder of images, which may also lie in the folder for data. A name
            wins over a folder of the same name; write ``./digits``, or give a `pathlib.Path`, to mean the folder.
        split: ``"train"`` (the default) or ``"test"``. Validation data comes from the training set, see
            `split_validation`.
        data_dir: Folder with the files of the data sets; None takes ``UNNOISE_DATA``, if set.
        download: Whether a missing file may be downloaded.
        tile: For a folder: cut its images, which may then differ in size, into squares of this side.

    Returns:
        The data set: images ``(N, H, W, C)``, labels ``(N,)`` int64 or None, class names.

    Raises:
        UsageError: no such data set or split, or ``tile`` for a data set that is no folder.
        DataError: a folder or file is missing, truncated or corrupt, or the download failed.
        InputError: an image of a folder cannot be read.
        MissingExtraError: SciPy (olivetti) or scikit-learn (digits) is not installed.

    Example:
        >>> load("fashion-mnist-mini", "test").describe()
        'fashion-mnist-mini test: 1,000 images 28×28×1 uint8, 10 classes, from the package unnoise'
    """
    if split not in SPLITS:
        raise UsageError(f"Unknown split {split!r}. {suggestion(split, SPLITS)}")
    search = Search(Path(data_dir) if data_dir is not None else None, download)
    if isinstance(name, str) and name in registry:
        if tile is not None:
            raise UsageError(f"Only folders of images are cut into tiles; {name} is a data set. Leave tile out.")
        return registry.get(name)(split, search)
    return load_folder(find_folder(name, data_dir=data_dir), split, tile=tile)


def find_folder(name: str | Path, *, data_dir: str | Path | None = None) -> Path:
    """Give the folder of images that a name means: a path, or one in the folder for data, see :func:`load`.

    Raises:
        DataError: there is none at that path.
        UsageError: a name that is neither a data set's nor a folder's.
    """
    search = Search(Path(data_dir) if data_dir is not None else None, False)
    folders = [Path(name), *search.folders(name)]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is not None:
        return found
    looked = ", ".join(str(folder.resolve()) for folder in folders)
    if Path(name).name != str(name):  # a path
        raise DataError(f"There is no folder {name} with images (looked for {looked}).", remedy="dataset")
    raise UsageError(
        f"{str(name)!r} is neither a data set nor a folder of images (looked for {looked}). "
        f"{suggestion(str(name), registry)}"
    )
