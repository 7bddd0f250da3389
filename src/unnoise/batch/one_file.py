"""One image file denoised into another: nothing but noise changes."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.atomic import atomic_path
from unnoise.errors import InputError
from unnoise.imaging.encoding import check_fits, held_metadata, write_strips
from unnoise.imaging.formats import format_of
from unnoise.imaging.image_file import MAX_PIXELS, ImageFile, open_image
from unnoise.inference import Denoiser, load
from unnoise.inference.amounts import check_amounts
from unnoise.inference.network import Progress
from unnoise.inference.noise_level import Finding, noise_of_strips
from unnoise.inference.passes import Passes
from unnoise.inference.pixels import is_far

Array = npt.NDArray[Any]
_Strips = Callable[[], Iterator[Array]]

# Rows that are converted at once on their way out.
ROWS = 64
# Images of at most this many bytes are decoded once, for the estimate and the network; larger ones twice.
DECODED_ONCE = 32 << 20
_PEAKS = {"uint8": 255, "uint16": 65535, "float32": 1}


@dataclasses.dataclass(frozen=True)
class FileOptions:
    """How files are denoised.

    Attributes:
        sigma: Standard deviation of the noise where it is known, in units of the range [0, 1]; None: estimated.
        strength, chroma, passes: As in :meth:`unnoise.inference.Denoiser.denoise`.
        force: Whether images that seem clean are denoised, too, and noise that a camera smoothed is left to the network
            as any other.
        strip: Whether metadata is left out, apart from the ICC profile and the orientation.
        overwrite: Whether an existing output may be replaced.
        most_pixels: Larger images are refused.
        max_memory: Bytes that the network's computation may take, about.

    Raises:
        InputError: a wrong sigma, strength, chroma or memory.
        UsageError: a number of passes other than 1, 2, 4 and 8.
    """

    sigma: float | None = None
    strength: float = 1.0
    chroma: float | None = None
    passes: int = 1
    force: bool = False
    strip: bool = False
    overwrite: bool = False
    most_pixels: int = MAX_PIXELS
    max_memory: int | None = None

    def __post_init__(self) -> None:
        check_amounts(sigma=self.sigma, strength=self.strength, chroma=self.chroma, max_memory=self.max_memory)
        Passes(self.passes)  # which refuses wrong counts


DEFAULT = FileOptions()


@dataclasses.dataclass(frozen=True)
class FileReport:
    """What was done to one file.

    Attributes:
        source, target: Names of the files.
        width, height, channels, bits, alpha: Of the image.
        noise: The estimate, in units of the range [0, 1].
        correlated: Whether the noise seems correlated over more pixels than that of the training.
        masked: Whether it seems what a camera left of stronger noise, and was taken for that: see
            :meth:`unnoise.inference.Denoiser.assumed`.
        unchanged: Why the pixels were left as they are; empty where they were denoised.
        metadata_kept, metadata_lost: Kinds of metadata.
        mean_drift: Mean of the output less that of the input, in units of the range.
        notes: What reading changed, such as CMYK to sRGB.
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
    noise: float
    correlated: bool
    masked: bool
    unchanged: str
    metadata_kept: list[str]
    metadata_lost: list[str]
    mean_drift: float
    notes: list[str]
    device: str
    seconds: float


def denoise_file(
    source: str | Path | bytes,
    target: str | Path,
    *,
    denoiser: Denoiser | None = None,
    options: FileOptions = DEFAULT,
    progress: Progress = lambda share: None,
) -> FileReport:
    """Denoise the image file ``source`` and write it to ``target``, whose suffix chooses the format.

    Depth, alpha, EXIF, XMP, IPTC, ICC profile, resolution and orientation stay where the format of ``target`` can hold
    them. Where nothing is to be changed (a clean image, strength 0) and the format is the same, the target is a copy of
    the file, byte by byte. Memory does not grow with the image's height.

    Args:
        source: The file, or its content.
        target: The file to write; never the source.
        denoiser: The model; None takes the packaged ``photo``.
        options: See :class:`FileOptions`.
        progress: Called with the share that is done, up to 1.

    Raises:
        InputError: no image, or a damaged one, or an option that cannot be met.
        OutputError: the target exists, cannot be written or cannot hold the image.
        ModelFileError: a model that does not take images of this size.
    """
    started = time.perf_counter()
    denoiser = denoiser or load()
    target = Path(target)
    image = open_image(source, max_pixels=options.most_pixels)
    if not isinstance(source, bytes) and target.exists() and target.samefile(source):
        raise InputError(f"{target} is the input itself. Choose another name for the output.")
    check_fits(target, image, format_of(target))
    strips = _strips(image)
    gate = options.sigma is None and not options.force and denoiser.metadata.input_shape[0] is None
    fill = _fill(image, strips)
    gate = gate and fill is None
    noise = _noise(image, strips, fill, denoiser if gate else None)
    unchanged = ""
    if options.strength == 0 and not options.chroma:
        unchanged = "strength is 0"
    elif options.sigma == 0:
        unchanged = "sigma is 0"
    elif gate and noise.clean:
        unchanged = "no noise was found"
    assumed = denoiser.assumed(noise) if gate and not unchanged else None
    drift = 0.0
    kept, lost = held_metadata(image, format_of(target), strip_metadata=options.strip)
    if unchanged and format_of(target) is image.format and not options.strip and not image.notes:
        _copy(source, target, options.overwrite)
    else:
        if assumed is not None:
            options = dataclasses.replace(options, sigma=assumed)
        run = _Run(image, strips, fill, denoiser, options, noise.level, progress)
        samples = strips() if unchanged else run.strips()
        write_strips(target, image, samples, strip_metadata=options.strip, overwrite=options.overwrite)
        drift = run.drift
    progress(1.0)
    return FileReport(
        source=image.name,
        target=str(target),
        width=image.width,
        height=image.height,
        channels=image.channels,
        bits=image.bits,
        alpha=image.alpha,
        noise=noise.level,
        correlated=noise.correlated,
        masked=assumed is not None,
        unchanged=unchanged,
        metadata_kept=kept,
        metadata_lost=lost,
        mean_drift=drift,
        notes=list(image.notes),
        device=denoiser.device,
        seconds=time.perf_counter() - started,
    )


def to_range(strip: Array, fill: Array | None = None) -> npt.NDArray[np.float32]:
    """Return samples of a file as float32 in the nominal range [0, 1]; what is not finite becomes ``fill``."""
    values = np.divide(strip, np.float32(_PEAKS[strip.dtype.name]), dtype=np.float32)
    return values if fill is None else np.where(np.isfinite(values), values, fill)


def from_range(values: npt.NDArray[np.float32], dtype: str) -> Array:
    """Return float values as samples of a file; integers are rounded and clipped."""
    if dtype == "float32":
        return values
    samples: Array = np.rint(np.clip(values, 0, 1) * np.float32(_PEAKS[dtype])).astype(dtype)
    return samples


class _Run:
    """The pixels of an image on their way through the network; alpha goes past it."""

    def __init__(
        self,
        image: ImageFile,
        source: _Strips,
        fill: Array | None,
        denoiser: Denoiser,
        options: FileOptions,
        level: float,
        progress: Progress,
    ) -> None:
        self.image, self.source, self.fill = image, source, fill
        self.denoiser, self.options, self.level, self.progress = denoiser, options, level, progress
        self.sums = [0.0, 0.0]
        self.alpha: deque[Array] = deque()

    @property
    def drift(self) -> float:
        """Mean of what came out less that of what went in."""
        return (self.sums[1] - self.sums[0]) / (self.image.width * self.image.height * self.image.channels)

    def strips(self) -> Iterator[Array]:
        """Give the denoised image from top to bottom, in the depth of the source."""
        image, options = self.image, self.options
        denoised = self.denoiser.denoise_strips(
            self._seen(),
            image.height,
            image.width,
            strength=options.strength,
            chroma=options.chroma,
            passes=options.passes,
            sigma=options.sigma,
            level=self.level,
            max_memory=options.max_memory,
            progress=self.progress,
        )
        for rows in denoised:
            for start in range(0, len(rows), ROWS):
                samples = from_range(rows[start : start + ROWS], image.dtype)
                self.sums[1] += float(samples.sum(dtype=np.float64)) / _PEAKS[image.dtype]
                yield np.concatenate([samples, self._alpha(len(samples))], axis=2) if image.alpha else samples

    def _seen(self) -> Iterator[npt.NDArray[np.float32]]:
        for strip in self.source():
            if self.image.alpha:
                self.alpha.append(strip[..., -1:])
            values = to_range(strip[..., : self.image.channels], self.fill)
            self.sums[0] += float(values.sum(dtype=np.float64))
            yield values

    def _alpha(self, rows: int) -> Array:
        """Return the next rows of the alpha channel."""
        parts: list[Array] = []
        while rows:
            part = self.alpha.popleft()
            if len(part) > rows:
                self.alpha.appendleft(part[rows:])
            parts.append(part[:rows])
            rows -= len(parts[-1])
        return np.concatenate(parts)


def _strips(image: ImageFile) -> _Strips:
    """Return what gives the pixels from top to bottom as often as it is called."""
    samples = image.width * image.height * (image.channels + image.alpha)
    if samples * np.dtype(image.dtype).itemsize > DECODED_ONCE:
        return image.strips
    decoded = list(image.strips())
    return lambda: iter(decoded)


def _fill(image: ImageFile, source: _Strips) -> Array | None:
    """Return what stands for NaN and infinite samples: the means of the channels ``(C,)``; None where all are finite.

    Raises:
        InputError: values far outside the range [0, 1].
    """
    if image.dtype != "float32":
        return None
    low, high = 0.0, 0.0
    counts, sums = np.zeros((2, image.channels))
    missing = False
    for strip in source():
        colours = strip[..., : image.channels]
        finite = np.isfinite(colours)
        missing = missing or not finite.all()
        low = min(low, float(np.min(colours, where=finite, initial=0)))
        high = max(high, float(np.max(colours, where=finite, initial=0)))
        counts += finite.sum(axis=(0, 1))
        sums += np.sum(colours, axis=(0, 1), where=finite, dtype=np.float64)
    if is_far(low, high):
        raise InputError(
            f"The values of {image.name} reach from {low:g} to {high:g}, far outside the range of float files, 0 to 1. "
            "Divide them by the value of white."
        )
    return (sums / np.maximum(counts, 1)).astype(np.float32) if missing else None


def _noise(image: ImageFile, source: _Strips, fill: Array | None, denoiser: Denoiser | None) -> Finding:
    """Return what is known of the noise, by the denoiser too if there is one."""
    strips = (to_range(strip[..., : image.channels], fill) for strip in source())
    find = noise_of_strips if denoiser is None else denoiser.find_noise
    return find(strips, image.height, image.width)


def _copy(source: str | Path | bytes, target: Path, overwrite: bool) -> None:
    with atomic_path(target, overwrite=overwrite) as temporary:
        if isinstance(source, bytes):
            temporary.write_bytes(source)
        else:
            shutil.copyfile(source, temporary)
