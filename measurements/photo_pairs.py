"""Pairs of camera photographs, noisy and clean, by camera; and which photographs are set apart from training."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import unnoise

Pixels = npt.NDArray[np.float32]
SETS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "photo_sets.toml").read_text("utf-8"))
CAMERAS = (*SETS["cameras"], "all")
"""What ``--cameras`` takes."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A noisy photograph and what it shows without noise.

    Attributes:
        name: Camera, settings and scene.
        file: The noisy file; None where there is none.
        noisy, clean: float32 in [0, 1], ``(H, W, 3)``.
    """

    name: str
    noisy: Pixels
    clean: Pixels
    file: Path | None = None

    @property
    def camera(self) -> str:
        """The camera, as the name begins."""
        return self.name.split("_")[0]


def names_of(cameras: str) -> list[str]:
    """Return the cameras of "choose", "report" or "all"."""
    groups = SETS["cameras"]
    return [camera for group in groups if cameras in (group, "all") for camera in groups[group]]


def prefixes(cameras: str) -> tuple[str, ...]:
    """Return how the files of ``cameras`` begin: "choose", "report" or "all"."""
    return tuple(f"{camera}_" for camera in names_of(cameras))


def noisy_files(polyu: Path, cameras: str = "choose") -> list[Path]:
    """Return the noisy files of PolyU's pairs (Xu et al. 2018) in name order.

    Args:
        polyu: A folder with ``*_real.JPG`` and, beside each, ``*_mean.JPG``, the mean of many shots of the scene.
        cameras: "choose", "report" or "all".

    Raises:
        FileNotFoundError: the folder has none.
    """
    files = sorted(file for file in polyu.glob("*_real.JPG") if file.name.startswith(prefixes(cameras)))
    if not files:
        raise FileNotFoundError(f"{polyu} has no *_real.JPG of the cameras {', '.join(prefixes(cameras))}")
    return files


def mean_file(noisy: Path) -> Path:
    """Return the file of many shots' mean that belongs to a noisy file."""
    return noisy.with_name(noisy.name.replace("_real", "_mean"))


def polyu_pairs(polyu: Path, cameras: str = "choose") -> Iterator[Pair]:
    """Yield the pairs of :func:`noisy_files`, read one by one."""
    for file in noisy_files(polyu, cameras):
        noisy, clean = (unnoise.read_image(path).to_float() for path in (file, mean_file(file)))
        yield Pair(file.stem.removesuffix("_real"), noisy, clean, file)


def array_pairs(file: Path) -> Iterator[Pair]:
    """Yield the pairs of an .npz file with uint8 arrays ``noisy`` and ``target`` ``(N, H, W, 3)``."""
    with np.load(file) as arrays:
        noisy, target = arrays["noisy"], arrays["target"]
    for number, (one, other) in enumerate(zip(noisy, target, strict=True)):
        yield Pair(f"{file.stem}_{number}", one.astype(np.float32) / 255, other.astype(np.float32) / 255)


def photographs(folder: Path, which: str = "held_out") -> list[Path]:
    """Return the files of the folder train-more that are set apart: "held_out" or "coloured"."""
    return [folder / name for name in SETS["photographs"][which]]
