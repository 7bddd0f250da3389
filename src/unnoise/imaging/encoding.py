"""Writing an image from top to bottom: whole or not at all, with the metadata that the format can hold."""

from __future__ import annotations

import dataclasses
import mmap
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.atomic import atomic_path
from unnoise.errors import OutputError
from unnoise.imaging.formats import FORMATS, Format, libvips, reason
from unnoise.imaging.image_file import PROFILE, Header
from unnoise.imaging.samples import to_8_bits
from unnoise.imaging.tiff_tags import add_exif_to_tiff
from unnoise.registry import suggestion

Array = npt.NDArray[Any]

# Larger images are spooled to a file beside the target before they are encoded, smaller ones to memory.
IN_MEMORY = 1 << 26
# Quality of lossy formats, unless the source had more.
QUALITY = 95

_VIPS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
_INTERPRETATIONS = {
    ("uint8", 1): "b-w",
    ("uint8", 3): "srgb",
    ("uint16", 1): "grey16",
    ("uint16", 3): "rgb16",
    ("float32", 1): "b-w",
    ("float32", 3): "scrgb",
}
# What an image looks wrong without, and so stays when the rest is stripped.
_NEEDED = (PROFILE, "orientation")


def format_of(path: str | Path) -> Format:
    """Return the format that the suffix of ``path`` means.

    Raises:
        OutputError: no known suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise OutputError(f"Cannot write {path}: unknown suffix {Path(path).suffix!r}. {suggestion(suffix, FORMATS)}")
    return FORMATS[suffix]


def check_fits(path: str | Path, header: Header, target: Format) -> None:
    """Raise OutputError where writing would lose more than depth."""
    if header.alpha and not target.alpha:
        raise OutputError(
            f"Cannot write {path}: {target.name} holds no transparency. Write .png, .tif, .webp or .avif."
        )
    if header.dtype == "float32" and "float32" not in target.dtypes:
        raise OutputError(
            f"Cannot write {path}: {target.name} holds no floats. Write .tif, or make the image 8 or 16 bit."
        )


def write_strips(
    path: str | Path,
    header: Header,
    strips: Iterable[Array],
    *,
    strip_metadata: bool = False,
    overwrite: bool = False,
) -> None:
    """Write the image whose pixels ``strips`` gives to ``path``; the suffix chooses the format.

    JPEG is written with quality 95, or that of the source where it is more; PNG, TIFF (deflate), WebP, AVIF, BMP and
    PPM without loss, GIF with a palette of 256 colours. 16-bit samples are rounded to 8 bits where the format holds no
    more, to 12 bits (or those of the source) in AVIF.

    Args:
        path: The file.
        header: Size, depth and metadata of the image.
        strips: Arrays ``(h, width, bands)`` of the header's dtype, from top to bottom, alpha last.
        strip_metadata: Whether to leave out all metadata but the ICC profile and the orientation.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputError: an unknown suffix, an existing file, a place that cannot be written, a full disk, or an image that
            the format cannot hold.
    """
    target = format_of(path)
    check_fits(path, header, target)
    vips = libvips()
    with atomic_path(path, overwrite=overwrite) as temporary, _spooled(Path(path), header, target, strips) as spool:
        kept = {name: value for name, value in header.metadata.items() if not strip_metadata or name in _NEEDED}
        try:
            described = dataclasses.replace(header, metadata=kept)
            image = _described(vips, spool.image(vips), described)
            _encode(image, temporary, described, target)
        except vips.Error as error:
            raise OutputError(
                f"Cannot write {path}: {target.name} refuses the image ({reason(error)}). Choose another format."
            ) from error


class _spooled:  # noqa: N801 - used as a context manager
    """All strips, in the target's depth, in memory or in a temporary file beside the target."""

    def __init__(self, path: Path, header: Header, target: Format, strips: Iterable[Array]) -> None:
        self.header, self.strips = header, strips
        self.dtype = header.dtype if header.dtype in target.dtypes else "uint8"
        size = header.width * header.height * header.bands * np.dtype(self.dtype).itemsize
        self.path = path if size > IN_MEMORY else None

    def __enter__(self) -> _spooled:
        self.file: Any = None
        parts = []
        if self.path is not None:
            self.file = tempfile.NamedTemporaryFile(dir=self.path.parent, prefix=f".{self.path.stem}.", suffix=".tmp")
        try:
            for strip in self.strips:
                if strip.dtype != self.dtype:
                    strip = to_8_bits(strip)
                content = np.ascontiguousarray(strip).tobytes()
                if self.file is None:
                    parts.append(content)
                else:
                    self.file.write(content)
            if self.file is not None:
                self.file.flush()
        except BaseException:
            self.__exit__()
            raise
        self.content = b"".join(parts)
        return self

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            self.file.close()

    def image(self, vips: Any) -> Any:
        """Return the libvips image of the pixels."""
        width, height, bands = self.header.width, self.header.height, self.header.bands
        kind = _VIPS[self.dtype]
        if self.file is None:
            image = vips.Image.new_from_memory(self.content, width, height, bands, kind)
        else:
            mapped = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ)
            image = vips.Image.new_from_memory(mapped, width, height, bands, kind)
            if hasattr(mmap, "MADV_DONTNEED"):
                # What is encoded stays in the file and need not stay in memory.
                image.set_progress(True)
                image.signal_connect("eval", lambda image, progress: mapped.madvise(mmap.MADV_DONTNEED))
                self.watched = image  # pyvips does not keep what its signals call
        return image.copy(interpretation=_INTERPRETATIONS[self.dtype, self.header.channels])


def _described(vips: Any, image: Any, header: Header) -> Any:
    """Return the image with the header's metadata."""
    image = image.copy(xres=header.resolution[0], yres=header.resolution[1])
    for name, (kind, value) in header.metadata.items():
        image.set_type(kind, name, value)
    return image


def _encode(image: Any, path: Path, header: Header, target: Format) -> None:
    """Write the image to ``path`` in the format ``target``."""
    if not target.loader:
        import PIL.Image

        PIL.Image.fromarray(np.squeeze(image.numpy())).save(path, format=target.name)
        return
    options = dict(target.options)
    if target.name == "JPEG":
        options["Q"] = max(QUALITY, header.quality or 0)
    elif target.name == "AVIF":
        options["bitdepth"] = 8 if image.format == "uchar" else (header.bits if header.bits in (10, 12) else 12)
    elif target.name == "TIFF":
        options["predictor"] = "float" if image.format == "float" else "horizontal"
        options["bigtiff"] = _needs_big_tiff(header)
    image.write_to_file(str(path), **options)
    if target.name == "TIFF" and "exif-data" in header.metadata and not _needs_big_tiff(header):
        add_exif_to_tiff(path, header.metadata["exif-data"][1])


def _needs_big_tiff(header: Header) -> bool:
    """Return whether a TIFF file of the image may need offsets of 64 bits, with which EXIF cannot be added."""
    return header.width * header.height * header.bands * 4 > 1 << 32


# Kinds of metadata, by what libvips' names begin with, and the formats that cannot hold them.
_KINDS = {"exif-data": "EXIF", "xmp-data": "XMP", "iptc-data": "IPTC", PROFILE: "ICC profile"}
_CANNOT = {
    "EXIF": {"GIF", "BMP", "PPM"},
    "XMP": {"GIF", "BMP", "PPM"},
    "IPTC": {"PNG", "WebP", "AVIF", "GIF", "BMP", "PPM"},
    "ICC profile": {"GIF", "BMP", "PPM"},
}


def held_metadata(header: Header, target: Format, *, strip_metadata: bool = False) -> tuple[list[str], list[str]]:
    """Return the kinds of metadata of an image that are kept and lost when it is written as ``target``."""
    present = [kind for name, kind in _KINDS.items() if name in header.metadata]
    lost = [kind for kind in present if target.name in _CANNOT[kind] or (strip_metadata and kind != "ICC profile")]
    if target.name == "TIFF" and "EXIF" in set(present) - set(lost) and _needs_big_tiff(header):
        lost.append("EXIF")
    return [kind for kind in present if kind not in lost], lost
