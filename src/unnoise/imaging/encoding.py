"""Writing an image from top to bottom: whole or not at all, with the metadata that the format can hold."""

from __future__ import annotations

import contextlib
import dataclasses
import mmap
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from unnoise.atomic import atomic_path
from unnoise.errors import OutputError, UsageError
from unnoise.imaging.codecs import EncodingError, Pixels, codec_of
from unnoise.imaging.containers import jpeg
from unnoise.imaging.conversion import fitted
from unnoise.imaging.formats import Format, format_of
from unnoise.imaging.header import Header
from unnoise.imaging.metadata import Metadata
from unnoise.imaging.profile import profile_of
from unnoise.imaging.samples import Array, to_8_bits

# Larger images are spooled to a file beside the target before they are encoded, smaller ones to memory.
IN_MEMORY = 1 << 26


def check_fits(name: str | Path, header: Header, target: Format) -> None:
    """Raise OutputError where writing would lose more than depth; ``name`` is for the message."""
    if header.alpha and not target.alpha:
        raise OutputError(
            f"Cannot write {name}: {target.name} holds no transparency. Write .png, .tif, .webp or .avif."
        )
    if header.dtype == "float32" and "float32" not in target.dtypes:
        raise OutputError(
            f"Cannot write {name}: {target.name} holds no floats. Write .tif, or make the image 8 or 16 bit."
        )


def write_strips(
    target: str | Path | BinaryIO,
    header: Header,
    strips: Iterable[Array],
    *,
    format: Format | None = None,
    strip_metadata: bool = False,
    overwrite: bool = False,
    quality: int | None = None,
) -> None:
    """Write the image whose pixels ``strips`` gives to a file or to memory.

    JPEG is written with quality 95, or that of the source where it is more; PNG, TIFF (deflate), WebP, AVIF, BMP and
    PPM without loss, GIF with a palette of 256 colours. 16-bit samples are rounded to 8 bits where the format holds no
    more, to 12 bits (or those of the source) in AVIF.

    Args:
        target: A path; or an empty binary file object that can be written, read and sought, such as ``io.BytesIO()``.
        header: Size, depth and metadata of the image.
        strips: Arrays ``(h, width, bands)`` of the header's dtype, from top to bottom, alpha last.
        format: What to write; None: what the suffix of a path means, or for a file object the header's format.
        strip_metadata: Whether to leave out all metadata but the ICC profile and the orientation.
        overwrite: Whether an existing file may be replaced.
        quality: Of JPEG, WebP and AVIF, 1 to 100, other formats have none; None: as above.

    Raises:
        UsageError: an unknown suffix, or a quality that is none.
        OutputError: an existing file, a place that cannot be written, a full disk, or an image that the format cannot
            hold.
    """
    if quality is not None and not (isinstance(quality, int) and 1 <= quality <= 100):
        raise UsageError(f"quality must be a whole number from 1 to 100, received {quality!r}.")
    path = Path(target) if isinstance(target, (str, Path)) else None
    format = format or (header.format if path is None else format_of(path))
    name = path or "the image"
    check_fits(name, header, format)
    metadata = _carried(header, format)
    metadata = metadata.stripped() if strip_metadata else metadata
    dtype = header.dtype if header.dtype in format.dtypes else "uint8"
    written = dataclasses.replace(_plain(header), format=format, dtype=dtype, metadata=metadata)
    with contextlib.ExitStack() as stack:
        if path is None:
            sink: BinaryIO = target  # type: ignore[assignment]
        else:
            temporary = stack.enter_context(atomic_path(path, overwrite=overwrite))
            sink = stack.enter_context(open(temporary, "w+b"))
        pixels = stack.enter_context(_spooled(written, strips, None if path is None else path.parent))
        try:
            upright, srgb = ("orientation" not in format.holds), ("icc_profile" not in format.holds)
            codec_of(format).encode(*fitted(written, pixels, upright=upright, srgb=srgb), sink, quality)
        except EncodingError as error:
            raise OutputError(
                f"Cannot write {name}: {format.name} refuses the image ({error}). Choose another format."
            ) from error


def _carried(header: Header, format: Format) -> Metadata:
    """Return the metadata for a format: what another container alone knows is left, or made a profile."""
    metadata = header.metadata
    if format is header.format:
        return metadata
    profile = metadata.icc_profile
    if header.format.name == "PNG" and profile is None and metadata.cicp is None:
        # WebP has no gray.
        profile = profile_of(dict(metadata.own), gray=header.channels == 1 and format.name != "WebP")
    return dataclasses.replace(metadata, own=(), icc_profile=profile)


def _plain(header: Header) -> Header:
    """Return the header as a plain one, without what an opened file adds to it."""
    return Header(**{field.name: getattr(header, field.name) for field in dataclasses.fields(Header)})


@contextlib.contextmanager
def _spooled(header: Header, strips: Iterable[Array], folder: Path | None) -> Iterator[Pixels]:
    """Give all samples in the header's dtype, from memory or from a temporary file in ``folder``."""
    parts = (np.ascontiguousarray(strip if strip.dtype == header.dtype else to_8_bits(strip)) for strip in strips)
    if header.width * header.height * header.bands * np.dtype(header.dtype).itemsize <= IN_MEMORY:
        yield b"".join(part.tobytes() for part in parts)
        return
    with tempfile.TemporaryFile(dir=folder, prefix=".unnoise.", suffix=".tmp") as file:
        for part in parts:
            file.write(part.data)
        file.flush()
        yield mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def held_metadata(header: Header, target: Format, *, strip_metadata: bool = False) -> tuple[list[str], list[str]]:
    """Return the kinds of metadata of an image that are kept and lost when it is written as ``target``.

    Orientation and profile are never lost: where the format cannot hold them, they are applied to the pixels.
    """
    metadata = _carried(header, target)
    held = {
        "EXIF": "exif", "XMP": "xmp", "IPTC": "photoshop", "ICC profile": "icc_profile", "colour code points": "cicp",
    }  # fmt: skip
    kept, lost = [], []
    for kind in metadata.kinds():
        if kind == "ICC profile" and "icc_profile" not in target.holds:
            kept.append("ICC profile (applied)")
        elif held[kind] not in target.holds or (strip_metadata and kind in ("EXIF", "XMP", "IPTC")):
            lost.append(kind)
        else:
            kept.append(kind)
    if target.name == "AVIF" and metadata.icc_profile is not None and metadata.cicp is not None:
        kept, lost = [kind for kind in kept if kind != "colour code points"], [*lost, "colour code points"]
    if target.name == "JPEG":
        too_long = jpeg.too_long(metadata)
        kept, lost = [kind for kind in kept if kind not in too_long], lost + [k for k in too_long if k in kept]
    if target is not header.format or strip_metadata:
        lost += sorted({label for kind, _ in header.metadata.own if (label := _own_label(header.format, kind))})
    return kept, [*lost, *metadata.left_out]


def _own_label(format: Format, kind: str) -> str:
    """Return what a container's own block is in words; nothing where its like is written by every container."""
    if format.name == "PNG":
        texts = {
            "tEXt": "text",
            "zTXt": "text",
            "iTXt": "text",
            "iCCP": "",
            "sRGB": "",
            "gAMA": "",
            "cHRM": "",
            "tIME": "time",
        }
        return texts.get(kind, f"chunk {kind}")
    if format.name == "JPEG" and kind != "fe":
        return f"segment APP{int(kind, 16) - 0xE0}"
    return {"fe": "comment", "tags": "tags of TIFF alone"}[kind]
