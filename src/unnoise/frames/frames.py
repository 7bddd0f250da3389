"""The frames of an image file, opened one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unnoise.frames.animation import Timing, animation_of
from unnoise.frames.pages import open_page, pages_of
from unnoise.frames.selection import chosen, described, description_of
from unnoise.imaging.codecs import guarded
from unnoise.imaging.formats import Format
from unnoise.imaging.image_file import MAX_PIXELS, ImageFile, open_image
from unnoise.imaging.metadata import Metadata
from unnoise.imaging.samples import Array
from unnoise.imaging.source import name_of

# What frames have in common where they can be looked at as one image.
_ALIKE = ("width", "height", "channels", "dtype", "alpha")


@dataclasses.dataclass(frozen=True)
class Frames:
    """The frames of an image file, in its order; one where it is a single image. Made by :func:`open_frames`.

    Example:
        >>> for frame in open_frames("stack.tif"):  # doctest: +SKIP
        ...     pixels = frame.read()

    Attributes:
        name: How messages call the file.
        count: How many frames the file has.
        numbers: Those that are given here, counted from 0; ``len(frames)`` of them.
        timing: How an animation is played; None for stacks and single images.
    """

    name: str
    count: int
    numbers: Sequence[int]
    timing: Timing | None
    _open: Callable[[int], ImageFile]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: int) -> ImageFile:
        """Open a frame, counted from 0; its header is read, its pixels are not.

        Raises:
            InputError: the frame is damaged, of samples that are not supported, or too large.
        """
        frame = self._open(self.numbers[place])
        if self.count == 1 or self.timing is not None or place != 0:
            return frame
        # What is said of the whole file stands in its first page.
        metadata = frame.metadata if self.numbers[0] == 0 else _with_first(frame, self._open(0))
        return dataclasses.replace(frame, metadata=described(metadata, self.numbers, all_of_them=self.is_whole))

    def __iter__(self) -> Iterator[ImageFile]:
        return (self[place] for place in range(len(self)))

    @property
    def format(self) -> Format:
        """The format of the file."""
        return self[0].format

    @property
    def is_whole(self) -> bool:
        """Whether these are all frames of the file."""
        return len(self) == self.count

    def choose(self, text: str) -> Frames:
        """Return the frames that a text such as ``"1-10,15"``, ``"first"`` or ``"last"`` chooses.

        Raises:
            UsageError: another text, or a frame that is not there.
        """
        numbers, timing = chosen(text, self.count), self.timing
        if timing is not None:
            seconds = tuple(timing.seconds[number] for number in numbers)
            timing = Timing(seconds, timing.loop, timing.still and numbers[0] == 0 and len(numbers) > 1)
        return dataclasses.replace(self, numbers=numbers, timing=timing)

    def as_one(self) -> ImageFile | None:
        """Return the frames one below the other as one image; None where their sizes or kinds differ."""
        first = self[0]
        for frame in self:
            if any(getattr(frame, name) != getattr(first, name) for name in _ALIKE):
                return None

        def decode(rows: int) -> Iterator[Array]:
            return (strip for frame in self for strip in frame.strips(rows))

        return ImageFile.of(dataclasses.replace(first, name=self.name, height=first.height * len(self)), decode)


def open_frames(source: str | Path | bytes, *, max_pixels: int = MAX_PIXELS) -> Frames:
    """Open an image file of one or more frames; each is read when it is asked for, so that memory does not grow.

    Stacks are TIFF files with several pages, ImageJ's and OME-TIFF among them; smaller copies of a page and masks are
    no frames. Animations are PNG, WebP and GIF files; their frames are what is seen. Other files have one.

    Args:
        source: A path, or the content of a file.
        max_pixels: Larger frames are refused.

    Raises:
        InputError: missing, unreadable, empty, not an image or damaged.
    """
    source = Path(source) if isinstance(source, str) else source
    with guarded(name_of(source)):
        views = pages_of(source)
        animation = None if len(views) > 1 else animation_of(source, max_pixels)
    if len(views) > 1:
        return _frames(name_of(source), len(views), lambda number: open_page(views[number], max_pixels))
    if animation is not None:
        return _frames(animation.header.name, len(animation.timing.seconds), animation.frame, animation.timing)
    image = open_image(source, max_pixels=max_pixels)
    return _frames(image.name, 1, lambda number: image)


def _with_first(frame: ImageFile, first: ImageFile) -> Metadata:
    """Return the metadata of a page with the description and tags of the first one, if it has none itself."""
    if description_of(frame.metadata):
        return frame.metadata
    return dataclasses.replace(frame.metadata, own=first.metadata.own, exif=first.metadata.exif)


def _frames(name: str, count: int, open_: Callable[[int], ImageFile], timing: Timing | None = None) -> Frames:
    return Frames(name, count, range(count), timing, open_)
