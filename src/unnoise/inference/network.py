"""A packaged network on ONNX Runtime: images of any number, size and channels through it, whole or in tiles."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np

from unnoise.errors import InputError, ModelFileError
from unnoise.inference.metadata import Metadata
from unnoise.inference.passes import ONCE, Passes
from unnoise.inference.pixels import Batch
from unnoise.inference.session import first_line, run
from unnoise.inference.strips import rows_of_tiles
from unnoise.inference.tiles import Span, Tiling, halo_of, round_up, single_tile, tiling

# Names of the network's input and outputs.
NOISY, DENOISED, PROBABILITIES = "noisy", "denoised", "probabilities"

# Pixels that go through the network at once, which bounds the memory of large batches and images.
CHUNK_PIXELS = 7 << 18
# Pixels of a row of tiles, as wide as the image, which bounds the memory of wide ones read from top to bottom.
BAND_PIXELS = 5 << 20
# Bytes that a pixel takes in networks whose metadata do not tell: 120 to 150 were measured of a bias-free U-Net of
# 32 to 128 filters.
BYTES_PER_PIXEL = 150

Progress = Callable[[float], None]
Tile = int | Literal["auto"] | None


class Network:
    """What a packaged file computes.

    Attributes:
        metadata: What the file says of itself.
    """

    def __init__(self, session: Any, metadata: Metadata) -> None:
        self._session = session
        self.metadata = metadata

    @property
    def any_size(self) -> bool:
        """Whether it takes images of any size."""
        return self.metadata.input_shape[0] is None

    def answer(
        self,
        noisy: Batch,
        passes: Passes = ONCE,
        *,
        tile: Tile = None,
        max_memory: int | None = None,
        progress: Progress = lambda share: None,
    ) -> Batch:
        """Return the denoised images for ``(N, H, W, C)``, C the model's, 1 or 3.

        Raises:
            InputError: other channels, or a tile smaller than the overlap needs.
            ModelFileError: a model of fixed size, and images of another, or a network that fails.
        """
        passes = dataclasses.replace(passes, gray=noisy.shape[-1] == 1)
        answer = self._run(self._fit_channels(noisy), DENOISED, passes, tile, self._pixels(max_memory), progress)
        return self._unfit_channels(answer, noisy.shape)

    def answer_strips(
        self, strips: Iterable[Batch], height: int, width: int, passes: Passes, tile: Tile, max_memory: int | None
    ) -> Iterator[tuple[Batch, Batch, int]]:
        """Answer an image that is read from top to bottom; the result is that of :meth:`answer`.

        Args:
            strips: Arrays ``(h, width, C)``, ``height`` rows in all.
            height, width: The image's size.
            passes, tile, max_memory: As in :meth:`answer`.

        Yields:
            Rows of the image ``(1, h, width, C)``, the answer to them, and how many rows are done.
        """
        stride = self.metadata.stride
        size = round_up(height, stride), round_up(width, stride)
        cut = self._tiling(*size, tile, self._pixels(max_memory), tallest=BAND_PIXELS // size[1]) or single_tile(*size)
        for span, seen in rows_of_tiles(strips, height, width, size, cut):
            several = dataclasses.replace(passes, gray=seen.shape[-1] == 1)
            images = self._fit_channels(seen[np.newaxis])
            answers = [self._row_of_tiles(image, span, cut, several) for image in images]
            rows = answers[0][np.newaxis] if len(answers) == 1 else np.stack(answers)
            noisy = seen[np.newaxis, span.inner]
            last = min(span.last, height)
            here = np.s_[:, : last - span.first, :width]
            yield noisy[here], self._unfit_channels(rows, noisy.shape)[here], last

    def probabilities(self, batch: Batch) -> Batch:
        """Return the class probabilities ``(N, K)`` of images ``(N, H, W, C)``, C the model's."""
        return self._run(batch, PROBABILITIES, ONCE, None, CHUNK_PIXELS, lambda share: None)

    def _fit_channels(self, batch: Batch) -> Batch:
        wanted, given = self.metadata.input_shape[2], batch.shape[-1]
        if wanted == given:
            return batch
        if wanted == 1 and given == 3:
            # Channels become images of their own.
            return np.ascontiguousarray(np.moveaxis(batch, -1, 1)).reshape(-1, *batch.shape[1:3], 1)
        if given == 1:
            return np.repeat(batch, wanted, axis=-1)
        raise InputError(
            f"The model {self.metadata.name!r} takes 1 or {3 if wanted == 1 else wanted} channels, received {given}. "
            "Take alpha off first; for gray batches (N, H, W) give channel_axis=None."
        )

    def _unfit_channels(self, batch: Batch, shape: tuple[int, ...]) -> Batch:
        wanted, given = self.metadata.input_shape[2], shape[-1]
        if wanted == given:
            return batch
        if wanted == 1:
            return np.moveaxis(batch.reshape(shape[0], given, *shape[1:3]), 1, -1)
        # In float64 the mean of equal values is that value.
        mean: Batch = batch.mean(axis=-1, keepdims=True, dtype=np.float64).astype(np.float32)
        return mean

    def _run(self, batch: Batch, output: str, passes: Passes, tile: Tile, pixels: int, progress: Progress) -> Batch:
        padded = self._padded(batch)
        height, width = batch.shape[1:3]
        cut = self._tiling(padded.shape[1], padded.shape[2], tile, pixels)
        if cut is None:
            result = self._in_chunks(padded, output, pixels, progress, passes)
        else:
            result = self._in_tiles(padded, cut, progress, passes)
        return result[:, :height, :width] if output == DENOISED else result

    def _in_chunks(self, padded: Batch, output: str, pixels: int, progress: Progress, passes: Passes) -> Batch:
        chunk = max(1, pixels // (padded.shape[1] * padded.shape[2]))
        results = []
        for start in range(0, len(padded), chunk):
            last = start + chunk >= len(padded)
            network = functools.partial(self._answer, output, last)
            results.append(passes.mean(network, padded[start : start + chunk]))
            progress(min(1.0, (start + chunk) / len(padded)))
        return results[0] if len(results) == 1 else np.concatenate(results)

    def _tiling(self, height: int, width: int, tile: Tile, pixels: int, tallest: int | None = None) -> Tiling | None:
        """Return how the images are cut; None where they go through the network whole."""
        card = self.metadata
        if tile is None or card.receptive_field is None or not self.any_size:
            return None
        halo, side = halo_of(card.receptive_field, card.stride), None if tile == "auto" else tile
        cut = tiling(height, width, stride=card.stride, halo=halo, side=side, pixels=pixels, tallest=tallest)
        return cut if len(cut) > 1 else None

    def _answer(self, output: str, last: bool, batch: Batch, last_pass: bool) -> Batch:
        """Return one run's answer; ``last`` and ``last_pass`` tell that no other follows."""
        try:
            answer: Batch = run(self._session, {NOISY: batch}, output, last=last and last_pass)
        except Exception as error:  # ONNX Runtime's own exceptions share no public base class
            raise ModelFileError(
                f"The model {self.metadata.name!r} cannot process images of {batch.shape[1]}×{batch.shape[2]} pixels "
                f"({first_line(error)}). Package the run again, or try a smaller image."
            ) from None
        expected = batch.shape if output == DENOISED else (len(batch), len(self.metadata.classes) or answer.shape[-1])
        if answer.shape != expected or not np.isfinite(answer).all():
            raise ModelFileError(
                f"The model {self.metadata.name!r} answers with wrong shapes or with values that are not finite. "
                "Train and package it again."
            )
        return answer

    def _in_tiles(self, padded: Batch, cut: Tiling, progress: Progress, passes: Passes) -> Batch:
        result = np.empty_like(padded)
        for number, (image, answer) in enumerate(zip(padded, result, strict=True)):
            for rows in cut.rows:
                answer[rows.kept] = self._row_of_tiles(image[rows.seen], rows, cut, passes)
                progress((number + rows.last / len(image)) / len(padded))
        return result

    def _row_of_tiles(self, seen: Batch, rows: Span, cut: Tiling, passes: Passes) -> Batch:
        """Return what is kept of a row of tiles, for the rows ``(h, W, C)`` that it sees."""
        answer = np.empty((rows.last - rows.first, *seen.shape[1:]), np.float32)
        for columns in cut.columns:
            tile = np.ascontiguousarray(seen[np.newaxis, :, columns.seen])
            last = (rows, columns) == (cut.rows[-1], cut.columns[-1])
            network = functools.partial(self._answer, DENOISED, last)
            result = passes.mean(network, tile, rows.start, columns.start)
            answer[:, columns.kept] = result[0, rows.inner, columns.inner]
        return answer

    def _padded(self, batch: Batch) -> Batch:
        """Mirror the images to the next multiple of the stride; refuse sizes that a fixed model does not take."""
        height, width, _ = self.metadata.input_shape
        given = batch.shape[1:3]
        if height is not None:
            if given != (height, width):
                raise ModelFileError(
                    f"The model {self.metadata.name!r} takes images of {height}×{width} pixels only, received "
                    f"{given[0]}×{given[1]}. Use a fully convolutional model (a U-Net), or resize the image."
                )
            return batch
        missing = [-side % self.metadata.stride for side in given]
        if not any(missing):
            return batch
        return np.pad(batch, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")

    def _pixels(self, max_memory: int | None) -> int:
        """Return how many pixels may go through the network at once."""
        return CHUNK_PIXELS if max_memory is None else max_memory // (self.metadata.bytes_per_pixel or BYTES_PER_PIXEL)
