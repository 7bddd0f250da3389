"""The libraries that read and write image files, one a module, all with the same two functions.

``open(source, name, head)`` reads the header of a file and returns it with what decodes the pixels;
``encode(header, pixels, sink, quality)`` writes a file of the format ``header.format``.
"""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, cast

from unnoise.errors import InputError, UnnoiseError
from unnoise.imaging.formats import Format
from unnoise.imaging.header import Header
from unnoise.imaging.samples import Array
from unnoise.imaging.source import Source

Decode = Callable[[int], Iterator[Array]]
"""Gives the pixels from top to bottom, so many rows at a time, as ``(h, width, bands)``; each call begins anew."""

Pixels = bytes | mmap.mmap
"""All samples of an image from top to bottom, pixel after pixel, in the header's dtype."""


class Codec(Protocol):
    """What a module of this room offers."""

    def open(self, source: Source, name: str, head: bytes) -> tuple[Header, Decode]:
        """Read the header of a file that begins with ``head``; ``name`` is for messages.

        Raises:
            InputError: damaged, or nothing that unnoise can denoise.
        """

    def encode(self, header: Header, pixels: Pixels, sink: BinaryIO, quality: int | None) -> None:
        """Write a file with the header's metadata to ``sink``, which is empty and can be read and sought.

        ``quality``, 1 to 100, is that of JPEG, WebP and AVIF; None takes the source's or 95, or no loss.

        Raises:
            EncodingError: the format refuses the image.
        """


class EncodingError(Exception):
    """A library refuses to write an image; the message is its reason."""


def codec_of(format_: Format | None) -> Codec:
    """Return the codec of a format; where none is known by its first bytes, libvips may know it all the same."""
    from unnoise.imaging.codecs import pillow, vips

    return cast(Codec, pillow if format_ is not None and not format_.loader else vips)


@contextlib.contextmanager
def guarded(name: str) -> Iterator[None]:
    """Make an InputError of whatever a library raises while it reads a file; errors of the system pass."""
    try:
        yield
    except (UnnoiseError, OSError, MemoryError):
        raise
    except Exception as error:
        raise damaged(name, f"{type(error).__name__}: {error}".replace("\n", " ").rstrip(".")) from error


def damaged(name: str, reason: str) -> InputError:
    """Return the error of a file that a library cannot decode, with its reason."""
    return InputError(f"Cannot read {name}: it is damaged, cut off or of a rare kind ({reason}). Copy it again.")
