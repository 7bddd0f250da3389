"""The pages of a TIFF file, each as a file of its own."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import BinaryIO

from unnoise.errors import InputError
from unnoise.frames.view import View
from unnoise.imaging.containers import tiff
from unnoise.imaging.containers.directories import DamagedDirectory, Directories, Directory, numbers
from unnoise.imaging.formats import by_marks
from unnoise.imaging.image_file import ImageFile, open_image
from unnoise.imaging.metadata import Metadata
from unnoise.imaging.source import name_of, opened

_BITS, _COMPRESSION, _STRIPS, _HEIGHT = 0x0102, 0x0103, 0x0111, 0x0101


def pages_of(source: Path | bytes) -> list[View]:
    """Return the pages of a TIFF file that has several; nothing for other files.

    Raises:
        InputError: it holds fewer images than it says.
    """
    try:
        with opened(source) as handle:
            format_ = by_marks(handle.read(16))
            if format_ is None or format_.name != "TIFF":
                return []
            handle.seek(0)
            directories = Directories(handle)
            places = {place: found for place, found in directories.all().items() if tiff.is_picture(found)}
            first = next(iter(places.values()), {})
            if tiff.refusal([first]):
                return []
            name, images = name_of(source), tiff.told_images(first)
            if images <= len(places):
                patches = [directories.alone(place) for place in places]
                return [View(source, f"{name}, frame {number + 1}", each) for number, each in enumerate(patches)]
            start, size = _one_image(handle, first)
            if len(places) > 1 or not size or start + images * size > handle.seek(0, io.SEEK_END):
                raise InputError(
                    f"Cannot read {name}: it says that it has {images} images, and does not hold them. Copy it again."
                )
            return [
                View(source, f"{name}, frame {number + 1}", moved=(start, size, number * size))
                for number in range(images)
            ]
    except (DamagedDirectory, OSError):
        return []  # which opening it as an image tells


def open_page(view: View, max_pixels: int) -> ImageFile:
    """Open a page; the images behind the first one's directory do not have its tags."""
    image = open_image(view, max_pixels=max_pixels)
    if view.moved[2] == 0:
        return image
    kept = Metadata(orientation=image.orientation, resolution=image.metadata.resolution)
    return dataclasses.replace(image, metadata=dataclasses.replace(kept, icc_profile=image.metadata.icc_profile))


def _one_image(handle: BinaryIO, first: Directory) -> tuple[int, int]:
    """Return where the samples of the first image begin and how many bytes they are; 0 where they are compressed."""
    offsets, bits = numbers(first, _STRIPS), numbers(first, _BITS) or (1,)
    if (numbers(first, _COMPRESSION) or (1,))[0] != 1 or not offsets or bits[0] % 8:
        return 0, 0
    return offsets[0], tiff.row_samples(first) * (numbers(first, _HEIGHT) or (0,))[0] * bits[0] // 8
