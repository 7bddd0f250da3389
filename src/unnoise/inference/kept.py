"""The network's answer to an image, kept: another blend of it needs no second run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from unnoise.inference.array_batch import Batch
from unnoise.inference.denoiser import Denoiser
from unnoise.inference.network import BAND_PIXELS, Progress
from unnoise.inference.noise_analysis import NoiseAnalysis
from unnoise.inference.options import DenoiseOptions
from unnoise.inference.treatment import Treatment, blend

Allocate = Callable[[tuple[int, int, int]], Batch]
"""Gives an array of this shape, float32, to keep an answer in."""


class KeepingDenoiser(Denoiser):
    """A denoiser that keeps what it finds in images and what its network answers, in the order of the calls.

    Attributes:
        analyses: What was found.
        answers: The network's answers ``(H, W, C)``, of the images that were denoised.
    """

    def __init__(self, denoiser: Denoiser, allocate: Allocate = lambda shape: np.empty(shape, np.float32)) -> None:
        vars(self).update(vars(denoiser))
        self._allocate = allocate
        self.analyses: list[NoiseAnalysis] = []
        self.answers: list[Batch] = []

    def analyze_noise(
        self, strips: Iterable[Batch], height: int, width: int, *, level: bool = True, max_memory: int | None = None
    ) -> NoiseAnalysis:
        """As :meth:`Denoiser.analyze_noise`."""
        self.analyses.append(super().analyze_noise(strips, height, width, level=level, max_memory=max_memory))
        return self.analyses[-1]

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
        """As :meth:`Denoiser.denoise_strips`."""
        batches = (strip[np.newaxis] for strip in strips)
        rows = self._network.rows(batches, height, width, options, tallest=BAND_PIXELS // width, progress=progress)
        kept: Batch | None = None
        top = 0
        for seen, answer in rows:
            if kept is None:
                kept = self._allocate((height, width, answer.shape[-1]))
                self.answers.append(kept)
            # Here, too, since pictures are made of it.
            gray = treatment.gray and answer.shape[-1] == 3
            kept[top : top + answer.shape[1]] = (
                answer[0].mean(axis=-1, keepdims=True, dtype=float) if gray else answer[0]
            )
            top += answer.shape[1]
            yield blend(seen, answer, [treatment])[0]

    def replay(self) -> Denoiser:
        """Return a denoiser that gives to the same images, in the same order, what was kept, without the network."""
        return _Replay(self)


class _Replay(Denoiser):
    def __init__(self, kept: KeepingDenoiser) -> None:
        vars(self).update(vars(kept))
        self._analyses, self._answers = iter(kept.analyses), iter(kept.answers)

    def analyze_noise(self, strips: Iterable[Batch], height: int, width: int, **_: Any) -> NoiseAnalysis:
        return next(self._analyses)

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
        kept, top = next(self._answers), 0
        for strip in strips:
            answer = np.array(kept[top : top + len(strip)])
            top += len(strip)
            yield blend(strip[np.newaxis], answer[np.newaxis], [treatment])[0]
            progress(top / height)
