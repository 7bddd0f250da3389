"""Reading one image file: the whole file, decoded strictly, turned upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unnoise.errors import InputError
from unnoise.imaging.formats import FORMATS, NAMES, libvips, reason
from unnoise.imaging.image import Image

_LOADERS = {format_.loader for format_ in FORMATS.values()}
_MARKS = tuple(mark for format_ in FORMATS.values() for mark in format_.marks)
_INTERPRETATIONS = {"b-w", "grey16", "srgb", "rgb", "rgb16", "scrgb", "multiband"}
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}
_PROFILE = "icc-profile-data"


def read_image(path: str | Path) -> Image:
    """Give the image in a JPEG, PNG, TIFF or WebP file.

    The format is told by the content, not by the name. Pixels keep their depth: uint8, uint16 or float32. Gray stays
    ``(H, W)``, palettes become RGB, CMYK becomes sRGB. An EXIF orientation is applied, so that the pixels are upright;
    the ICC profile is kept.

    Args:
        path: The file.

    Returns:
        The image, its alpha channel apart.

    Raises:
        InputError: the file is missing, empty, not an image, damaged or truncated, has several pages or frames, or
            holds samples that are neither 8 or 16 bit nor float.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from unnoise.imaging import Image, write_image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_image(f"{folder}/gray.png", Image(np.eye(4, dtype=np.uint8)))
        ...     read_image(f"{folder}/gray.png").pixels.shape
        (4, 4)
    """
    path = Path(path)
    vips = libvips()
    image = _opened(vips, path, _content(path))
    try:
        return _converted(vips, path, image)
    except vips.Error as error:
        raise _damaged(path, error) from error


def _content(path: Path) -> bytes:
    # Through memory, since libvips takes a "]" at the end of a file name for options.
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(f"Cannot read {path}: {why}. Check the name and the permissions.") from error
    if not content:
        raise InputError(f"Cannot read {path}: the file is empty. Copy it again from its source.")
    return content


def _opened(vips: Any, path: Path, content: bytes) -> Any:
    """Return the libvips image, its header read."""
    try:
        image = vips.Image.new_from_buffer(content, "", fail_on="error")
    except vips.Error as error:
        # A TIFF cut off before its directory is no longer recognised by libvips, but it was one.
        if "known format" in str(error) and not content.startswith(_MARKS):
            raise InputError(f"Cannot read {path}: it is not an image. Give a {NAMES} file.") from error
        raise _damaged(path, error) from error
    loader = image.get("vips-loader")
    if loader not in _LOADERS:
        kind = loader.removesuffix("_buffer").removesuffix("load").upper()
        raise InputError(f"Cannot read {path}: {kind} files are not supported. Convert it to {NAMES}.")
    pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if pages > 1:
        raise InputError(
            f"Cannot read {path}: it has {pages} pages or frames, one is supported. Split it into single images."
        )
    return image


def _converted(vips: Any, path: Path, image: Any) -> Image:
    """Return the decoded image: upright, gray or RGB, alpha apart."""
    if image.interpretation == "cmyk":
        image = image.icc_transform("srgb", embedded=True, intent="relative")
        image = image.copy()
        image.remove(_PROFILE)  # of the target; sRGB is what is meant without one
    if image.format not in _DTYPES:
        raise InputError(
            f"Cannot read {path}: its samples are of type {image.format}; supported are 8 and 16 bit without sign and "
            "32-bit floats. Convert it first."
        )
    has_alpha = bool(image.hasalpha())
    colours = image.bands - has_alpha
    if colours not in (1, 3) or image.interpretation not in _INTERPRETATIONS:
        raise InputError(
            f"Cannot read {path}: it has {colours} colour channels ({image.interpretation}); "
            "supported are gray and RGB. Convert it first."
        )
    profile = image.get(_PROFILE) if image.get_typeof(_PROFILE) else None
    image = image.autorot()
    samples = np.frombuffer(image.write_to_memory(), dtype=_DTYPES[image.format])
    samples = samples.reshape(image.height, image.width, image.bands)
    pixels = samples[..., 0] if colours == 1 else samples[..., :3]
    alpha = samples[..., colours].copy() if has_alpha else None
    # Copies: the buffer of libvips is read-only.
    return Image(pixels.copy(), alpha, bytes(profile) if profile is not None else None)


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"Cannot read {path}: it is damaged, cut off or of a rare kind ({reason(error)}). Copy it again.")
