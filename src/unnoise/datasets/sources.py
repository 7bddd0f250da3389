"""Where the files of a data set are looked for, and how a missing one is downloaded.

Order: the folder given by the user (``data_dir`` or ``UNNOISE_DATA``), the cache (``UNNOISE_CACHE`` or the platform's),
a folder of the system, the download. One place must have all files that a split needs: sources are never mixed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unnoise.datasets.download import Remote, fetch
from unnoise.datasets.extras import import_extra
from unnoise.errors import DataError, MissingExtraError


@dataclass(frozen=True)
class Wanted:
    """A file that a split needs.

    Args:
        name: The official file name, which is also the name in the cache.
        remote: Where it is downloaded from.
        unpacked: Names of the same content unpacked: a file without ``.gz``, or a folder.
    """

    name: str
    remote: Remote
    unpacked: tuple[str, ...] = ()

    def inside(self, folder: Path) -> Path | None:
        """Give the path of this file in ``folder``, packed or unpacked; None where it is not there."""
        candidates = (folder / name for name in (self.name, *self.unpacked))
        return next((path for path in candidates if path.exists()), None)


@dataclass(frozen=True)
class Search:
    """The user's wishes: a folder to look in first, and whether a download is welcome."""

    data_dir: Path | None = None
    download: bool = True

    def find(self, dataset: str, wanted: Sequence[Wanted], *, system: Path | None = None, hint: str = "") -> list[Path]:
        """Give the paths of all ``wanted`` files, from the first place that has every one of them.

        Args:
            dataset: Name of the data set, also the name of its sub-folder.
            wanted: The files, in the order of the answer.
            system: Folder of a system package that may hold them.
            hint: One more way to get the files, for the error.

        Raises:
            DataError: the files are nowhere and cannot be downloaded, or the user's folder does not exist.
        """
        places = [*self._user_places(dataset), ("the cache", cache_folder() / dataset)]
        if system is not None:
            places.append(("the system", system))
        for _, folder in places:
            paths = [path for item in wanted if (path := item.inside(folder)) is not None]
            if len(paths) == len(wanted):
                return paths
        cached = cache_folder() / dataset
        reason = "not tried, download is off"
        if self.download:
            try:
                return [item.inside(cached) or fetch(item.remote, cached / item.name) for item in wanted]
            except (DataError, MissingExtraError) as error:
                reason = str(error)
        raise DataError(_missing(dataset, wanted, places, reason, hint), remedy="data_dir")

    def folders(self, name: str | Path) -> list[Path]:
        """Give the folders that ``name`` may mean, other than the one of that path."""
        return [folder / name for _, folder in self._user_places("")]

    def _user_places(self, dataset: str) -> list[tuple[str, Path]]:
        folder, origin = self.data_dir, "data_dir"
        if folder is None:
            if not os.environ.get("UNNOISE_DATA"):
                return []
            folder, origin = Path(os.environ["UNNOISE_DATA"]), "UNNOISE_DATA"
        if not folder.is_dir():
            raise DataError(
                f"{origin} must name a folder with data sets, but {folder} is not a folder.", remedy="data_dir"
            )
        return [(origin, folder / dataset), (origin, folder)]


def cache_folder() -> Path:
    """Give the folder for downloads: ``UNNOISE_CACHE``, or ``unnoise`` in the platform's folder for caches."""
    if os.environ.get("UNNOISE_CACHE"):
        return Path(os.environ["UNNOISE_CACHE"])
    return Path(import_extra("pooch", "The cache of data sets").os_cache("unnoise"))


def damaged(path: object, expected: str, found: str) -> DataError:
    """Give the error for a file that is not what it should be: the file, the rule, what was found, what to do."""
    return DataError(
        f"{path} cannot be used: expected {expected}, found {found}. "
        "Remove this file and fetch it again, or use another folder of data sets.",
        remedy="data_dir",
    )


def sample_note(count: int, official: int) -> str:
    """Give the note for a source that holds fewer (or more) records than the official data set; else an empty text."""
    return "" if count == official else f" (a sample: {count:,} records, the official set has {official:,})"


def _missing(dataset: str, wanted: Sequence[Wanted], places: Sequence[tuple[str, Path]], reason: str, hint: str) -> str:
    absent = [item for item in wanted if all(item.inside(folder) is None for _, folder in places)] or list(wanted)
    files = ", ".join(item.name for item in absent)
    lines = [f"The data set {dataset} needs {files}, which no single place has. Looked in:"]
    lines += [f"  {folder} ({origin})" for origin, folder in places]
    lines += [f"Download: {reason}", "Ways to get it:"]
    lines += ["  - run again with a network connection and download allowed; it is kept in the cache, or"]
    lines += [f"  - fetch {item.remote.url} as {item.name}" for item in absent]
    lines += [f"    into a folder DIR/{dataset}; DIR is the folder of data sets (data_dir, or UNNOISE_DATA)"]
    if hint:
        lines += [f"  - {hint}"]
    return "\n".join(lines)
