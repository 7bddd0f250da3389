"""BMP and PPM by Pillow, since libvips' wheel reads neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from unnoise.errors import InputError
from unnoise.imaging.codecs import Decode, EncodingError, Pixels, damaged
from unnoise.imaging.formats import by_marks
from unnoise.imaging.header import Header
from unnoise.imaging.metadata import NONE
from unnoise.imaging.samples import Array
from unnoise.imaging.source import Source, opened

# What the kinds of pixels become: bits are gray, palettes colours.
_MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB"}


def open(source: Source, name: str, head: bytes) -> tuple[Header, Decode]:
    """Return the header of a file, and what decodes its pixels."""
    with _image(source, name) as image:
        mode, (width, height) = image.mode, image.size
    if mode not in _MODES:
        raise InputError(
            f"Cannot read {name}: its pixels are of the kind {mode}; supported are 8-bit gray and RGB. "
            "Convert it to PNG or TIFF."
        )
    format_ = by_marks(head)
    assert format_ is not None  # which is why this codec was chosen
    header = Header(
        name=name,
        format=format_,
        width=width,
        height=height,
        channels=1 if _MODES[mode] == "L" else 3,
        dtype="uint8",
        alpha=False,
        metadata=NONE,
        quality=None,
        bits=8,
        notes=(),
    )

    def decode(rows: int) -> Iterator[Array]:
        with _image(source, name) as image:
            try:
                samples = np.asarray(image.convert(_MODES[mode])).reshape(height, width, header.channels)
            except Exception as error:  # Pillow raises whatever its decoders do
                raise damaged(name, str(error).rstrip(".")) from error
        for top in range(0, height, rows):
            yield samples[top : top + rows]

    return header, decode


def encode(header: Header, pixels: Pixels, sink: BinaryIO, quality: int | None) -> None:
    """Write a file of the header's format; these formats hold no metadata and know no quality."""
    import PIL.Image

    samples = np.frombuffer(pixels, header.dtype).reshape(header.height, header.width, header.bands)
    try:
        PIL.Image.fromarray(np.squeeze(samples, 2) if header.bands == 1 else samples).save(sink, header.format.name)
    except (ValueError, OverflowError) as error:
        raise EncodingError(str(error)) from error


def _image(source: Source, name: str) -> Any:
    import PIL.Image

    try:
        return PIL.Image.open(source if isinstance(source, Path) else opened(source))
    except Exception as error:  # Pillow raises whatever its decoders do
        raise damaged(name, str(error).rstrip(".")) from error
