"""A packaged model, ready to denoise: an ONNX Runtime session and what the file says of itself."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError, ModelFileError
from unnoise.inference.metadata import Metadata
from unnoise.inference.noise_level import Finding, noise_levels, noise_of_strips
from unnoise.inference.passes import ONCE, Passes, told
from unnoise.inference.pixels import Batch, question
from unnoise.inference.session import run
from unnoise.inference.strips import rows_of_tiles
from unnoise.inference.tiles import Span, Tiling, halo_of, round_up, single_tile, tiling
from unnoise.luma import LUMA

Array = npt.NDArray[Any]

# Names of the network's input and outputs.
NOISY, DENOISED, PROBABILITIES = "noisy", "denoised", "probabilities"

# Pixels that go through the network at once, which bounds the memory of large batches and images.
CHUNK_PIXELS = 7 << 18
# Pixels of a row of tiles, as wide as the image, which bounds the memory of wide ones read from top to bottom.
BAND_PIXELS = 5 << 20
# Bytes that a pixel takes in the network of the packaged model photo: 120 to 150 were measured.
BYTES_PER_PIXEL = 150

Progress = Callable[[float], None]


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
        self._session = session
        self.metadata = metadata
        self.device = device

    def denoise(
        self,
        image: Array,
        *,
        sigma: float | None = None,
        strength: float = 1.0,
        chroma: float | None = None,
        gate: bool = False,
        passes: int = 1,
        channel_axis: int | None = -1,
        data_range: float | None = None,
        tile: int | Literal["auto"] | None = "auto",
        max_memory: int | None = None,
        progress: Progress = lambda share: None,
    ) -> Array:
        """Return the denoised image, in the shape, dtype and range of ``image``.

        A gray model denoises the channels of a colour image one by one; a colour model sees a gray image in all of its
        channels. NaN and infinite pixels are replaced by the mean of their channel first. Large images go through a
        fully convolutional network in overlapping tiles; the result is that of one run.

        Args:
            image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1, 3 or the model's; uint8, uint16 or float,
                which is never clipped.
            sigma: Standard deviation of the noise where it is known, in units of the range [0, 1] (write 25/255). Where
                :func:`estimate_noise` finds more than that, the strength is lowered in proportion; 0 gives the input
                back. Where it finds less, as in noise that a camera has smoothed, what is missing is added as fine
                noise that masks the rest, in two passes or more, if the model takes any size: see
                :mod:`unnoise.inference.passes`. None: not known.
            strength: 0 gives the input back, 1 the network's answer, between ``x + strength * (network(x) - x)``.
            chroma: The strength for colour (what is left when the luma of Rec. ITU-R BT.601 is taken off) of RGB images
                apart; None: ``1 - (1 - strength)^2``, by which texture returns before colour noise does.
            gate: Whether an image that seems clean is given back as it is: see :meth:`find_noise`; asked only where
                ``sigma`` is None, the image gray or RGB, and the model takes any size.
            passes: 1, 2, 4 or 8: the answer is the mean of as many, to the image turned and mirrored, in as many times
                the time; for models of any size.
            channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
            data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.
            tile: Largest side of a tile in pixels; "auto" takes tiles of at most 1.8 megapixels, None no tiles.
            max_memory: Bytes that the network's computation may take, about, beside the image and the answer; smaller
                tiles are chosen for it. None leaves it at some 250 MB for the packaged models.
            progress: Called with the share that is done, up to 1, after every tile.

        Raises:
            InputError: an array that is no image, values far outside the range, or a tile or memory smaller than the
                overlap needs.
            UsageError: a wrong number of passes.
            ModelFileError: a model of fixed size, and an image of another or several passes.
        """
        for name, value in (("strength", strength), ("chroma", 0 if chroma is None else chroma)):
            if isinstance(value, bool) or not (isinstance(value, Real) and 0 <= value <= 1):
                raise InputError(f"{name} must be a number from 0 to 1, received {value!r}.")
        if sigma is not None and (isinstance(sigma, bool) or not (isinstance(sigma, Real) and 0 <= sigma < np.inf)):
            raise InputError(f"sigma must be a number of at least 0 in units of [0, 1], received {sigma!r}.")
        if tile is not None and tile != "auto" and (not isinstance(tile, int) or tile < 1):
            raise InputError(f'tile must be a whole number of at least 1, "auto" or None, received {tile!r}.')
        if max_memory is not None and (not isinstance(max_memory, int) or max_memory < 1):
            raise InputError(f"max_memory must be a whole number of bytes, received {max_memory!r}.")
        self._check_passes(passes)
        asked = question(image, channel_axis=channel_axis, data_range=data_range)
        if asked.filled:
            gate = False
        elif (strength == 0 and not chroma) or sigma == 0:
            return np.array(image)
        clean = np.zeros(len(asked.batch), bool)
        share = np.ones((len(asked.batch), 1, 1, 1), np.float32)
        masking = np.zeros(len(asked.batch))
        any_size = self.metadata.input_shape[0] is None
        if asked.batch.shape[-1] in (1, 3):
            if sigma is not None:
                for number, level in enumerate(noise_levels(asked.batch)):
                    share[number], masking[number] = told(sigma, level)
            elif gate and any_size:
                clean = np.array([self.find_noise([image], *image.shape[:2]).clean for image in asked.batch])
                if clean.all():
                    return np.array(image)
        noisy = asked.batch[~clean] if clean.any() else asked.batch
        masking = masking[~clean] if any_size else np.zeros(len(noisy))
        options: dict[str, Any] = {"tile": tile, "pixels": _pixels(max_memory)}
        if not np.ptp(masking):
            network = self._network(noisy, Passes(passes, float(masking[0])), progress=progress, **options)
        else:
            network = np.empty_like(noisy)
            for number, value in enumerate(masking):
                one = slice(number, number + 1)
                network[one] = self._network(noisy[one], Passes(passes, float(value)), **options)
                progress((number + 1) / len(noisy))
        network = mixed(noisy, network, strength, chroma, share[~clean])
        if not clean.any():
            return asked.answer(network)
        whole = asked.batch.copy()
        whole[~clean] = network
        answer = asked.answer(whole)
        answer[clean] = np.asarray(image)[clean]
        return answer

    def find_noise(self, strips: Iterable[Batch], height: int, width: int) -> Finding:
        """Return what is known of the noise of one image, and whether it counts as clean.

        It is clean where :func:`estimate_noise` finds less than 0.5/255, or less than 2/255 in a drawing, or less than
        8/255 and this model would hardly change the image: some patches by less than 0.5/255 in their luma's means of
        2 × 2 pixels, 0.42/255 if they are gray, and no blocks of strong JPEG compression show.

        Args:
            strips: Arrays ``(h, width, C)`` in the range [0, 1] from top to bottom, C 1 or 3, ``height`` rows in all.
            height, width: The image's size.
        """
        any_size = self.metadata.input_shape[0] is None
        return noise_of_strips(strips, height, width, self._network if any_size else None)

    def denoise_strips(
        self,
        strips: Iterable[Batch],
        height: int,
        width: int,
        *,
        strength: float = 1.0,
        chroma: float | None = None,
        passes: int = 1,
        sigma: float | None = None,
        level: float = 0.0,
        tile: int | Literal["auto"] | None = "auto",
        max_memory: int | None = None,
        progress: Progress = lambda share: None,
    ) -> Iterator[Batch]:
        """Denoise an image that is read and written from top to bottom; the result is that of :meth:`denoise`.

        Args:
            strips: Finite float32 arrays ``(h, width, C)`` in the range [0, 1], ``height`` rows in all; C 1, 3 or the
                model's.
            height, width: The image's size.
            strength, chroma, passes, sigma, tile, max_memory, progress: As in :meth:`denoise`.
            level: What :meth:`find_noise` found; asked only with ``sigma``.

        Yields:
            Arrays ``(h, width, C)`` from top to bottom.

        Raises:
            UsageError: a wrong number of passes.
            ModelFileError: a model of fixed size, and an image of another or several passes.
        """
        self._check_passes(passes)
        if self.metadata.input_shape[0] is not None:
            image = np.concatenate(list(strips))
            yield self.denoise(image, sigma=sigma, strength=strength, chroma=chroma, progress=progress)
            return
        share, masking = (1.0, 0.0) if sigma is None else told(sigma, level)
        stride = self.metadata.stride
        size = round_up(height, stride), round_up(width, stride)
        cut = self._tiling(*size, tile, _pixels(max_memory), tallest=BAND_PIXELS // size[1]) or single_tile(*size)
        for span, seen in rows_of_tiles(strips, height, width, size, cut):
            images = self._fit_channels(seen[np.newaxis])
            several = Passes(passes, masking, gray=seen.shape[-1] == 1)
            answers = [self._row_of_tiles(image, span, cut, several) for image in images]
            rows = answers[0][np.newaxis] if len(answers) == 1 else np.stack(answers)
            noisy = seen[np.newaxis, span.inner]
            network = self._unfit_channels(rows, noisy.shape)
            last = min(span.last, height)
            yield mixed(noisy, network, strength, chroma, share)[0, : last - span.first, :width]
            progress(last / height)

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
        asked = question(image, channel_axis=channel_axis, data_range=data_range)
        if asked.batch.shape[-1] != self.metadata.input_shape[2]:
            raise ModelFileError(
                f"The model {self.metadata.name!r} classifies images of {self.metadata.input_shape[2]} channels; "
                f"received {asked.batch.shape[-1]}. Convert the image first."
            )
        return Classification(self._run(asked.batch, PROBABILITIES), self.metadata.classes)

    def _check_passes(self, passes: int) -> None:
        if Passes(passes).count > 1 and self.metadata.input_shape[0] is not None:
            raise ModelFileError(
                f"The model {self.metadata.name!r} takes images of one size and position, received passes={passes}. "
                "Leave passes at 1, or use a fully convolutional model."
            )

    def _network(self, noisy: Batch, passes: Passes = ONCE, **options: Any) -> Batch:
        """Return the network's answer to images ``(N, H, W, C)``, C the model's, 1 or 3."""
        passes = dataclasses.replace(passes, gray=noisy.shape[-1] == 1)
        answer = self._run(self._fit_channels(noisy), DENOISED, passes=passes, **options)
        return self._unfit_channels(answer, noisy.shape)

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
            f"The model {self.metadata.name!r} takes 1 or {max(wanted, 3)} channels, received {given}. "
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

    def _run(
        self,
        batch: Batch,
        output: str,
        *,
        tile: int | Literal["auto"] | None = None,
        pixels: int = CHUNK_PIXELS,
        progress: Progress = lambda share: None,
        passes: Passes = ONCE,
    ) -> Batch:
        padded = self._padded(batch)
        height, width = batch.shape[1:3]
        cut = self._tiling(padded.shape[1], padded.shape[2], tile, pixels)
        try:
            if cut is None:
                result = self._in_chunks(padded, output, pixels, progress, passes)
            else:
                result = self._in_tiles(padded, cut, progress, passes)
        except Exception as error:  # ONNX Runtime's own exceptions share no public base class
            raise ModelFileError(
                f"The model {self.metadata.name!r} cannot process images of {height}×{width} pixels "
                f"({first_line(error)}). Package the run again, or try a smaller image."
            ) from None
        expected = padded.shape if output == DENOISED else (len(padded), len(self.metadata.classes) or result.shape[-1])
        if result.shape != expected or not np.isfinite(result).all():
            raise ModelFileError(
                f"The model {self.metadata.name!r} answers with wrong shapes or with values that are not finite. "
                "Train and package it again."
            )
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

    def _tiling(
        self, height: int, width: int, tile: int | Literal["auto"] | None, pixels: int, tallest: int | None = None
    ) -> Tiling | None:
        """Return how the images are cut; None where they go through the network whole."""
        card = self.metadata
        if tile is None or card.receptive_field is None or card.input_shape[0] is not None:
            return None
        halo, side = halo_of(card.receptive_field, card.stride), None if tile == "auto" else tile
        cut = tiling(height, width, stride=card.stride, halo=halo, side=side, pixels=pixels, tallest=tallest)
        return cut if len(cut) > 1 else None

    def _answer(self, output: str, last: bool, batch: Batch, last_pass: bool) -> Batch:
        """Return one run's answer; ``last`` and ``last_pass`` tell that no other follows."""
        answer: Batch = run(self._session, {NOISY: batch}, output, last=last and last_pass)
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


def mixed(noisy: Batch, network: Batch, strength: float, chroma: float | None, share: Batch | float = 1.0) -> Batch:
    """Return ``noisy`` with the part of the network's change that strength, chroma and ``share``, a factor, leave."""
    chroma = 1 - (1 - strength) ** 2 if chroma is None else chroma
    if strength == 1 and chroma == 1 and np.min(share) == 1:
        return network
    change = network - noisy
    if noisy.shape[-1] == 3 and chroma != strength:
        luma = change @ LUMA
        change -= luma[..., np.newaxis]
        change *= np.float32(chroma)
        change += np.float32(strength) * luma[..., np.newaxis]
    else:
        change *= np.float32(strength)
    change *= share
    change += noisy
    return change


def _pixels(max_memory: int | None) -> int:
    """Return how many pixels may go through the network at once."""
    return CHUNK_PIXELS if max_memory is None else max_memory // BYTES_PER_PIXEL


def first_line(error: Exception) -> str:
    """Return the first line of an error's text without ONNX Runtime's prefix of codes and file names."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rsplit("failed:", 1)[-1].strip().rstrip(".")[:160]
