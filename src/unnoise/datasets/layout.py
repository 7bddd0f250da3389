"""How a folder of people's own images is laid out, which tells how a network can be trained on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unnoise.errors import DataError
from unnoise.imaging import image_files

# Names of sub-folders that hold the two sides of pairs.
NOISY = ("noisy", "input", "inputs", "low")
CLEAN = ("clean", "target", "targets", "gt", "ground-truth", "ground_truth", "high")


@dataclass(frozen=True)
class Layout:
    """Where images lie.

    Attributes:
        kind: ``images``: directly in the folder; ``pairs``: in a noisy and a clean sub-folder; ``shots``: in one
            sub-folder for each scene, several of each.
        parts: The folders with images: one, the noisy and the clean one, or the scenes.
    """

    kind: str
    parts: tuple[Path, ...]


def layout_of(folder: str | Path) -> Layout:
    """Return how the images in a folder lie.

    Raises:
        InputError: no such folder.
        DataError: no images directly in it or in its sub-folders, or in both.
    """
    folder = Path(folder)
    direct = image_files(folder)
    below = {
        entry.name: entry
        for entry in sorted(folder.iterdir())
        if entry.is_dir() and not entry.name.startswith(".") and image_files(entry)
    }
    if direct and not below:
        return Layout("images", (folder,))
    noisy, clean = (next((below[n] for n in below if n.lower() in names), None) for names in (NOISY, CLEAN))
    if noisy is not None and clean is not None:
        return Layout("pairs", (noisy, clean))
    if direct:
        raise DataError(
            f"{folder} has images directly in it ({direct[0].name}) and in sub-folders ({next(iter(below))}). "
            "Put those that belong together into one folder."
        )
    if not below:
        raise DataError(f"{folder} has no images. Give a folder with images, directly or in sub-folders.")
    return Layout("shots", tuple(below.values()))
