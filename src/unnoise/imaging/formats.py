"""The image formats that unnoise reads and writes, and which of them a file is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unnoise.errors import InputError, UsageError
from unnoise.imaging.foreign import foreign_name
from unnoise.registry import suggestion


@dataclass(frozen=True, eq=False)
class Format:
    """What a file format can hold, and how it is written.

    Args:
        name: The name in messages.
        suffixes: The file name suffixes, the usual one first, in lower case.
        loader: The libvips loader that recognises it, without ``_source``; empty for those that Pillow serves.
        marks: What the content begins with, where libvips needs more than that to recognise it.
        dtypes: The pixel types it holds as they are.
        alpha: Whether it holds transparency.
        lossless: Whether pixels come back as they were written.
        holds: The fields of `Metadata` that it can carry; orientation is that of the format itself or of EXIF.
        options: What the libvips writer is told.
    """

    name: str
    suffixes: tuple[str, ...]
    loader: str
    marks: tuple[bytes, ...]
    dtypes: tuple[str, ...]
    alpha: bool
    lossless: bool
    holds: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # either byte order, small or big
_BLOCKS = ("exif", "xmp", "icc_profile")
_ALL = (
    Format(
        "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), "jpegload", (b"\xff\xd8\xff",), ("uint8",), False, False,
        (*_BLOCKS, "photoshop", "orientation", "resolution"),
    ),
    # Photographs become a third smaller than with libvips' defaults, in less time.
    Format(
        "PNG", (".png",), "pngload", (b"\x89PNG",), ("uint8", "uint16"), True, True,
        (*_BLOCKS, "orientation", "resolution", "cicp"), {"compression": 2, "filter": "up"},
    ),
    Format(
        "TIFF", (".tif", ".tiff"), "tiffload", _TIFF_MARKS, ("uint8", "uint16", "float32"), True, True,
        (*_BLOCKS, "photoshop", "orientation", "resolution"), {"compression": "deflate"},
    ),
    # exact keeps the colour of wholly transparent pixels.
    Format(
        "WebP", (".webp",), "webpload", (), ("uint8",), True, True, (*_BLOCKS, "orientation"),
        {"lossless": True, "exact": True},
    ),
    Format(
        "AVIF", (".avif",), "heifload", (), ("uint8", "uint16"), True, True, (*_BLOCKS, "cicp"),
        {"lossless": True, "compression": "av1"},
    ),
    Format("GIF", (".gif",), "gifload", (b"GIF8",), ("uint8",), True, False),
    Format("BMP", (".bmp", ".dib"), "", (b"BM",), ("uint8",), False, True),
    Format("PPM", (".ppm", ".pgm", ".pnm"), "", (b"P5", b"P6"), ("uint8",), False, True),
)  # fmt: skip

FORMATS: dict[str, Format] = {suffix: format_ for format_ in _ALL for suffix in format_.suffixes}
"""The formats by file name suffix, in lower case."""

NAMES = "JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP or PPM"


def by_loader(loader: str) -> Format | None:
    """Return the format that libvips' ``loader`` reads."""
    return next((format_ for format_ in _ALL if format_.loader == loader), None)


def by_marks(head: bytes) -> Format | None:
    """Return the format of a file that begins with ``head``; None where more than that is needed to tell."""
    return next((format_ for format_ in _ALL if head.startswith(format_.marks)), None)


def format_of(path: str | Path) -> Format:
    """Return the format that the suffix of ``path`` means.

    Raises:
        UsageError: no known suffix.
    """
    suffix = Path(path).suffix.lower()
    if (foreign := foreign_name(path)) is not None:
        raise UsageError(f"Cannot write {path}: {foreign.plural} are not written. Write .png, .tif or .jpg.")
    if not suffix:
        raise UsageError(f"Cannot write {path}: no suffix says in which format. {suggestion(suffix, FORMATS)}")
    if suffix not in FORMATS:
        raise UsageError(f"Cannot write {path}: unknown suffix {Path(path).suffix!r}. {suggestion(suffix, FORMATS)}")
    return FORMATS[suffix]


def image_files(folder: str | Path) -> list[Path]:
    """Give the image files in a folder, sorted by name.

    Files count by their suffix (.jpg, .png, .tif, .webp, .avif, .gif, .bmp, .ppm and the like, in any case); they are
    not opened. Subfolders and hidden files, whose name starts with a dot, are left out.

    Args:
        folder: The folder to list.

    Returns:
        The paths, each beginning with ``folder``; empty when there are none.

    Raises:
        InputError: ``folder`` does not exist, is not a folder or cannot be listed.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("b.PNG", "a.jpg", "notes.txt"):
        ...         Path(folder, name).touch()
        ...     [path.name for path in image_files(folder)]
        ['a.jpg', 'b.PNG']
    """
    folder = Path(folder)
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"Cannot list {folder}: it {kind}. Give a folder with {NAMES} files.")
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in FORMATS and path.is_file()]
    except OSError as error:
        raise InputError(f"Cannot list {folder}: {error.strerror or error}. Check its permissions.") from error
    return sorted(path for path in found if not path.name.startswith("."))
