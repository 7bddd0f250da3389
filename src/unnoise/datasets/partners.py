"""Noisy images and their clean partners in another folder, matched by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from unnoise.errors import DataError
from unnoise.imaging import image_files

# What may tell the two apart at the end of a name.
_SIDE = re.compile(r"[ ._-]?(noisy|clean|gt|ground[_-]?truth|target|mean|real)$", re.IGNORECASE)
# Names that a message lists at most.
NAMED = 5


def partners_of(files: Sequence[Path], folder: Path, other: Path) -> dict[Path, Path]:
    """Return the partner of every image: of the same name, but for its suffix and an ending such as ``_clean``.

    Args:
        files: Images below ``folder``.
        folder: Where they lie.
        other: The folder of the partners, with the same sub-folders.

    Raises:
        DataError: an image without a partner, or several with one name; they are named.
        InputError: ``other`` cannot be listed.
    """
    places = {file.relative_to(folder).parent for file in files}
    theirs = [file for place in sorted(places) for file in image_files(other / place)]
    ours, known = _by_name(files, folder), _by_name(theirs, other)
    alone = [f"{file} has no partner in {other}" for name, file in ours.items() if name not in known]
    alone += [f"{file} has no partner in {folder}" for name, file in known.items() if name not in ours]
    if alone:
        more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
        raise DataError(
            "The images of pairs are matched by name: " + "; ".join(alone[:NAMED]) + more + ". Rename or remove these."
        )
    return {file: known[name] for name, file in ours.items()}


def _by_name(files: Sequence[Path], folder: Path) -> dict[str, Path]:
    found = defaultdict(list)
    for file in files:
        stem = _SIDE.sub("", file.stem) or file.stem
        found[(file.relative_to(folder).parent / stem).as_posix().lower()].append(file)
    for alike in found.values():
        if len(alike) > 1:
            raise DataError(
                f"The images of pairs are matched by name, but {alike[0]} and {alike[1]} have the same. Rename one."
            )
    return {name: alike[0] for name, alike in found.items()}
