"""The frames of an image file, opened one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from unnoise.frames.pages import pages_of
from unnoise.imaging.image_file import MAX_PIXELS, ImageFile, open_image


@dataclass(frozen=True)
class Frames:
    """The frames of an image file, in its order; one where it is a single image. Made by :func:`open_frames`.

    Example:
        >>> for frame in open_frames("stack.tif"):  # doctest: +SKIP
        ...     pixels = frame.read()

    Attributes:
        name: How messages call the file.
        count: How many frames there are, also ``len(frames)``.
    """

    name: str
    count: int
    _open: Callable[[int], ImageFile]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> ImageFile:
        """Open a frame, counted from 0; its header is read, its pixels are not.

        Raises:
            InputError: the frame is damaged, of samples that are not supported, or too large.
        """
        if not 0 <= number < self.count:
            raise IndexError(number)
        return self._open(number)

    def __iter__(self) -> Iterator[ImageFile]:
        return map(self._open, range(self.count))


def open_frames(source: str | Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Frames:
    """Open an image file of one or more frames; each is read when it is asked for, so that memory does not grow.

    Stacks are TIFF files with several pages, ImageJ's and OME-TIFF among them; smaller copies of a page and masks are
    no frames. Other files have one.

    Args:
        source: A path, or the content of a file.
        max_pixels: Larger frames are refused.

    Raises:
        InputError: missing, unreadable, empty, not an image or damaged.
    """
    source = Path(source) if isinstance(source, str) else source
    views = pages_of(source)
    if len(views) > 1:
        name = "the data" if isinstance(source, bytes) else str(source)
        return Frames(name, len(views), lambda number: open_image(views[number], max_pixels=max_pixels))
    image = open_image(source, max_pixels=max_pixels)
    return Frames(image.name, 1, lambda number: image)
