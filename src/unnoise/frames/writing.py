"""Writing a file of several frames: whole or not at all, one frame at a time in memory."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from unnoise.atomic import atomic_path
from unnoise.errors import OutputError
from unnoise.frames.animation import FORMATS
from unnoise.frames.frames import Frames
from unnoise.frames.join import Join, JoinGif, JoinPng, JoinTiff, JoinWebp
from unnoise.imaging.encoding import check_fits, write_strips
from unnoise.imaging.formats import Format
from unnoise.imaging.header import Header
from unnoise.imaging.samples import Array

# TIFF files whose samples are more bytes get offsets of 64 bits.
SMALL_TIFF = 4_000_000_000


def plays(frames: Frames, format_: Format) -> bool:
    """Return whether frames that are written as a format are an animation, as they were."""
    return frames.timing is not None and len(frames) > 1 and format_.name in FORMATS


def check_holds(name: str, frames: Frames, format_: Format) -> None:
    """Raise OutputError where a format cannot hold the frames; ``name`` is for the message."""
    count = len(frames)
    if count > 1 and format_.name in FORMATS and frames.timing is None:
        raise OutputError(
            f"Cannot write {name}: {format_.name} holds frames that are played, and the {count} pages of a stack have "
            "no times. Write .tif, or one of the frames.",
            remedy="frames",
        )
    if count > 1 and format_.name not in ("TIFF", *FORMATS):
        other = ".tif" if frames.timing is None else ".png, .webp, .gif or .tif"
        raise OutputError(
            f"Cannot write {name}: {format_.name} holds one picture, and there are {count} frames. "
            f"Write {other}, or one of the frames.",
            remedy="frames",
        )
    for frame in frames:
        check_fits(name, frame, format_)


def write_frames(
    target: str | Path | BinaryIO,
    pixels: Iterable[tuple[Header, Iterable[Array]]],
    frames: Frames,
    *,
    format: Format,
    strip_metadata: bool = False,
    overwrite: bool = False,
    quality: int | None = None,
) -> None:
    """Write frames one after the other, each coded as a single image of the format is.

    Args:
        target: A path; or an empty binary file object that can be written, read and sought, such as ``io.BytesIO()``.
        pixels: Header and strips of each frame, as `unnoise.imaging.encoding.write_strips` takes them.
        frames: Where they come from; :func:`check_holds` has found nothing wrong with them.
        format: What to write.
        strip_metadata, overwrite, quality: As in ``write_strips``.

    Raises:
        OutputError: as in ``write_strips``.
    """
    options: dict[str, Any] = {"format": format, "strip_metadata": strip_metadata, "quality": quality}
    if len(frames) == 1:
        for header, strips in pixels:
            write_strips(target, header, strips, overwrite=overwrite, **options)
        return
    with contextlib.ExitStack() as stack:
        if isinstance(target, (str, Path)):
            temporary = stack.enter_context(atomic_path(target, overwrite=overwrite))
            target = stack.enter_context(open(temporary, "w+b"))
        join = _join(target, frames, format)
        for number, (header, strips) in enumerate(pixels):
            if number > 0 and frames.timing is not None:
                # What belongs to all of an animation stands in its first frame.
                header = dataclasses.replace(header, metadata=header.metadata.stripped())
            still = io.BytesIO()
            write_strips(still, header, strips, **options)
            join.add(still.getvalue())
        join.finish()


def _join(sink: BinaryIO, frames: Frames, format_: Format) -> Join:
    first, timing = frames[0], frames.timing
    if format_.name == "TIFF":
        size = len(frames) * first.width * first.height * first.bands * np.dtype(first.dtype).itemsize
        return JoinTiff(sink, size > SMALL_TIFF)
    assert timing is not None  # as check_holds says
    if format_.name == "WebP":
        return JoinWebp(sink, timing, first.alpha)
    return JoinPng(sink, timing) if format_.name == "PNG" else JoinGif(sink, timing)
