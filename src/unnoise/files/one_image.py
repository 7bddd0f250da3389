"""The pixels of one image on their way through the network."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.imaging.hidden import fill_hidden
from unnoise.imaging.image_file import ImageFile
from unnoise.imaging.samples import from_float, is_far, range_of_image, survey, to_float, white_of
from unnoise.inference import DenoiseOptions, Denoiser
from unnoise.inference.network import Progress
from unnoise.inference.treatment import Treatment, decide

Array = npt.NDArray[Any]
Batch = npt.NDArray[np.float32]

# Rows that are converted at once on their way out.
ROWS = 64
# Images of at most this many bytes are decoded once, for the analysis and the network; larger ones twice.
DECODED_ONCE = 32 << 20


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is found in an image, or in several that are alike, and done to it.

    Attributes:
        white, offset: The samples that stand for white and black.
        level: The noise, in units of the range [0, 1]; None where it was not looked for.
        treatment: What is done.
    """

    white: float
    offset: float
    level: float | None
    treatment: Treatment


class Run:
    """The pixels of an image on their way through the network; alpha and colours that it hides go past it.

    Args:
        image: The image.
        denoiser: The model.
        options: How much is denoised.
        white: The sample that stands for white; None: it is found.
        plan: What is done, where that is known already.

    Attributes:
        plan: What is done.
        filled: Whether NaN and infinite samples are replaced.
    """

    def __init__(
        self,
        image: ImageFile,
        denoiser: Denoiser,
        options: DenoiseOptions,
        white: float | None = None,
        plan: Plan | None = None,
    ) -> None:
        self._image, self._denoiser, self._options = image, denoiser, options
        self._source = _strips(image)
        if plan is not None and image.dtype != "float32":
            self._white, self._offset, self._fill = plan.white, plan.offset, None
        else:
            known = None if white is None else (white, 0.0)
            known = known if plan is None else (plan.white, plan.offset)
            self._white, self._offset, self._fill = _range(image, self._source, known, denoiser.metadata.range)
        self.filled = self._fill is not None
        self.plan = plan or self._look()
        self._sums = [0.0, 0.0]
        self._originals: deque[Array] = deque()

    def _look(self) -> Plan:
        image, options, denoiser = self._image, self._options, self._denoiser
        found = denoiser.analyze_noise(
            self._marked(), image.height, image.width,
            level=not options.changes_nothing, max_memory=options.max_memory,
        )  # fmt: skip
        return Plan(self._white, self._offset, found.level, decide(options, found, denoiser.metadata))

    @property
    def drift(self) -> float:
        """Mean of what came out less that of what went in."""
        return (self._sums[1] - self._sums[0]) / (self._image.width * self._image.height * self._image.channels)

    def strips(self, progress: Progress) -> Iterator[Array]:
        """Give the denoised image from top to bottom, in the depth of the source."""
        image, denoised = self._image, self._seen()
        if not self.plan.treatment.unchanged:
            denoised = self._denoiser.denoise_strips(
                denoised, image.height, image.width, self._options, self.plan.treatment, progress=progress
            )
        for rows in denoised:
            for start in range(0, len(rows), ROWS):
                samples = from_float(rows[start : start + ROWS], image.dtype, white=self._white, offset=self._offset)
                if image.alpha:
                    original = self._next_originals(len(samples))
                    colours, alpha = original[..., :-1], original[..., -1:]
                    samples = np.concatenate([np.where(alpha == 0, colours, samples), alpha], axis=2)
                self._sums[1] += float(self._colours(samples).sum(dtype=np.float64))
                yield samples

    def _marked(self) -> Iterator[Batch]:
        """Give the colours with NaN where nothing is seen: in holes and under full transparency."""
        for strip in self._source():
            values = to_float(strip[..., : self._image.channels], white=self._white, offset=self._offset)
            yield np.where(strip[..., -1:] == 0, np.float32(np.nan), values) if self._image.alpha else values

    def _seen(self) -> Iterator[Batch]:
        source = fill_hidden(self._source()) if self._image.alpha else ((strip, strip) for strip in self._source())
        for strip, filled in source:
            if self._image.alpha:
                self._originals.append(strip)
            self._sums[0] += float(self._colours(strip).sum(dtype=np.float64))
            yield self._colours(filled)

    def _colours(self, strip: Array) -> Batch:
        return to_float(strip[..., : self._image.channels], white=self._white, offset=self._offset, fill=self._fill)

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
    image: ImageFile,
    source: Callable[[], Iterator[Array]],
    known: tuple[float, float] | None,
    of_model: tuple[float, float] | None,
) -> tuple[float, float, Batch | None]:
    """Return what stands for white, for black, and for holes: the means ``(C,)``, or None without holes.

    Args:
        image, source: The image, and what gives its strips.
        known: White and black, where somebody has said them.
        of_model: Those of the data that the model was trained on.

    Raises:
        InputError: a white that is none, or values far outside the range.
    """
    if known is not None and not 0 < known[0] < np.inf:
        raise InputError(f"white must be a positive number, received {known[0]!r}.")
    if image.dtype == "uint8":
        return *(known or (white_of(image.dtype), 0.0)), None
    seen = survey(strip[..., : image.channels] for strip in source())
    white, offset = known or range_of_image(image.dtype, seen.low, seen.high, of_model=of_model)
    if is_far(seen.low - offset, seen.high - offset, white - offset):
        raise InputError(
            f"The values of {image.name} reach from {seen.low:g} to {seen.high:g}, far outside 0 to {white:g}.",
            remedy="white",
        )
    return white, offset, None if seen.fill is None else to_float(seen.fill, white=white, offset=offset)
