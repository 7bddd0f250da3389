"""The images of a benchmark: the field's test sets, noisy and clean pairs, any folder, and what scikit-image brings."""

from __future__ import annotations

import fnmatch
import functools
import importlib.resources
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unnoise.baselines.baseline import Images
from unnoise.errors import DataError, UsageError
from unnoise.registry import suggestion

BUNDLED = "scikit-image"
BUNDLED_FILES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")


@dataclass(frozen=True)
class Sample:
    """One test image.

    Args:
        name: Its file name.
        clean: The file of the clean image.
        noisy: The file of the noisy one; None where noise is to be added.
    """

    name: str
    clean: Path
    noisy: Path | None = None

    def read(self) -> tuple[Images, Images | None]:
        """Return the clean image ``(H, W, C)``, float32 in [0, 1], and the noisy one where there is one.

        Raises:
            DataError: the two differ in size.
        """
        clean = _pixels(self.clean)
        if self.noisy is None:
            return clean, None
        noisy = _pixels(self.noisy)
        if noisy.shape != clean.shape:
            raise DataError(
                f"The images of a pair must have one size; {self.noisy} is {noisy.shape}, {self.clean} {clean.shape}."
            )
        return clean, noisy


@dataclass(frozen=True)
class ImageSet:
    """A set of test images.

    Args:
        name: As it is asked for.
        title: To show.
        samples: The images, in the order of their names; it decides on the noise of each.
    """

    name: str
    title: str
    samples: tuple[Sample, ...]

    @property
    def pairs(self) -> bool:
        """Whether the noise is in the files."""
        return self.samples[0].noisy is not None


def known_sets() -> list[str]:
    """Return the names of the known sets."""
    return list(_catalogue())


def title_of(name: str) -> str:
    """Return what to call a set: the title of a known one, else its last part."""
    return str(_catalogue()[name]["title"]) if name in _catalogue() else Path(name).name


def set_order(name: str) -> tuple[int, str]:
    """Return the place of a set among others: known ones in their order, then the rest by name."""
    known = known_sets()
    return (known.index(name) if name in known else len(known)), name


def found_sets(data_dir: str | Path | None = None) -> list[str]:
    """Return the known sets that are on this machine; the one of scikit-image where there is no other."""
    found = [name for name in _catalogue() if name != BUNDLED and _folder(name, data_dir) is not None]
    return found or [BUNDLED]


def load_set(name: str, *, data_dir: str | Path | None = None) -> ImageSet:
    """Return a set of test images; the pixels are read later.

    Args:
        name: A known set, a folder of clean images, or ``FOLDER:NOISY:CLEAN`` with the file-name patterns of pairs,
            such as ``shots:*_noisy.png:*_clean.png``: what the two stars stand for must be equal.
        data_dir: Folder in which known sets are looked for first; ``UNNOISE_DATA`` when None.

    Raises:
        DataError: the set is not on this machine, has no images, or a pair is not whole.
        UsageError: neither a known set nor a folder.
    """
    if name == BUNDLED:
        return ImageSet(name, title_of(name), tuple(_bundled()))
    entry = _catalogue().get(name)
    if entry is not None:
        folder = _folder(name, data_dir)
        if folder is None:
            looked = ", ".join(str(place) for place in _places(data_dir))
            raise DataError(
                f"The set {name} is not on this machine: no folder {' or '.join(entry['folders'])} in {looked}. It is "
                f"{entry['origin']}. Put its images there, set UNNOISE_DATA, or name a folder of images."
            )
        patterns = (entry["noisy"], entry["clean"]) if "noisy" in entry else None
    else:
        place, *rest = name.rsplit(":", 2) if name.count("*") >= 2 else [name]
        folder, patterns = Path(place), (rest[0], rest[1]) if len(rest) == 2 else None
        if not folder.is_dir():
            raise UsageError(
                f"{name!r} is neither a known set nor a folder of images. {suggestion(name, _catalogue())} Pairs are "
                "written FOLDER:NOISY:CLEAN, such as 'shots:*_noisy.png:*_clean.png'."
            )
    samples = tuple(_paired(folder, *patterns) if patterns else _images(folder))
    return ImageSet(name, title_of(name), samples)


@functools.cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return tomllib.loads(importlib.resources.files(__package__).joinpath("sets.toml").read_text("utf-8"))


def _places(data_dir: str | Path | None) -> list[Path]:
    given = data_dir or os.environ.get("UNNOISE_DATA")
    return [*([Path(given), Path(given) / "photos"] if given else []), Path(".").resolve()]


def _folder(name: str, data_dir: str | Path | None) -> Path | None:
    candidates = (place / folder for place in _places(data_dir) for folder in _catalogue()[name]["folders"])
    return next((path for path in candidates if path.is_dir()), None)


def _images(folder: Path) -> list[Sample]:
    from unnoise.imaging import image_files

    files = image_files(folder)
    if not files:
        raise DataError(f"{folder} has no images. Name a folder of clean images, or of pairs.")
    return [Sample(file.name, file) for file in files]


def _paired(folder: Path, noisy: str, clean: str) -> list[Sample]:
    for pattern in (noisy, clean):
        if pattern.count("*") != 1:
            raise UsageError(f"The pattern of a pair has one star, such as *_noisy.png; received {pattern!r}.")
    before, after = clean.split("*")
    files = sorted(file for file in folder.iterdir() if fnmatch.fnmatchcase(file.name, noisy))
    if not files:
        raise DataError(f"{folder} has no file {noisy}. Correct the pattern of the noisy images.")
    head, tail = noisy.split("*")
    pairs = []
    for file in files:
        middle = file.name[len(head) : len(file.name) - len(tail)]
        partner = folder / f"{before}{middle}{after}"
        if not partner.is_file():
            raise DataError(f"{file} has no clean partner {partner.name}. Add it, or correct the pattern {clean!r}.")
        pairs.append(Sample(file.name, partner, file))
    return pairs


def _bundled() -> list[Sample]:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return [Sample(name, folder / name) for name in BUNDLED_FILES]


def _pixels(file: Path) -> Images:
    from unnoise.imaging import read_image

    image = read_image(file).to_float()
    return np.asarray(image if image.ndim == 3 else image[..., np.newaxis], np.float32)
