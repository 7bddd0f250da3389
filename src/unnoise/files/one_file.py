"""One image file denoised into another: nothing but noise changes."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from unnoise.atomic import atomic_path
from unnoise.errors import InputError
from unnoise.imaging.encoding import check_fits, held_metadata, write_strips
from unnoise.imaging.formats import format_of
from unnoise.imaging.hidden import fill_hidden
from unnoise.imaging.image_file import MAX_PIXELS, ImageFile, open_image
from unnoise.imaging.samples import from_float, is_far, survey, to_float, white_in_use, white_of
from unnoise.inference import DenoiseOptions, Denoiser, load_cached
from unnoise.inference.network import Progress
from unnoise.inference.options import DEFAULT
from unnoise.inference.treatment import Treatment, decide

Array = npt.NDArray[Any]
Batch = npt.NDArray[np.float32]

# Rows that are converted at once on their way out.
ROWS = 64
# Images of at most this many bytes are decoded once, for the analysis and the network; larger ones twice.
DECODED_ONCE = 32 << 20


@dataclasses.dataclass(frozen=True)
class FileReport:
    """What was done to one file.

    Attributes:
        source, target: Names of the files.
        width, height, channels, bits, alpha: Of the image.
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
    progress: Progress = lambda share: None,
) -> FileReport:
    """Denoise the image file ``source`` and write it to ``target``.

    Depth, alpha, EXIF, XMP, IPTC, ICC profile, resolution and orientation stay where the format of ``target`` can hold
    them. Where nothing is to be changed (a clean image, strength 0) and the format is the same, the target is a copy of
    the file, byte by byte. Memory does not grow with the image's height.

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
    image = open_image(source, max_pixels=max_pixels)
    if isinstance(sink, Path) and not isinstance(source, bytes) and sink.exists() and sink.samefile(source):
        raise InputError(f"{sink} is the input itself.", remedy="output")
    if format is not None:
        written_as = format_of(f"x.{format.removeprefix('.')}")
    else:
        written_as = format_of(sink) if isinstance(sink, Path) else image.format
    name = str(sink) if isinstance(sink, Path) else "memory"
    check_fits(name, image, written_as)
    run = _Run(image, denoiser, options, white)
    notes = [*image.notes, *(["NaN and infinite values became the mean of their channel"] if run.filled else [])]
    kept, lost = held_metadata(image, written_as, strip_metadata=strip_metadata)
    if run.treatment.unchanged and written_as is image.format and quality is None and not strip_metadata and not notes:
        _copy(source, sink, overwrite)
        kept, lost = image.metadata.kinds(), []
    else:
        write_strips(
            sink, image, run.strips(progress), format=written_as, strip_metadata=strip_metadata, overwrite=overwrite,
            quality=quality,
        )  # fmt: skip
    progress(1.0)
    return FileReport(
        source=image.name,
        target=name,
        width=image.width,
        height=image.height,
        channels=image.channels,
        bits=image.bits,
        alpha=image.alpha,
        noise=run.level,
        unchanged=run.treatment.unchanged,
        metadata_kept=kept,
        metadata_lost=lost,
        mean_drift=run.drift,
        notes=notes,
        device=denoiser.device,
        seconds=time.perf_counter() - started,
    )


class _Run:
    """The pixels of an image on their way through the network; alpha and colours that it hides go past it.

    Attributes:
        level: The noise that was found, in units of the range [0, 1]; None where it was not looked for.
        treatment: What is done to the image.
        filled: Whether NaN and infinite samples are replaced.
    """

    def __init__(self, image: ImageFile, denoiser: Denoiser, options: DenoiseOptions, white: float | None) -> None:
        self._image, self._denoiser, self._options = image, denoiser, options
        self._source = _strips(image)
        self._white, self._fill = _range(image, self._source, white, denoiser.metadata.white)
        found = denoiser.analyze_noise(
            self._marked(), image.height, image.width,
            level=not options.changes_nothing, max_memory=options.max_memory,
        )  # fmt: skip
        self.level = found.level
        self.treatment: Treatment = decide(options, found, denoiser.metadata)
        self.filled = self._fill is not None
        self._sums = [0.0, 0.0]
        self._originals: deque[Array] = deque()

    @property
    def drift(self) -> float:
        """Mean of what came out less that of what went in."""
        return (self._sums[1] - self._sums[0]) / (self._image.width * self._image.height * self._image.channels)

    def strips(self, progress: Progress) -> Iterator[Array]:
        """Give the denoised image from top to bottom, in the depth of the source."""
        image, denoised = self._image, self._seen()
        if not self.treatment.unchanged:
            denoised = self._denoiser.denoise_strips(
                denoised, image.height, image.width, self._options, self.treatment, progress=progress
            )
        for rows in denoised:
            for start in range(0, len(rows), ROWS):
                samples = from_float(rows[start : start + ROWS], image.dtype, white=self._white)
                if image.alpha:
                    original = self._next_originals(len(samples))
                    colours, alpha = original[..., :-1], original[..., -1:]
                    samples = np.concatenate([np.where(alpha == 0, colours, samples), alpha], axis=2)
                self._sums[1] += float(self._colours(samples).sum(dtype=np.float64))
                yield samples

    def _marked(self) -> Iterator[Batch]:
        """Give the colours with NaN where nothing is seen: in holes and under full transparency."""
        for strip in self._source():
            values = to_float(strip[..., : self._image.channels], white=self._white)
            yield np.where(strip[..., -1:] == 0, np.float32(np.nan), values) if self._image.alpha else values

    def _seen(self) -> Iterator[Batch]:
        source = fill_hidden(self._source()) if self._image.alpha else ((strip, strip) for strip in self._source())
        for strip, filled in source:
            if self._image.alpha:
                self._originals.append(strip)
            self._sums[0] += float(self._colours(strip).sum(dtype=np.float64))
            yield self._colours(filled)

    def _colours(self, strip: Array) -> Batch:
        return to_float(strip[..., : self._image.channels], white=self._white, fill=self._fill)

    def _next_originals(self, rows: int) -> Array:
        """Return the next rows as they were, for alpha and what it hides."""
        parts: list[Array] = []
        while rows:
            part = self._originals.popleft()
            if len(part) > rows:
                self._originals.appendleft(part[rows:])
            parts.append(part[:rows])
            rows -= len(parts[-1])
        return np.concatenate(parts)


def _strips(image: ImageFile) -> Callable[[], Iterator[Array]]:
    """Return what gives the pixels from top to bottom as often as it is called."""
    samples = image.width * image.height * (image.channels + image.alpha)
    if samples * np.dtype(image.dtype).itemsize > DECODED_ONCE:
        return image.strips
    decoded = list(image.strips())
    return lambda: iter(decoded)


def _range(
    image: ImageFile, source: Callable[[], Iterator[Array]], white: float | None, of_model: float | None
) -> tuple[float, Batch | None]:
    """Return the sample that stands for white, and what stands for holes: the means ``(C,)``, or None without holes.

    Raises:
        InputError: a white that is none, or values far outside the range.
    """
    if white is not None and not 0 < white < np.inf:
        raise InputError(f"white must be a positive number, received {white!r}.")
    if image.dtype == "uint8":
        return white or white_of(image.dtype), None
    seen = survey(strip[..., : image.channels] for strip in source())
    white = white or white_in_use(image.dtype, seen.high, of_model=of_model)
    if is_far(seen.low, seen.high, white):
        raise InputError(
            f"The values of {image.name} reach from {seen.low:g} to {seen.high:g}, far outside 0 to {white:g}.",
            remedy="white",
        )
    return white, seen.fill


def _copy(source: str | Path | bytes, target: Path | BinaryIO, overwrite: bool) -> None:
    if not isinstance(target, Path):
        target.write(source if isinstance(source, bytes) else Path(source).read_bytes())
        return
    with atomic_path(target, overwrite=overwrite) as temporary:
        if isinstance(source, bytes):
            temporary.write_bytes(source)
        else:
            shutil.copyfile(source, temporary)
