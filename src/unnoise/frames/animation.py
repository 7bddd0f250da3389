"""Animations, read by Pillow: each frame as it is seen, whatever the file stores of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from unnoise.errors import InputError
from unnoise.imaging.codecs import damaged
from unnoise.imaging.formats import Format, by_marks, format_of
from unnoise.imaging.header import Header
from unnoise.imaging.image_file import ImageFile
from unnoise.imaging.inventory import inventory
from unnoise.imaging.samples import Array
from unnoise.imaging.source import name_of, opened

FORMATS = ("PNG", "GIF", "WebP")
"""The formats whose files may be animations, by name."""


@dataclasses.dataclass(frozen=True)
class Timing:
    """How an animation is played.

    Attributes:
        seconds: How long each frame is shown.
        loop: How often it is played, 0 for ever; None: the file does not say, which means once.
        still: Whether the first frame is a picture for programs that do not play, and no part of the animation.
    """

    seconds: tuple[Fraction, ...]
    loop: int | None = None
    still: bool = False


@dataclasses.dataclass(frozen=True)
class Animation:
    """An animation, all of it looked at once.

    Attributes:
        header: Of each frame; transparency where one of them has some.
        timing: How it is played.
    """

    source: Path | bytes
    header: Header
    timing: Timing

    def frame(self, number: int) -> ImageFile:
        """Return a frame, counted from 0; its pixels are decoded when they are read."""
        name = f"{self.header.name}, frame {number + 1}"

        def decode(rows: int) -> Iterator[Array]:
            with _image(self.source, name) as image:
                samples = _decoded(image, number, name, _mode(self.header.channels, self.header.alpha))
            samples = _extended(samples, self.header.height, self.header.width)
            for top in range(0, len(samples), rows):
                yield samples[top : top + rows]

        return ImageFile.of(dataclasses.replace(self.header, name=name), decode)


def animation_of(source: Path | bytes, max_pixels: int) -> Animation | None:
    """Return the animation that a file is; None where it is a single picture, or none that Pillow knows.

    Raises:
        InputError: it is damaged, larger than ``max_pixels`` a frame, or has 16 bits a sample.
    """
    name, format_ = name_of(source), _format(source)
    if format_ is None:
        return None
    try:
        image = _image(source, name)
        count = getattr(image, "n_frames", 1)
    except Exception:  # which opening it as a picture tells
        return None
    with image:
        if count < 2:
            return None
        width, height = image.size
        if width * height > max_pixels:
            raise InputError(
                f"Cannot read {name}: each frame has {width * height / 1e6:,.0f} megapixels, more than the limit of "
                f"{max_pixels / 1e6:,.0f}.",
                remedy="max_pixels",
            )
        if image.mode.startswith("I") or _is_deep(source, format_):
            raise InputError(f"Cannot read {name}: it is an animation of 16 bits; supported are 8. Convert it first.")
        info = dict(image.info)
        channels = 1 if image.mode in ("1", "L", "LA") else 3
        seconds, alpha = [], False
        for number in range(count):
            samples = _decoded(image, number, name, _mode(channels, True))
            # Frames of a GIF may reach beyond its first one.
            alpha = alpha or bool((samples[..., -1] < 255).any()) or (number > 0 and image.size != (width, height))
            width, height = max(width, image.width), max(height, image.height)
            seconds.append(Fraction(image.info.get("duration", 0)).limit_denominator(1 << 16) / 1000)
    header = Header(
        name=name,
        format=format_,
        width=width,
        height=height,
        channels=channels,
        dtype="uint8",
        alpha=alpha,
        metadata=inventory(source, format_.name, name),
        quality=None,
        bits=8,
        notes=(),
    )
    return Animation(source, header, Timing(tuple(seconds), info.get("loop"), bool(info.get("default_image"))))


def _mode(channels: int, alpha: bool) -> str:
    return ("L" if channels == 1 else "RGB") + ("A" if alpha else "")


def _extended(samples: Array, height: int, width: int) -> Array:
    """Return a frame with transparent pixels at its right and lower edge, where others are larger."""
    missing = (0, height - samples.shape[0]), (0, width - samples.shape[1]), (0, 0)
    return np.pad(samples, missing) if np.any(missing) else samples


def _decoded(image: Any, number: int, name: str, mode: str) -> Array:
    try:
        image.seek(number)
        samples = np.asarray(image.convert(mode))
    except Exception as error:  # Pillow raises whatever its decoders do
        raise damaged(f"{name.partition(', frame ')[0]}, frame {number + 1}", str(error).rstrip(".")) from error
    return samples if samples.ndim == 3 else samples[..., np.newaxis]


def _image(source: Path | bytes, name: str) -> Any:
    import PIL.Image

    try:
        return PIL.Image.open(opened(source) if isinstance(source, bytes) else source)
    except Exception as error:
        raise damaged(name, str(error).rstrip(".")) from error


def _format(source: Path | bytes) -> Format | None:
    """Return the format of a file that may be an animation."""
    try:
        with opened(source) as handle:
            head = handle.read(16)
    except OSError:
        return None
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return format_of("x.webp")
    found = by_marks(head)
    return found if found is not None and found.name in FORMATS else None


def _is_deep(source: Path | bytes, format_: Format) -> bool:
    """Return whether a PNG file has 16 bits, of which Pillow would read 8."""
    with opened(source) as handle:
        return format_.name == "PNG" and handle.read(25)[24:] == b"\x10"
