"""An image made to fit a format that holds neither orientation nor profile: turned upright, its colours in sRGB."""

from __future__ import annotations

import dataclasses
from typing import Any

from unnoise.imaging.codecs import EncodingError, Pixels
from unnoise.imaging.codecs.vips import libvips, raw_image
from unnoise.imaging.header import Header


def fitted(header: Header, pixels: Pixels, *, upright: bool, srgb: bool) -> tuple[Header, Pixels]:
    """Return an image with its orientation and its colour profile applied, and its new header.

    Args:
        header: Of the image.
        pixels: Its samples.
        upright: Whether to apply the orientation.
        srgb: Whether to apply the profile.

    Raises:
        EncodingError: a profile that cannot be used.
    """
    metadata = header.metadata
    srgb, upright = srgb and metadata.icc_profile is not None, upright and metadata.orientation != 1
    if not srgb and not upright:
        return header, pixels
    vips = libvips()
    image = raw_image(vips, header, pixels)
    try:
        if srgb:
            image = _in_srgb(vips, image, header, metadata.icc_profile)
            metadata = dataclasses.replace(metadata, icc_profile=None)
        if upright:
            image = image.copy()
            image.set_type(vips.GValue.gint_type, "orientation", metadata.orientation)
            image = image.autorot()
            metadata = dataclasses.replace(metadata, orientation=1)
        content = image.write_to_memory()
    except vips.Error as error:
        raise EncodingError(str(error).strip().splitlines()[-1].rstrip(".")) from error
    return dataclasses.replace(header, width=image.width, height=image.height, metadata=metadata), content


def _in_srgb(vips: Any, image: Any, header: Header, profile: bytes | None) -> Any:
    """Return the image by the relative colorimetric intent; alpha stays, and so does gray."""
    colours = (image[: header.channels] if header.alpha else image).copy()
    colours.set_type(vips.GValue.blob_type, "icc-profile-data", profile)
    depth = 16 if header.dtype == "uint16" else 8
    colours = colours.icc_transform("srgb", embedded=True, intent="relative", depth=depth)
    colours = colours[0] if header.channels == 1 else colours
    return colours.bandjoin(image[header.channels]) if header.alpha else colours
