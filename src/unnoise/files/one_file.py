"""One image file denoised into another: nothing but noise changes."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path
from typing import BinaryIO

from unnoise.atomic import atomic_path
from unnoise.errors import InputError
from unnoise.files.all_frames import AllFrames
from unnoise.frames import check_holds, open_frames, plays, write_frames
from unnoise.imaging.encoding import held_metadata
from unnoise.imaging.formats import format_of
from unnoise.imaging.image_file import MAX_PIXELS
from unnoise.inference import DenoiseOptions, Denoiser, load_cached
from unnoise.inference.network import Progress
from unnoise.inference.options import DEFAULT

_GIF = "GIF has 256 colours a frame, which brings some grain and bands; PNG and WebP lose nothing"


@dataclasses.dataclass(frozen=True)
class FileReport:
    """What was done to one file.

    Attributes:
        source, target: Names of the files.
        width, height, channels, bits, alpha: Of the image, or its first frame.
        frames: How many there are.
        noise: The estimate, in units of the range [0, 1]; None where nothing was to be done anyway.
        unchanged: Why the pixels were left as they are; empty where they were denoised.
        metadata_kept, metadata_lost: Kinds of metadata.
        mean_drift: Mean of the output less that of the input, in units of the range.
        notes: What else changed, such as CMYK to sRGB.
        device: Where the network ran.
        seconds: From opening the source to the finished target.
    """

    source: str
    target: str
    width: int
    height: int
    channels: int
    bits: int
    alpha: bool
    frames: int
    noise: float | None
    unchanged: str
    metadata_kept: list[str]
    metadata_lost: list[str]
    mean_drift: float
    notes: list[str]
    device: str
    seconds: float


def denoise_file(
    source: str | Path | bytes,
    target: str | Path | BinaryIO,
    *,
    model: str | Path | Denoiser = "photo",
    options: DenoiseOptions = DEFAULT,
    format: str | None = None,
    strip_metadata: bool = False,
    overwrite: bool = False,
    max_pixels: int = MAX_PIXELS,
    quality: int | None = None,
    white: float | None = None,
    frames: str | None = None,
    progress: Progress = lambda share: None,
) -> FileReport:
    """Denoise the image file ``source`` and write it to ``target``.

    Depth, alpha, EXIF, XMP, IPTC, ICC profile, resolution and orientation stay where the format of ``target`` can hold
    them. Where nothing is to be changed (a clean image, strength 0) and the format is the same, the target is a copy of
    the file, byte by byte. Memory does not grow with the image's height, nor with the number of frames. Stacks and
    animations are denoised frame by frame; those of one size are all denoised or all left.

    Args:
        source: The file, or its content.
        target: The file to write, never the source; or a binary file object, such as ``io.BytesIO()``.
        model: The name of a model that comes with unnoise, a packaged file, or what :func:`unnoise.load` gave. What is
            loaded for one file is kept for the next.
        options: How much is denoised, and by how much work.
        format: A suffix such as ".png"; None: that of ``target``, or for a file object the source's format.
        strip_metadata: Whether metadata is left out, apart from the ICC profile and the orientation.
        overwrite: Whether an existing target may be replaced.
        max_pixels: Larger images are refused.
        quality: Of JPEG, WebP and AVIF, 1 to 100, other formats have none; None: that of the source or 95 for JPEG, no
            loss for WebP and AVIF.
        white: The sample that stands for white; None: 255 for 8 bits, 1 for floats, and for 16 bits the model's own, or
            the least of 1023, 4095, 16383 and 65535 that no sample of the file is above.
        frames: Which of a stack or an animation, such as "1-10,15", "first" or "last"; None: all of them.
        progress: Called with the share that is done, up to 1.

    Raises:
        InputError: no image, or a damaged one, or an option that cannot be met.
        OutputError: the target exists, cannot be written or cannot hold the image.
        ModelFileError: a model that cannot be used, or does not take images of this size.

    Example:
        >>> from unnoise import denoise_file
        >>> denoise_file("photo.jpg", "photo.denoised.jpg").noise  # doctest: +SKIP
        0.031
    """
    started = time.perf_counter()
    denoiser = model if isinstance(model, Denoiser) else load_cached(model)
    sink = Path(target) if isinstance(target, (str, Path)) else target
    images = open_frames(source, max_pixels=max_pixels)
    images = images if frames is None else images.choose(frames)
    image = images[0]
    if isinstance(sink, Path) and not isinstance(source, bytes) and sink.exists() and sink.samefile(source):
        raise InputError(f"{sink} is the input itself.", remedy="output")
    if format is not None:
        written_as = format_of(f"x.{format.removeprefix('.')}")
    else:
        written_as = format_of(sink) if isinstance(sink, Path) else image.format
    name = str(sink) if isinstance(sink, Path) else "memory"
    check_holds(name, images, written_as)
    work = AllFrames(images, denoiser, options, white)
    notes = [*image.notes, *work.notes]
    kept, lost = held_metadata(image, written_as, strip_metadata=strip_metadata)
    same = written_as is image.format and images.is_whole and quality is None and not strip_metadata
    if work.unchanged and same and not notes:
        _copy(source, sink, overwrite)
        kept, lost = image.metadata.kinds(), []
    else:
        lost += ["times of the frames"] if images.timing and not plays(images, written_as) else []
        notes += [_GIF] if written_as.name == "GIF" else []
        write_frames(
            sink, work.denoised(progress), images, format=written_as, strip_metadata=strip_metadata,
            overwrite=overwrite, quality=quality,
        )  # fmt: skip
    progress(1.0)
    return FileReport(
        source=images.name,
        target=name,
        width=image.width,
        height=image.height,
        channels=image.channels,
        bits=image.bits,
        alpha=image.alpha,
        frames=len(images),
        noise=work.level,
        unchanged=work.unchanged,
        metadata_kept=kept,
        metadata_lost=lost,
        mean_drift=work.drift,
        notes=notes,
        device=denoiser.device,
        seconds=time.perf_counter() - started,
    )


def _copy(source: str | Path | bytes, target: Path | BinaryIO, overwrite: bool) -> None:
    if not isinstance(target, Path):
        target.write(source if isinstance(source, bytes) else Path(source).read_bytes())
        return
    with atomic_path(target, overwrite=overwrite) as temporary:
        if isinstance(source, bytes):
            temporary.write_bytes(source)
        else:
            shutil.copyfile(source, temporary)
