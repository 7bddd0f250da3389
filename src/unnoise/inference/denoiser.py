"""A packaged model, ready to denoise: an ONNX Runtime session and what the file says of itself."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import ModelFileError
from unnoise.inference.array_batch import Batch, array_batch
from unnoise.inference.metadata import Metadata
from unnoise.inference.network import BAND_PIXELS, Network, Progress
from unnoise.inference.noise_analysis import SIDE, NoiseAnalysis, analyze_noise
from unnoise.inference.options import DEFAULT, DenoiseOptions
from unnoise.inference.treatment import Treatment, asks_for_level, blend, decide

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Classification:
    """Class probabilities of images.

    Attributes:
        probabilities: ``(N, K)`` float32, rows sum to 1.
        class_names: K names; may be empty.
    """

    probabilities: npt.NDArray[np.float32]
    class_names: tuple[str, ...]

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The most probable class of each image, ``(N,)``."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def __str__(self) -> str:
        names = self.class_names or tuple(str(k) for k in range(self.probabilities.shape[1]))
        return ", ".join(f"{names[k]} ({p[k]:.0%})" for k, p in zip(self.labels, self.probabilities, strict=True))


class Denoiser:
    """A packaged model; made by :func:`unnoise.load`.

    Attributes:
        metadata: What the file says of itself.
        device: Where it runs: "cpu", "cuda" and so on.
    """

    def __init__(self, session: Any, metadata: Metadata, device: str = "cpu") -> None:
        self._network = Network(session, metadata)
        self.metadata = metadata
        self.device = device

    def denoise(
        self,
        image: Array,
        options: DenoiseOptions = DEFAULT,
        *,
        channel_axis: int | None = -1,
        data_range: float | None = None,
        hidden: npt.NDArray[np.bool_] | None = None,
        progress: Progress = lambda share: None,
    ) -> Array:
        """Return the denoised image, in the shape, dtype and range of ``image``.

        A gray model denoises the channels of a colour image one by one; a colour model sees a gray image in all of its
        channels, and a gray image held as RGB stays gray. NaN and infinite pixels are replaced by the mean of their
        channel first. Large images go through a fully convolutional network in overlapping tiles; the result is that
        of one run.

        Args:
            image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1, 3 or the model's; uint8, uint16 or float,
                which is never clipped.
            options: How much is denoised, and by how much work.
            channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
            data_range: The value that stands for white; None means 255 for uint8, 1.0 for floats, and for uint16 the
                model's own, or the least of 1023, 4095, 16383 and 65535 that no value is above.
            hidden: Pixels ``(H, W)`` that nobody sees, as under full transparency; they do not count for the noise.
            progress: Called with the share that is done, up to 1, after every tile.

        Raises:
            InputError: an array that is no image, values far outside the range, or a tile smaller than the overlap
                needs.
            ModelFileError: a model of fixed size, and an image of another or a self-ensemble.

        Example:
            >>> import numpy as np
            >>> import unnoise
            >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, (64, 64, 3))
            >>> half = unnoise.load("photo").denoise(noisy, unnoise.DenoiseOptions(strength=0.5))
            >>> bool(half.std() < noisy.std())
            True
        """
        batch = array_batch(image, channel_axis=channel_axis, data_range=data_range, of_model=self.metadata.range)
        _, height, width, _ = batch.pixels.shape
        asks = asks_for_level(options, self.metadata)
        find = functools.partial(self.analyze_noise, level=asks, max_memory=options.max_memory)
        found = [find([pixels], height, width) for pixels in batch.marked(hidden)]
        treatments = [decide(options, analysis, self.metadata) for analysis in found]
        unchanged = [number for number, treatment in enumerate(treatments) if treatment.unchanged]
        if len(unchanged) == len(treatments):
            return batch.answer(batch.pixels, unchanged)
        changed = [number for number, treatment in enumerate(treatments) if not treatment.unchanged]
        noisy = batch.pixels[changed] if unchanged else batch.pixels
        denoised, top = batch.pixels.copy(), 0
        chosen = [treatments[number] for number in changed]
        for seen, answer in self._network.rows([noisy], height, width, options, progress=progress):
            denoised[changed, top : top + seen.shape[1]] = blend(seen, answer, chosen)
            top += seen.shape[1]
        return batch.answer(denoised, unchanged)

    def analyze_noise(
        self, strips: Iterable[Batch], height: int, width: int, *, level: bool = True, max_memory: int | None = None
    ) -> NoiseAnalysis:
        """Return what is found in one image: the level of its noise by what this model removes of patches of it.

        Args:
            strips: Arrays ``(h, width, C)`` in the range [0, 1] from top to bottom, ``height`` rows in all; NaN where
                nothing is seen, as under full transparency.
            height, width: The image's size.
            level: Whether the level is looked for, which takes the network's time.
            max_memory: As in :class:`unnoise.DenoiseOptions`.
        """
        network = functools.partial(self._network.answer, options=DenoiseOptions(max_memory=max_memory))
        patch = (SIDE, SIDE) if self._network.any_size else (height, width)
        found = analyze_noise(strips, height, width, network if level else None, patch=patch)
        return found if found.level is None else NoiseAnalysis(found.level * self.metadata.noise_scale, found.gray)

    def denoise_strips(
        self,
        strips: Iterable[Batch],
        height: int,
        width: int,
        options: DenoiseOptions,
        treatment: Treatment,
        *,
        progress: Progress = lambda share: None,
    ) -> Iterator[Batch]:
        """Denoise an image that is read and written from top to bottom; the result is that of :meth:`denoise`.

        Args:
            strips: Finite float32 arrays ``(h, width, C)`` in the range [0, 1], ``height`` rows in all; C 1, 3 or the
                model's.
            height, width: The image's size.
            options: How much is denoised, and by how much work.
            treatment: What :func:`unnoise.inference.treatment.decide` says to what :meth:`analyze_noise` found.
            progress: As in :meth:`denoise`.

        Yields:
            Arrays ``(h, width, C)`` from top to bottom.

        Raises:
            ModelFileError: a model of fixed size, and an image of another or a self-ensemble.
        """
        batches = (strip[np.newaxis] for strip in strips)
        tallest = BAND_PIXELS // width
        for seen, answer in self._network.rows(batches, height, width, options, tallest=tallest, progress=progress):
            yield blend(seen, answer, [treatment])[0]

    def classify(
        self, image: Array, *, channel_axis: int | None = -1, data_range: float | None = None
    ) -> Classification:
        """Return the class probabilities of a noisy image or batch; only composite models have them.

        Raises:
            ModelFileError: a denoiser without classifier, or an image of another size or other channels.
        """
        if self.metadata.kind != "composite":
            raise ModelFileError(
                f"The model {self.metadata.name!r} has no classifier. "
                "Package a run whose recipe has a [composite] table."
            )
        pixels = array_batch(
            image, channel_axis=channel_axis, data_range=data_range, of_model=self.metadata.range
        ).pixels
        if pixels.shape[-1] != self.metadata.input_shape[2]:
            raise ModelFileError(
                f"The model {self.metadata.name!r} classifies images of {self.metadata.input_shape[2]} channels; "
                f"received {pixels.shape[-1]}. Convert the image first."
            )
        return Classification(self._network.probabilities(pixels), self.metadata.classes)
