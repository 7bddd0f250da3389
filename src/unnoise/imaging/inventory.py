"""What an image file holds beside its picture: carried, refused for its true reason, or named as left out."""

from __future__ import annotations

import io

from unnoise.errors import InputError
from unnoise.imaging.containers import CutOff, avif, jpeg, png, tiff, webp
from unnoise.imaging.containers.exif import PREFIX, without_thumbnail
from unnoise.imaging.formats import Format
from unnoise.imaging.metadata import NONE, Metadata
from unnoise.imaging.source import Source, opened

_OF = {"JPEG": jpeg.inventory, "PNG": png.inventory, "TIFF": tiff.inventory, "WebP": webp.inventory}
# Where the last byte of a GIF is looked for.
_TAIL = 1 << 16


def refusal(source: Source, format_: Format | None, head: bytes) -> str:
    """Return why a file is not the one picture, or of none of the kinds, that can be read; nothing where it may be.

    Args:
        source: The file or its content.
        format_: As its first bytes tell, or None.
        head: Its beginning.
    """
    if avif.is_animation(head):
        return "it is an animation, one image is supported; split it into single images"
    if format_ is not None and format_.name == "JPEG":
        return jpeg.refusal(head)
    if format_ is not None and format_.name == "TIFF":
        with opened(source) as handle:
            return tiff.refusal(tiff.directories_of(handle))
    return ""


def inventory(source: Source, format_name: str, name: str) -> Metadata:
    """Return what a file of one of the formats holds beside its picture.

    Args:
        source: The file or its content.
        format_name: As `Format.name` has it; AVIF's boxes are read by the codec.
        name: How messages call the file.

    Raises:
        InputError: it is cut off.
    """
    with opened(source) as handle:
        try:
            if format_name in _OF:
                return _OF[format_name](handle)
            if format_name == "GIF":
                size = handle.seek(0, io.SEEK_END)
                handle.seek(max(0, size - _TAIL))
                if b";" not in handle.read():
                    raise CutOff
        except CutOff as error:
            raise InputError(f"Cannot read {name}: it is damaged, cut off before its end. Copy it again.") from error
    return NONE


def inventory_of_boxes(head: bytes, exif: bytes | None, xmp: bytes | None, icc_profile: bytes | None) -> Metadata:
    """Return what an AVIF file holds beside its picture, of which the decoder has given the blocks."""
    left_out: tuple[str, ...] = ()
    if exif is not None:
        exif, thumbnail = without_thumbnail(exif.removeprefix(PREFIX))
        left_out = ("thumbnail",) if thumbnail else ()
    return Metadata(exif=exif, xmp=xmp, icc_profile=icc_profile, cicp=avif.code_points(head), left_out=left_out)
