"""JPEG, PNG, TIFF, WebP, AVIF and GIF by libvips, which streams images of any size."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from unnoise.errors import InputError
from unnoise.imaging.codecs import Decode, EncodingError, Pixels, damaged
from unnoise.imaging.formats import NAMES, Format, by_loader, by_marks
from unnoise.imaging.header import PROFILE, Header
from unnoise.imaging.jpeg_quality import jpeg_quality
from unnoise.imaging.samples import Array
from unnoise.imaging.tiff_tags import add_exif_to_tiff, exif_of_tiff

# Quality of lossy formats, unless the source had more.
QUALITY = 95

_INTERPRETATIONS = {"b-w", "grey16", "srgb", "rgb", "rgb16", "scrgb", "multiband"}
_DTYPES = {"uchar": "uint8", "ushort": "uint16", "float": "float32"}
_FORMATS = {dtype: format_ for format_, dtype in _DTYPES.items()}
_WRITTEN_AS = {
    ("uint8", 1): "b-w",
    ("uint8", 3): "srgb",
    ("uint16", 1): "grey16",
    ("uint16", 3): "rgb16",
    ("float32", 1): "b-w",
    ("float32", 3): "scrgb",
}
# Of what libvips tells of an image, the part that belongs to the picture, not to its encoding.
_KEPT = ("exif", "xmp-data", "iptc-data", PROFILE, "photoshop-data", "orientation", "resolution-unit", "png-comment")


def libvips() -> Any:
    """Return the pyvips module, set up for reading whole files safely.

    The cache is off, because it would serve the old pixels of a file that was rewritten. Loaders that libvips itself
    calls untrusted are blocked; one of them takes any text with commas for an image.
    """
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    return pyvips


def open(source: Path | bytes, name: str, head: bytes) -> tuple[Header, Decode]:
    """Return the header of a file, and what decodes its pixels."""
    vips = libvips()
    image = _opened(vips, source, name, head)
    format_ = _format(image, name)
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if pages > 1:
        raise InputError(
            f"Cannot read {name}: it has {pages} pages or frames, one is supported. Split it into single images."
        )
    notes: list[str] = []
    try:
        pixels = _pixels(image, notes)
    except vips.Error as error:
        raise damaged(name, _reason(error)) from error
    alpha = bool(pixels.hasalpha())
    _check(pixels, pixels.bands - alpha, name)
    fields = {field: pixels.get(field) for field in pixels.get_fields()}
    if format_.name == "TIFF" and (exif := exif_of_tiff(source)):
        fields["exif-data"] = exif
    dtype = _DTYPES[pixels.format]
    header = Header(
        name=name,
        format=format_,
        width=pixels.width,
        height=pixels.height,
        channels=pixels.bands - alpha,
        dtype=dtype,
        alpha=alpha,
        metadata={field: value for field, value in fields.items() if field.startswith(_KEPT)},
        resolution=(pixels.xres, pixels.yres),
        quality=jpeg_quality(head) if format_.name == "JPEG" else None,
        bits=int(fields["heif-bitdepth"]) if "heif-bitdepth" in fields else 8 * np.dtype(dtype).itemsize,
        notes=tuple(notes),
    )

    def decode(rows: int) -> Iterator[Array]:
        try:
            region = vips.Region.new(_pixels(_opened(vips, source, name, head), []))
            for top in range(0, header.height, rows):
                count = min(rows, header.height - top)
                samples = np.frombuffer(region.fetch(0, top, header.width, count), dtype)
                yield samples.reshape(count, header.width, header.bands)
        except vips.Error as error:
            raise damaged(name, _reason(error)) from error

    return header, decode


def encode(header: Header, pixels: Pixels, sink: BinaryIO) -> None:
    """Write a file of the header's format, with the metadata that it holds.

    JPEG gets quality 95, or that of the source where it is more; AVIF the bits of the source, or 12.
    """
    vips = libvips()
    raw = _raw(vips, header, pixels)  # held here, since pyvips does not keep what its signals call
    image = _described(vips, raw, header)
    options = dict(header.format.options)
    if header.format.name == "JPEG":
        options["Q"] = max(QUALITY, header.quality or 0)
    elif header.format.name == "AVIF":
        options["bitdepth"] = 8 if header.dtype == "uint8" else (header.bits if header.bits in (10, 12) else 12)
    elif header.format.name == "TIFF":
        options["predictor"] = "float" if header.dtype == "float32" else "horizontal"
        options["bigtiff"] = needs_big_tiff(header)
    target = _Target(vips, sink)
    try:
        image.write_to_target(target.vips, header.format.suffixes[0], **options)
    except vips.Error as error:
        if target.error is not None:
            raise target.error from None
        raise EncodingError(_reason(error)) from error
    if target.error is not None:
        raise target.error
    exif = header.metadata.get("exif-data")
    if header.format.name == "TIFF" and isinstance(exif, bytes) and not needs_big_tiff(header):
        add_exif_to_tiff(sink, exif)


def needs_big_tiff(header: Header) -> bool:
    """Return whether a TIFF file of the image may need offsets of 64 bits, with which EXIF cannot be added."""
    return header.width * header.height * header.bands * 4 > 1 << 32


class _Target:
    """A file object as libvips' target; what it raises is kept, since nothing may be raised within libvips."""

    def __init__(self, vips: Any, sink: BinaryIO) -> None:
        self.error: Exception | None = None
        self.vips = vips.TargetCustom()
        self.vips.on_write(lambda content: self._guarded(sink.write, content))
        self.vips.on_read(lambda size: self._guarded(sink.read, size, failed=None))
        self.vips.on_seek(lambda offset, whence: self._guarded(sink.seek, offset, whence))
        self.vips.on_end(lambda: 0)

    def _guarded(self, call: Any, *arguments: Any, failed: int | None = -1) -> Any:
        try:
            return call(*arguments)
        except Exception as error:
            self.error = self.error or error
            return failed


def _opened(vips: Any, source: Path | bytes, name: str, head: bytes) -> Any:
    """Return the libvips image, its header read, its pixels to be read from top to bottom."""
    try:
        # Not by a file name, in which libvips takes a "]" at the end for options.
        stream = (
            vips.Source.new_from_memory(source) if isinstance(source, bytes) else vips.Source.new_from_file(str(source))
        )
        return vips.Image.new_from_source(stream, "", access="sequential", fail_on="error")
    except vips.Error as error:
        # A file cut off before its directory is no longer recognised by libvips, but by its first bytes it is an image.
        if "known format" in str(error) and by_marks(head) is None:
            raise InputError(f"Cannot read {name}: it is not an image. Give a {NAMES} file.") from error
        raise damaged(name, _reason(error)) from error


def _format(image: Any, name: str) -> Format:
    loader = image.get("vips-loader").removesuffix("_source").removesuffix("_buffer")
    format_ = by_loader(loader)
    if format_ is None or (format_.name == "AVIF" and image.get("heif-compression") != "av1"):
        raise InputError(
            f"Cannot read {name}: {loader.removesuffix('load').upper()} files are not supported. Convert it to {NAMES}."
        )
    return format_


def _check(pixels: Any, channels: int, name: str) -> None:
    """Raise InputError where the samples or channels are of a kind that no network takes."""
    if pixels.format not in _DTYPES:
        raise InputError(
            f"Cannot read {name}: its samples are of type {pixels.format}; supported are 8 and 16 bit without sign and "
            "32-bit floats. Convert it first."
        )
    if channels not in (1, 3) or pixels.interpretation not in _INTERPRETATIONS:
        raise InputError(
            f"Cannot read {name}: it has {channels} colour channels ({pixels.interpretation}); "
            "supported are gray and RGB. Convert it first."
        )


def _pixels(image: Any, notes: list[str]) -> Any:
    """Return the image as gray or RGB; CMYK becomes sRGB."""
    if image.interpretation != "cmyk":
        return image
    notes.append("CMYK became sRGB")
    depth = 16 if image.format == "ushort" else 8
    image = image.icc_transform("srgb", embedded=True, intent="relative", depth=depth).copy()
    image.remove(PROFILE)  # of the target; sRGB is what is meant without one
    return image


def _raw(vips: Any, header: Header, pixels: Pixels) -> Any:
    """Return the libvips image of the pixels."""
    image = vips.Image.new_from_memory(pixels, header.width, header.height, header.bands, _FORMATS[header.dtype])
    if isinstance(pixels, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        # What is encoded stays in the file and need not stay in memory.
        image.set_progress(True)
        image.signal_connect("eval", lambda image, progress: pixels.madvise(mmap.MADV_DONTNEED))
    return image


def _described(vips: Any, image: Any, header: Header) -> Any:
    """Return the image with the header's metadata."""
    image = image.copy(
        interpretation=_WRITTEN_AS[header.dtype, header.channels], xres=header.resolution[0], yres=header.resolution[1]
    )
    kinds = {bytes: vips.GValue.blob_type, str: vips.GValue.refstr_type, int: vips.GValue.gint_type}
    for name, value in header.metadata.items():
        image.set_type(kinds[type(value)], name, value)
    return image


def _reason(error: Exception) -> str:
    """Return the telling line of a libvips message, which has several: the last, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # pyvips' own look-ups leave such lines in the buffer of messages.
    lines = [line for line in lines if "no property named" not in line]
    return lines[-1].rstrip(".") if lines else "no reason given"
