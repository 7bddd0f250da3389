"""Where an image file is read from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, Protocol


class Part(Protocol):
    """One of several pictures of a file, which is opened as if it were the only one."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def open(self) -> BinaryIO:
        """Return a file that can be read and sought."""


Source = Path | bytes | Part


def opened(source: Source) -> BinaryIO:
    """Return the file, to be read and sought, and closed by the caller."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return source.open("rb") if isinstance(source, Path) else source.open()


def is_part(source: Source) -> bool:
    """Return whether it is one of several pictures of a file."""
    return not isinstance(source, (Path, bytes))


def name_of(source: Source) -> str:
    """Return how messages call the file."""
    return "the data" if isinstance(source, bytes) else str(source) if isinstance(source, Path) else source.name
