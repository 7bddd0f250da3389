"""A packaged network on ONNX Runtime: images of any number, size and channels through it, whole or in tiles."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np

from unnoise.errors import InputError, ModelFileError
from unnoise.inference.array_batch import Batch
from unnoise.inference.metadata import Metadata
from unnoise.inference.options import DEFAULT, DenoiseOptions
from unnoise.inference.self_ensemble import self_ensemble
from unnoise.inference.session import first_line, run
from unnoise.inference.strips import rows_of_tiles
from unnoise.inference.tiles import Tiling, halo_of, round_up, single_tile, tiling

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

    def answer(self, noisy: Batch, options: DenoiseOptions = DEFAULT) -> Batch:
        """Return the denoised images for ``(N, H, W, C)``, C the model's, 1 or 3; raises as :meth:`rows` does."""
        _, height, width, _ = noisy.shape
        return np.concatenate([answer for _, answer in self.rows([noisy], height, width, options)], axis=1)

    def rows(
        self,
        strips: Iterable[Batch],
        height: int,
        width: int,
        options: DenoiseOptions,
        *,
        tallest: int | None = None,
        progress: Progress = lambda share: None,
    ) -> Iterator[tuple[Batch, Batch]]:
        """Answer images that are read from top to bottom.

        Args:
            strips: Arrays ``(N, h, width, C)`` of N images, ``height`` rows in all; C the model's, 1 or 3.
            height, width: The images' size.
            options: Self-ensemble, tile and memory count here.
            tallest: Largest height of a row of tiles, if that can be met; None: any.
            progress: Called with the share that is done, up to 1, after every tile.

        Yields:
            Rows of the images ``(N, h, width, C)`` and the answer to them.

        Raises:
            InputError: other channels, or a tile smaller than the overlap needs.
            ModelFileError: a model of fixed size, and images of another or a self-ensemble, or a network that fails.
        """
        if options.self_ensemble > 1 and not self.any_size:
            raise ModelFileError(
                f"The model {self.metadata.name!r} takes images of one size and position, received "
                f"self_ensemble={options.self_ensemble}. Leave it at 1, or use a fully convolutional model."
            )
        size, pixels = self._padded(height, width), self._pixels(options.max_memory, options.tile)
        cut = self._tiling(*size, options.tile, pixels, tallest)
        done = 0
        for rows, seen in rows_of_tiles(strips, height, width, size, cut):
            images = self._fit_channels(seen)
            answer = np.empty((len(images), rows.last - rows.first, *images.shape[2:]), np.float32)
            for columns in cut.columns:
                tiles = images[:, :, columns.seen]
                chunk = max(1, pixels // (tiles.shape[1] * tiles.shape[2]))
                for start in range(0, len(tiles), chunk):
                    done += min(chunk, len(tiles) - start)
                    share = done / (len(tiles) * len(cut))
                    network = functools.partial(self._answer, DENOISED, share == 1)
                    part = np.ascontiguousarray(tiles[start : start + chunk])
                    result = self_ensemble(network, part, options.self_ensemble)
                    answer[start : start + chunk, :, columns.kept] = result[:, rows.inner, columns.inner]
                    progress(share)
            here = np.s_[:, : min(rows.last, height) - rows.first, :width]
            noisy = seen[:, rows.inner]
            yield noisy[here], self._unfit_channels(answer, noisy.shape)[here]

    def probabilities(self, batch: Batch) -> Batch:
        """Return the class probabilities ``(N, K)`` of images ``(N, H, W, C)``, C the model's."""
        missing = np.subtract(self._padded(*batch.shape[1:3]), batch.shape[1:3])
        padded = np.pad(batch, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
        chunk = max(1, CHUNK_PIXELS // (padded.shape[1] * padded.shape[2]))
        starts = range(0, len(padded), chunk)
        return np.concatenate([self._answer(PROBABILITIES, True, padded[i : i + chunk], True) for i in starts])

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

    def _tiling(self, height: int, width: int, tile: Tile, pixels: int, tallest: int | None) -> Tiling:
        """Return how the images are cut."""
        known = self.metadata
        if tile is None or known.receptive_field is None or not self.any_size:
            return single_tile(height, width)
        halo, side = halo_of(known.receptive_field, known.stride), None if tile == "auto" else tile
        return tiling(height, width, stride=known.stride, halo=halo, side=side, pixels=pixels, tallest=tallest)

    def _answer(self, output: str, last: bool, batch: Batch, last_position: bool) -> Batch:
        """Return one run's answer; ``last`` and ``last_position`` tell that no other follows."""
        try:
            answer: Batch = run(self._session, {NOISY: batch}, output, last=last and last_position)
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

    def _padded(self, height: int, width: int) -> tuple[int, int]:
        """Return the next multiples of the stride; refuse sizes that a fixed model does not take."""
        fixed = self.metadata.input_shape[:2]
        if fixed[0] is None:
            return round_up(height, self.metadata.stride), round_up(width, self.metadata.stride)
        if fixed != (height, width):
            raise ModelFileError(
                f"The model {self.metadata.name!r} takes images of {fixed[0]}×{fixed[1]} pixels only, received "
                f"{height}×{width}. Use a fully convolutional model (a U-Net), or resize the image."
            )
        return height, width

    def _pixels(self, max_memory: int | None, tile: Tile) -> int:
        """Return how many pixels may go through the network at once; refuse a memory in which no tile is of use."""
        if max_memory is None:
            return CHUNK_PIXELS
        known, each = self.metadata, self.metadata.bytes_per_pixel or BYTES_PER_PIXEL
        if known.receptive_field is not None and self.any_size and tile == "auto":
            # Smaller tiles would be nearly all overlap.
            least = 3 * halo_of(known.receptive_field, known.stride) + known.stride
            if max_memory < each * least**2:
                raise InputError(
                    f"max_memory must be at least {each * least**2:,} bytes for the model {known.name!r}, whose "
                    f"smallest tile has {least}×{least} pixels; received {max_memory:,}.",
                    remedy="least_memory",
                )
        return max_memory // each
