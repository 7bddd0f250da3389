"""Files in which some bytes are others, so that a decoder finds one of several pictures as the only one."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from unnoise.imaging.source import opened

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True)
class View:
    """A file in which some bytes are others; a `unnoise.imaging.source.Part`.

    Args:
        source: The file or its content.
        name: How messages call it.
        patches: What stands at which place instead.
        moved: ``(start, length, distance)``: the bytes of this part are those so much farther behind.
    """

    source: Path | bytes
    name: str
    patches: dict[int, bytes] = field(default_factory=dict)
    moved: tuple[int, int, int] = (0, 0, 0)

    def open(self) -> BinaryIO:
        """Return the file as it is to be seen."""
        return cast(BinaryIO, io.BufferedReader(_Viewed(self)))


class _Viewed(io.RawIOBase):
    def __init__(self, view: View) -> None:
        self._view, self._handle, self._place = view, opened(view.source), 0
        self._size = self._handle.seek(0, io.SEEK_END)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._place = self._handle.seek(offset, whence)
        else:
            self._place = offset + (self._place if whence == io.SEEK_CUR else 0)
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        start, length, distance = self._view.moved
        if not 0 <= self._place < self._size:
            return 0
        inside = start <= self._place < start + length
        # Not across an edge of the part that is moved.
        edges = [edge - self._place for edge in (start, start + length) if edge > self._place]
        self._handle.seek(self._place + (distance if inside else 0))
        content = bytearray(self._handle.read(min([len(target), *edges])))
        for place, patch in self._view.patches.items():
            first, last = max(place, self._place), min(place + len(patch), self._place + len(content))
            if first < last:
                content[first - self._place : last - self._place] = patch[first - place : last - place]
        target[: len(content)] = content
        self._place += len(content)
        return len(content)

    def close(self) -> None:
        self._handle.close()
        super().close()
