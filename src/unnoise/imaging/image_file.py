"""An image file opened for reading from top to bottom, with all that it says of itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.imaging.formats import FORMATS, NAMES, Format, by_loader, libvips, reason
from unnoise.imaging.jpeg_quality import jpeg_quality
from unnoise.imaging.tiff_tags import exif_of_tiff

Array = npt.NDArray[Any]

MOST_PIXELS = 1_000_000_000
# Rows are decoded in strips of about this many bytes.
STRIP_BYTES = 1 << 21
PROFILE = "icc-profile-data"
_MARKS = tuple(mark for format_ in set(FORMATS.values()) if format_.loader for mark in format_.marks)
_INTERPRETATIONS = {"b-w", "grey16", "srgb", "rgb", "rgb16", "scrgb", "multiband"}
_DTYPES = {"uchar": "uint8", "ushort": "uint16", "float": "float32"}
# Of what libvips tells of an image, the part that belongs to the picture, not to its encoding.
_KEPT = ("exif", "xmp-data", "iptc-data", PROFILE, "photoshop-data", "orientation", "resolution-unit", "png-comment")
_HEAD, _TAIL = 1 << 20, 1 << 16


@dataclass(frozen=True)
class Header:
    """What is known of an image beside its pixels.

    Attributes:
        name: How messages call the file.
        format: Its format.
        width, height: Its size in pixels, as stored: no orientation is applied.
        channels: 1 (gray) or 3 (RGB), alpha not counted.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        alpha: Whether it has an alpha channel.
        metadata: EXIF, XMP, IPTC, ICC profile, orientation and resolution by libvips' names: ``(type, value)``.
        resolution: Pixels a millimetre, horizontal and vertical.
        quality: Of a JPEG file, 1 to 100; otherwise None.
        bits: Bits a sample of an AVIF file; otherwise those of the dtype.
        notes: What reading had to change, such as CMYK to sRGB.
    """

    name: str
    format: Format
    width: int
    height: int
    channels: int
    dtype: str
    alpha: bool
    metadata: dict[str, tuple[Any, Any]]
    resolution: tuple[float, float]
    quality: int | None
    bits: int
    notes: tuple[str, ...]

    @property
    def bands(self) -> int:
        """Channels, alpha included."""
        return self.channels + self.alpha

    @property
    def orientation(self) -> int:
        """The EXIF orientation, 1 to 8; 1 is upright."""
        return int(self.metadata["orientation"][1]) if "orientation" in self.metadata else 1


@dataclass(frozen=True)
class ImageFile(Header):
    """An image file, its header read; made by :func:`open_image`."""

    source: Path | bytes
    _decoded: Any = None

    def strips(self, rows: int | None = None) -> Iterator[Array]:
        """Give the pixels from top to bottom in arrays ``(h, width, bands)``, alpha last; each call begins anew.

        Args:
            rows: Height of a strip; None chooses one by memory.

        Raises:
            InputError: the file is damaged or cut off.
        """
        rows = rows or max(16, STRIP_BYTES // (self.width * self.bands * np.dtype(self.dtype).itemsize))
        vips = libvips()
        try:
            image = _pixels(vips, self._decoded or _opened(vips, self.source, self.name), [])
            region = vips.Region.new(image)
            for top in range(0, self.height, rows):
                count = min(rows, self.height - top)
                samples = np.frombuffer(region.fetch(0, top, self.width, count), self.dtype)
                yield samples.reshape(count, self.width, self.bands)
        except vips.Error as error:
            raise _damaged(self.name, error) from error

    def read(self) -> Array:
        """Return all pixels ``(height, width, bands)``, alpha last."""
        result = np.empty((self.height, self.width, self.bands), self.dtype)
        top = 0
        for strip in self.strips():
            result[top : top + len(strip)] = strip
            top += len(strip)
        return result


def open_image(source: str | Path | bytes, *, most_pixels: int = MOST_PIXELS) -> ImageFile:
    """Open an image file; its header is read, its pixels are not.

    The format is told by the content, not by the name. Palettes become RGB, CMYK becomes sRGB by the file's profile;
    pixels are not turned by the EXIF orientation.

    Args:
        source: A path, or the content of a file.
        most_pixels: Larger images are refused.

    Raises:
        InputError: missing, unreadable, empty, not an image, damaged, of several pages or frames, of samples that are
            neither 8 or 16 bit nor float, or too large.
    """
    name = "the data" if isinstance(source, bytes) else str(source)
    head = _head(source, name)
    vips = libvips()
    decoded = None
    if (
        pillow := next((f for f in set(FORMATS.values()) if not f.loader and head.startswith(f.marks)), None)
    ) is not None:
        image = decoded = _by_pillow(vips, source, name)
        format_: Format | None = pillow
    else:
        image = _opened(vips, source if isinstance(source, bytes) else Path(source), name)
        format_ = by_loader(image.get("vips-loader"))
    if format_ is None or (format_.name == "AVIF" and image.get("heif-compression") != "av1"):
        kind = image.get("vips-loader").removesuffix("_source").removesuffix("_buffer").removesuffix("load").upper()
        raise InputError(f"Cannot read {name}: {kind} files are not supported. Convert it to {NAMES}.")
    if format_.end and format_.end not in _tail(source):
        raise InputError(f"Cannot read {name}: it is damaged, cut off before its end. Copy it again.")
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if pages > 1:
        raise InputError(
            f"Cannot read {name}: it has {pages} pages or frames, one is supported. Split it into single images."
        )
    if image.width * image.height > most_pixels:
        raise InputError(
            f"Cannot read {name}: it has {image.width * image.height / 1e6:,.0f} megapixels, more than the limit of "
            f"{most_pixels / 1e6:,.0f}. Raise the limit with --max-pixels, or shrink it."
        )
    notes: list[str] = []
    try:
        pixels = _pixels(vips, image, notes)
    except vips.Error as error:
        raise _damaged(name, error) from error
    alpha = bool(pixels.hasalpha())
    channels = pixels.bands - alpha
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
    fields = {field: (pixels.get_typeof(field), pixels.get(field)) for field in pixels.get_fields()}
    if format_.name == "TIFF" and (exif := exif_of_tiff(source if isinstance(source, bytes) else Path(source))):
        fields["exif-data"] = (vips.GValue.blob_type, exif)
    dtype = _DTYPES[pixels.format]
    return ImageFile(
        name=name,
        format=format_,
        width=pixels.width,
        height=pixels.height,
        channels=channels,
        dtype=dtype,
        alpha=alpha,
        metadata={field: value for field, value in fields.items() if field.startswith(_KEPT)},
        resolution=(pixels.xres, pixels.yres),
        quality=jpeg_quality(head) if format_.name == "JPEG" else None,
        bits=int(fields["heif-bitdepth"][1]) if "heif-bitdepth" in fields else 8 * np.dtype(dtype).itemsize,
        notes=tuple(notes),
        source=source if isinstance(source, bytes) else Path(source),
        _decoded=decoded,
    )


def _head(source: str | Path | bytes, name: str) -> bytes:
    """Return the beginning of the file; raise InputError where it is not there or empty."""
    try:
        if isinstance(source, bytes):
            head = source[:_HEAD]
        else:
            with open(source, "rb") as handle:
                head = handle.read(_HEAD)
    except OSError as error:
        raise InputError(
            f"Cannot read {name}: {error.strerror or error}. Check the name and the permissions."
        ) from error
    if not head:
        raise InputError(f"Cannot read {name}: the file is empty. Copy it again from its source.")
    return head


def _tail(source: str | Path | bytes) -> bytes:
    """Return the end of the file, as far as foreign data may follow the image."""
    if isinstance(source, bytes):
        return source[-_TAIL:]
    with open(source, "rb") as handle:
        handle.seek(max(0, handle.seek(0, 2) - _TAIL))
        return handle.read()


def _opened(vips: Any, source: Path | bytes, name: str) -> Any:
    """Return the libvips image, its header read, its pixels to be read from top to bottom."""
    try:
        # Not by a file name, in which libvips takes a "]" at the end for options.
        stream = (
            vips.Source.new_from_memory(source) if isinstance(source, bytes) else vips.Source.new_from_file(str(source))
        )
        return vips.Image.new_from_source(stream, "", access="sequential", fail_on="error")
    except vips.Error as error:
        # A TIFF cut off before its directory is no longer recognised by libvips, but it was one.
        if "known format" in str(error) and not _head(source, name).startswith(_MARKS):
            raise InputError(f"Cannot read {name}: it is not an image. Give a {NAMES} file.") from error
        raise _damaged(name, error) from error


def _pixels(vips: Any, image: Any, notes: list[str]) -> Any:
    """Return the image as gray or RGB; CMYK becomes sRGB."""
    if image.interpretation != "cmyk":
        return image
    notes.append("CMYK became sRGB")
    depth = 16 if image.format == "ushort" else 8
    image = image.icc_transform("srgb", embedded=True, intent="relative", depth=depth).copy()
    image.remove(PROFILE)  # of the target; sRGB is what is meant without one
    return image


def _by_pillow(vips: Any, source: str | Path | bytes, name: str) -> Any:
    """Return the image in a BMP or PPM file, which libvips' wheel does not read."""
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            image.load()
            if image.mode not in ("1", "L", "P", "RGB"):
                raise InputError(
                    f"Cannot read {name}: its pixels are of the kind {image.mode}; supported are 8-bit gray and RGB. "
                    "Convert it to PNG or TIFF."
                )
            wanted = {"1": "L", "P": "RGB"}.get(image.mode, image.mode)
            pixels = np.asarray(image.convert(wanted))
    except InputError:
        raise
    except Exception as error:  # Pillow raises whatever its decoders do
        raise _damaged(name, error) from error
    height, width = pixels.shape[:2]
    bands = 1 if pixels.ndim == 2 else 3
    made = vips.Image.new_from_memory(pixels.tobytes(), width, height, bands, "uchar")
    return made.copy(interpretation="b-w" if bands == 1 else "srgb")


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(f"Cannot read {name}: it is damaged, cut off or of a rare kind ({reason(error)}). Copy it again.")
