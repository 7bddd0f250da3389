"""The image formats that unnoise reads and writes, and how libvips is set up for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unnoise.errors import InputError


@dataclass(frozen=True)
class Format:
    """What a file format can hold, and how it is written.

    Args:
        name: The name in messages.
        loader: The libvips loader that recognises it.
        marks: What the content begins with, where libvips needs more than that to recognise it.
        dtypes: The pixel types it holds as they are.
        alpha: Whether it holds transparency.
        options: What the libvips writer is told.
    """

    name: str
    loader: str
    marks: tuple[bytes, ...]
    dtypes: tuple[str, ...]
    alpha: bool
    options: dict[str, Any] = field(default_factory=dict)


_JPEG = Format("JPEG", "jpegload_buffer", (b"\xff\xd8\xff",), ("uint8",), False, {"Q": 95})
_PNG = Format("PNG", "pngload_buffer", (b"\x89PNG",), ("uint8", "uint16"), True)
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # either byte order, small or big
_TIFF = Format("TIFF", "tiffload_buffer", _TIFF_MARKS, ("uint8", "uint16", "float32"), True, {"compression": "deflate"})
# exact keeps the colour of wholly transparent pixels.
_WEBP = Format("WebP", "webpload_buffer", (), ("uint8",), True, {"lossless": True, "exact": True})

FORMATS: dict[str, Format] = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _PNG,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": _WEBP,
}
"""The formats by file name suffix, in lower case."""

NAMES = "JPEG, PNG, TIFF or WebP"


def image_files(folder: str | Path) -> list[Path]:
    """Give the image files in a folder, sorted by name.

    Files count by their suffix (.jpg, .jpeg, .png, .tif, .tiff, .webp, in any case); they are not opened. Subfolders
    and hidden files, whose name starts with a dot, are left out.

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


def libvips() -> Any:
    """Return the pyvips module, set up for reading whole files safely.

    The cache is off, because it would serve the old pixels of a file that was rewritten. Loaders that libvips itself
    calls untrusted are blocked; one of them takes any text with commas for an image.
    """
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    return pyvips


def reason(error: Exception) -> str:
    """Return the telling line of a libvips message, which has several: the last, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no reason given"
