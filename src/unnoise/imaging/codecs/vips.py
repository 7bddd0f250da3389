"""JPEG, PNG, TIFF, WebP, AVIF and GIF by libvips, which streams images of any size."""

from __future__ import annotations

import dataclasses
import mmap
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

from unnoise.errors import InputError
from unnoise.imaging.codecs import Decode, EncodingError, Pixels, damaged
from unnoise.imaging.codecs.vips_target import Target
from unnoise.imaging.containers import avif, jpeg, png, tiff, webp
from unnoise.imaging.containers.exif import PREFIX, with_orientation
from unnoise.imaging.formats import NAMES, Format, by_loader, by_marks
from unnoise.imaging.header import Header
from unnoise.imaging.inventory import inventory, inventory_of_boxes, refusal
from unnoise.imaging.jpeg_quality import jpeg_quality
from unnoise.imaging.metadata import Metadata
from unnoise.imaging.samples import Array
from unnoise.imaging.source import Source, is_part, opened

# Quality of lossy formats, unless the source had more.
QUALITY = 95
# TIFF files that may be larger get offsets of 64 bits.
SMALL_TIFF = 1 << 32

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


def libvips() -> Any:
    """Return the pyvips module, set up for reading whole files safely.

    The cache is off, because it would serve the old pixels of a file that was rewritten. Loaders that libvips itself
    calls untrusted are blocked; one of them takes any text with commas for an image.
    """
    os.environ.setdefault("VIPS_WARNING", "0")  # which keeps its warnings from standard error
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    if pyvips.error._to_string is not _text:
        pyvips._to_string = pyvips.error._to_string = _text
    return pyvips


def _text(pointer: Any) -> str:
    """Return a message of libvips, whatever its bytes are.

    Messages quote damaged files. pyvips' own reading of them stops at bytes that are not UTF-8 and leaves the message
    where it is, so that every file afterwards would meet it.
    """
    from pyvips import ffi

    return "NULL" if pointer == ffi.NULL else bytes(ffi.string(pointer)).decode("utf-8", "replace")


def open(source: Source, name: str, head: bytes) -> tuple[Header, Decode]:
    """Return the header of a file, and what decodes its pixels."""
    vips = libvips()
    if why := refusal(source, by_marks(head), head):
        raise InputError(f"Cannot read {name}: {why}.")
    image = _opened(vips, source, name, head)
    format_ = _format(image, name)
    # libvips turns around integers only.
    inverted = format_.name == "TIFF" and image.format == "float" and _look(source, tiff.is_min_is_white)
    metadata = _metadata(image, format_, source, name, head)
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if format_.name in ("TIFF", "PNG"):
        pages = _look(source, tiff.pages if format_.name == "TIFF" else png.frames)
    if pages > 1 and not is_part(source):
        raise InputError(f"Cannot read {name}: it has {pages} frames, and one image is asked for.")
    notes = []
    try:
        pixels = _pixels(image, inverted)
    except vips.Error as error:
        raise damaged(name, _reason(error)) from error
    if image.interpretation == "cmyk":
        notes.append("CMYK became sRGB")
        # sRGB is what is meant without a profile.
        metadata = dataclasses.replace(metadata, icc_profile=None)
    alpha = bool(pixels.hasalpha())
    _check(pixels, pixels.bands - alpha, name)
    dtype = _DTYPES[pixels.format]
    header = Header(
        name=name,
        format=format_,
        width=pixels.width,
        height=pixels.height,
        channels=pixels.bands - alpha,
        dtype=dtype,
        alpha=alpha,
        metadata=metadata,
        quality=jpeg_quality(head) if format_.name == "JPEG" else None,
        bits=_bits(image) if format_.name == "AVIF" else 8 * np.dtype(dtype).itemsize,
        notes=tuple(notes),
    )

    def decode(rows: int) -> Iterator[Array]:
        try:
            image = _pixels(_opened(vips, source, name, head), inverted)
            region = vips.Region.new(image)
            for top in range(0, header.height, rows):
                count = min(rows, header.height - top)
                samples = np.frombuffer(region.fetch(0, top, header.width, count), dtype)
                yield samples.reshape(count, header.width, header.bands)
        except vips.Error as error:
            raise damaged(name, _reason(error)) from error

    return header, decode


def encode(header: Header, pixels: Pixels, sink: BinaryIO, quality: int | None) -> None:
    """Write a file of the header's format, with the metadata that it holds.

    Without ``quality`` JPEG gets 95, or that of the source where it is more, and WebP and AVIF lose nothing. AVIF gets
    the bits of the source, or 12.
    """
    vips = libvips()
    image = raw_image(vips, header, pixels)
    name, metadata = header.format.name, header.metadata
    # What libvips writes of metadata is partly made up; so they are put into the file around it.
    options = {**header.format.options, "keep": "none"}
    if quality is not None and "lossless" in options:
        options |= {"lossless": False, "Q": quality}
    if name == "JPEG":
        options["Q"] = quality or max(QUALITY, header.quality or 0)
        target = Target(vips, sink, lambda head: jpeg.splice(head, metadata), until=b"\xff\xd8\xff")
    elif name == "PNG":
        target = Target(vips, sink, lambda head: png.splice(head, metadata), until=b"IDAT")
    elif name == "WebP":
        target = Target(vips, sink, lambda content: webp.spliced(content, header))
    elif name == "AVIF":
        options["bitdepth"] = 8 if header.dtype == "uint8" else (header.bits if header.bits in (10, 12) else 12)
        options["keep"] = _set_blocks(vips, image, metadata)
        target = Target(vips, sink, lambda content: _completed(content, metadata))
    else:
        target = Target(vips, sink)
    if name == "TIFF":
        # Other readers, tifffile among them, know no predictor of floats without a further package.
        options["predictor"] = "none" if header.dtype == "float32" else "horizontal"
        options["bigtiff"] = header.width * header.height * header.bands * 4 > SMALL_TIFF
    try:
        image.write_to_target(target.vips, header.format.suffixes[0], **options)
        target.finish()
    except vips.Error as error:
        if target.error is not None:
            raise target.error from None
        raise EncodingError(_reason(error)) from error
    if name == "TIFF":
        tiff.describe(sink, metadata)


def _completed(content: bytes, metadata: Metadata) -> bytes:
    """Return an AVIF file with the code points and the EXIF block, which libvips would make others."""
    exif = with_orientation(metadata.exif, 1)
    content = avif.with_code_points(content, metadata)
    return content if exif is None else avif.with_exif(content, exif)


def _set_blocks(vips: Any, image: Any, metadata: Metadata) -> str:
    """Give the image the blocks that libvips writes itself; return which of them are to be written."""
    exif = None if metadata.exif is None else PREFIX + avif.placeholder(metadata.exif)
    blocks = {"exif": exif, "xmp": metadata.xmp, "icc": metadata.icc_profile}
    names = {"exif": "exif-data", "xmp": "xmp-data", "icc": "icc-profile-data"}
    for kind, content in blocks.items():
        if content is not None:
            image.set_type(vips.GValue.blob_type, names[kind], content)
    return ",".join(kind for kind, content in blocks.items() if content is not None) or "none"


def _stream(vips: Any, source: Source) -> Any:
    # Not by a file name, in which libvips takes a "]" at the end for options.
    if isinstance(source, bytes):
        return vips.Source.new_from_memory(source)
    if is_part(source):
        handle, stream = opened(source), vips.SourceCustom()
        stream.on_read(handle.read)
        stream.on_seek(handle.seek)
        return stream
    return vips.Source.new_from_file(str(source))


def _opened(vips: Any, source: Source, name: str, head: bytes) -> Any:
    """Return the libvips image, its header read, its pixels to be read from top to bottom."""
    stream = _stream(vips, source)
    try:
        if (known := by_marks(head)) is not None:
            # By this loader and no other: a JPEG with a gain map would be another kind of file.
            image = vips.Operation.call(f"{known.loader}_source", stream, access="sequential", fail_on="error")
        else:
            image = vips.Image.new_from_source(stream, "", access="sequential", fail_on="error")
    except vips.Error as error:
        if "known format" in str(error):
            raise InputError(f"Cannot read {name}: it is not an image. Give a {NAMES} file.") from error
        raise damaged(name, _reason(error)) from error
    # What is called from within libvips has to live as long as the image.
    image._references.append(stream)
    return image


def _format(image: Any, name: str) -> Format:
    loader = image.get("vips-loader").removesuffix("_source").removesuffix("_buffer")
    format_ = by_loader(loader)
    if format_ is None or (format_.name == "AVIF" and image.get("heif-compression") != "av1"):
        kind = "HEIF" if loader == "heifload" else loader.removesuffix("load").upper()
        raise InputError(f"Cannot read {name}: {kind} files are not supported. Convert it to {NAMES}.")
    return format_


def _metadata(image: Any, format_: Format, source: Source, name: str, head: bytes) -> Metadata:
    """Return what the file holds beside the picture."""
    if format_.name != "AVIF":
        return inventory(source, format_.name, name)
    blocks = (_blob(image, field) for field in ("exif-data", "xmp-data", "icc-profile-data"))
    return inventory_of_boxes(head, *blocks)


def _blob(image: Any, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _bits(image: Any) -> int:
    """Return the bits a sample, by the name that this libvips has for them."""
    return next((int(image.get(name)) for name in ("bits-per-sample", "heif-bitdepth") if image.get_typeof(name)), 8)


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


def _look(source: Source, look: Callable[[BinaryIO], Any]) -> Any:
    with opened(source) as handle:
        return look(handle)


def _pixels(image: Any, inverted: bool) -> Any:
    """Return the image as gray or RGB with white as the highest value; CMYK becomes sRGB."""
    if inverted:
        return image.linear([-1, 1][: image.bands], [1, 0][: image.bands])
    if image.interpretation == "cmyk":
        depth = 16 if image.format == "ushort" else 8
        return image.icc_transform("srgb", embedded=True, intent="relative", depth=depth)
    return image


def raw_image(vips: Any, header: Header, pixels: Pixels) -> Any:
    """Return the libvips image of the pixels."""
    image = vips.Image.new_from_memory(pixels, header.width, header.height, header.bands, _FORMATS[header.dtype])
    image = image.copy(interpretation=_WRITTEN_AS[header.dtype, header.channels])
    if sys.platform != "win32" and isinstance(pixels, mmap.mmap):
        # What is encoded stays in the file and need not stay in memory.
        image.set_progress(True)
        image.signal_connect("eval", lambda image, progress: pixels.madvise(mmap.MADV_DONTNEED))
    return image


def _reason(error: Exception) -> str:
    """Return the telling line of a libvips message, which has several: the last, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # pyvips' own look-ups leave such lines in the buffer of messages.
    lines = [line for line in lines if "no property named" not in line]
    return lines[-1].rstrip(".") if lines else "no reason given"
