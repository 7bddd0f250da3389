"""An image file opened for reading from top to bottom, with all that it says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from unnoise.errors import InputError
from unnoise.imaging.codecs import Decode, codec_of, guarded
from unnoise.imaging.foreign import foreign_content
from unnoise.imaging.formats import by_marks
from unnoise.imaging.header import Header
from unnoise.imaging.samples import Array
from unnoise.imaging.source import Source, name_of, opened

MAX_PIXELS = 1_000_000_000
# Rows are decoded in strips of about this many bytes.
STRIP_BYTES = 1 << 21
_HEAD = 1 << 20


@dataclasses.dataclass(frozen=True)
class ImageFile(Header):
    """An image file, its header read; made by :func:`open_image`."""

    _decode: Decode

    @classmethod
    def of(cls, header: Header, decode: Decode) -> ImageFile:
        """Return the file of a header and of what decodes its pixels."""
        return cls(**{field.name: getattr(header, field.name) for field in dataclasses.fields(Header)}, _decode=decode)

    def strips(self, rows: int | None = None) -> Iterator[Array]:
        """Give the pixels from top to bottom in arrays ``(h, width, bands)``, alpha last; each call begins anew.

        Args:
            rows: Height of a strip; None chooses one by memory.

        Raises:
            InputError: the file is damaged or cut off.
        """
        rows = rows or max(16, STRIP_BYTES // (self.width * self.bands * np.dtype(self.dtype).itemsize))
        with guarded(self.name):
            yield from self._decode(rows)

    def read(self) -> Array:
        """Return all pixels ``(height, width, bands)``, alpha last."""
        result = np.empty((self.height, self.width, self.bands), self.dtype)
        top = 0
        for strip in self.strips():
            result[top : top + len(strip)] = strip
            top += len(strip)
        return result


def open_image(source: str | Source, *, max_pixels: int = MAX_PIXELS) -> ImageFile:
    """Open an image file; its header is read, its pixels are not.

    The format is told by the content, not by the name. Palettes become RGB, CMYK becomes sRGB by the file's profile;
    pixels are not turned by the EXIF orientation.

    Args:
        source: A path, the content of a file, or a view of one of its pictures.
        max_pixels: Larger images are refused.

    Raises:
        InputError: missing, unreadable, empty, not an image, damaged, of several pages or frames, of samples that are
            neither 8 or 16 bit nor float, or too large.
    """
    source = Path(source) if isinstance(source, str) else source
    name = name_of(source)
    head = _head(source, name)
    if (foreign := foreign_content(head)) is not None:
        raise InputError(f"Cannot read {name}: it is {foreign.name}; {foreign.remedy.format('it')}.")
    with guarded(name):
        header, decode = codec_of(by_marks(head)).open(source, name, head)
    if header.width * header.height > max_pixels:
        raise InputError(
            f"Cannot read {name}: it has {header.width * header.height / 1e6:,.0f} megapixels, more than the limit of "
            f"{max_pixels / 1e6:,.0f}.",
            remedy="max_pixels",
        )
    return ImageFile.of(header, decode)


def _head(source: Source, name: str) -> bytes:
    """Return the beginning of the file; raise InputError where it is not there or empty."""
    try:
        with opened(source) as handle:
            head = handle.read(_HEAD)
    except OSError as error:
        raise InputError(
            f"Cannot read {name}: {error.strerror or error}. Check the name and the permissions."
        ) from error
    if not head:
        raise InputError(f"Cannot read {name}: the file is empty. Copy it again from its source.")
    return head
