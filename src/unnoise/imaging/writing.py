"""Writing one image file: whole or not at all, never over another by accident."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unnoise.atomic import atomic_path
from unnoise.errors import OutputError
from unnoise.imaging.formats import FORMATS, Format, libvips, reason
from unnoise.imaging.image import Image
from unnoise.registry import suggestion

_FORMATS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
_INTERPRETATIONS = {
    ("uint8", 1): "b-w",
    ("uint8", 3): "srgb",
    ("uint16", 1): "grey16",
    ("uint16", 3): "rgb16",
    ("float32", 1): "b-w",
    ("float32", 3): "scrgb",
}


def write_image(path: str | Path, image: Image, *, overwrite: bool = False) -> None:
    """Write an image to a file; the suffix of the name chooses the format.

    PNG (8 and 16 bit), TIFF (8, 16 bit and float32, deflate) and WebP (8 bit) are written without loss, JPEG with
    quality 95. JPEG and WebP hold 8 bits: 16-bit pixels are rounded for them. WebP stores gray as three equal channels.
    The ICC profile is written along.

    Args:
        path: The file: .jpg, .jpeg, .png, .tif, .tiff or .webp.
        image: What to write.
        overwrite: Whether an existing file may be replaced, default False.

    Raises:
        OutputError: an unknown suffix, an existing file, a place that cannot be written, or an image that the format
            cannot hold: alpha in JPEG, floats outside TIFF, a side that is too long.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from unnoise.imaging import Image, read_image
        >>> red = np.zeros((2, 2, 3), dtype=np.uint16)
        >>> red[..., 0] = 40000
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_image(f"{folder}/red.tif", Image(red))
        ...     int(read_image(f"{folder}/red.tif").pixels.max())
        40000
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise OutputError(f"Cannot write {path}: unknown suffix {path.suffix!r}. {suggestion(suffix, FORMATS)}")
    target = FORMATS[suffix]
    _check_fits(path, image, target)
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(_encoded(path, image, target))


def _check_fits(path: Path, image: Image, target: Format) -> None:
    """Raise OutputError where writing would lose more than depth."""
    if image.alpha is not None and not target.alpha:
        raise OutputError(f"Cannot write {path}: {target.name} holds no transparency. Write .png, .tif or .webp.")
    if image.pixels.dtype == np.float32 and "float32" not in target.dtypes:
        raise OutputError(
            f"Cannot write {path}: {target.name} holds no floats. Write .tif, or make the image 8 or 16 bit."
        )


def _encoded(path: Path, image: Image, target: Format) -> bytes:
    """Return the bytes of the file."""
    vips = libvips()
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., np.newaxis]
    colours = pixels.shape[2]
    samples = pixels if image.alpha is None else np.concatenate([pixels, image.alpha[..., np.newaxis]], axis=2)
    if samples.dtype.name not in target.dtypes:
        # 65535 = 255 * 257, hence the nearest 8-bit level.
        samples = ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    samples = samples.astype(samples.dtype.name, copy=False)  # in the byte order of this machine
    height, width, bands = samples.shape
    dtype = samples.dtype.name
    source = vips.Image.new_from_memory(samples.tobytes(), width, height, bands, _FORMATS[dtype])
    source = source.copy(interpretation=_INTERPRETATIONS[dtype, colours])
    if image.icc_profile is not None:
        source.set_type(vips.GValue.blob_type, "icc-profile-data", image.icc_profile)
    options: dict[str, Any] = dict(target.options)
    if dtype == "float32":
        options["predictor"] = "float"
    try:
        return bytes(source.write_to_buffer(path.suffix.lower(), **options))
    except vips.Error as error:
        raise OutputError(
            f"Cannot write {path}: {target.name} refuses the image ({reason(error)}). Choose another format."
        ) from error
