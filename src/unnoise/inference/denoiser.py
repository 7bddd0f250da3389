"""A packaged model, ready to denoise: an ONNX Runtime session and what the file says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError, ModelFileError
from unnoise.inference.amounts import check_amounts
from unnoise.inference.metadata import Metadata
from unnoise.inference.network import Network, Progress, Tile
from unnoise.inference.noise_level import TOLD, Finding, noise_levels, noise_of_strips
from unnoise.inference.passes import Passes, told
from unnoise.inference.pixels import Batch, question
from unnoise.luma import LUMA

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
        *,
        sigma: float | None = None,
        strength: float = 1.0,
        chroma: float | None = None,
        gate: bool = False,
        passes: int = 1,
        channel_axis: int | None = -1,
        data_range: float | None = None,
        tile: Tile = "auto",
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
                :mod:`unnoise.inference.passes`. Of images that are neither gray nor RGB, only 0 is heeded. None: not
                known.
            strength: 0 gives the input back, 1 the network's answer, between ``x + strength * (network(x) - x)``.
            chroma: The strength for colour (what is left when the luma of Rec. ITU-R BT.601 is taken off) of RGB images
                apart; None: ``1 - (1 - strength)^2``, by which texture returns before colour noise does.
            gate: Whether the image is looked at first, by :meth:`find_noise`: one that seems clean is given back as it
                is, and noise that a camera smoothed gets what :meth:`assumed` says. Asked only where ``sigma`` is None,
                all pixels finite, the image gray or RGB, and the model takes any size.
            passes: 1, 2, 4 or 8: the answer is the mean of as many, to the image turned and mirrored, in as many times
                the time; for models of any size.
            channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
            data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.
            tile: Largest side of a tile in pixels; "auto" takes tiles of at most 1.8 megapixels, None no tiles.
            max_memory: Bytes that the network's computation may take, about, beside the image and the answer; smaller
                tiles are chosen for it. None leaves it at some 250 MB for the packaged models.
            progress: Called with the share that is done, up to 1, after every tile.

        Raises:
            InputError: an array that is no image, values far outside the range, wrong amounts, or a tile smaller than
                the overlap needs.
            UsageError: a wrong number of passes.
            ModelFileError: a model of fixed size, and an image of another or several passes.
        """
        check_amounts(sigma=sigma, strength=strength, chroma=chroma, max_memory=max_memory)
        if tile is not None and tile != "auto" and (not isinstance(tile, int) or tile < 1):
            raise InputError(f'tile must be a whole number of at least 1, "auto" or None, received {tile!r}.')
        self._check_passes(passes)
        asked = question(image, channel_axis=channel_axis, data_range=data_range)
        if asked.filled:
            gate = False
        elif (strength == 0 and not chroma) or sigma == 0:
            return np.array(image)
        clean = np.zeros(len(asked.batch), bool)
        share = np.ones((len(asked.batch), 1, 1, 1), np.float32)
        masking = np.zeros(len(asked.batch))
        any_size = self._network.any_size
        if asked.batch.shape[-1] in (1, 3):
            if sigma is not None:
                for number, level in enumerate(noise_levels(asked.batch)):
                    share[number], masking[number] = told(sigma, level)
            elif gate and any_size:
                found = [self.find_noise([pixels], *pixels.shape[:2]) for pixels in asked.batch]
                clean = np.array([finding.clean for finding in found])
                if clean.all():
                    return np.array(image)
                for number, finding in enumerate(found):
                    if (assumed := self.assumed(finding)) is not None:
                        masking[number] = told(assumed, finding.level)[1]
        noisy = asked.batch[~clean] if clean.any() else asked.batch
        masking = masking[~clean] if any_size else np.zeros(len(noisy))
        options: dict[str, Any] = {"tile": tile, "max_memory": max_memory}
        if not np.ptp(masking):
            denoised = self._network.answer(noisy, Passes(passes, float(masking[0])), progress=progress, **options)
        else:
            denoised = np.empty_like(noisy)
            for number, value in enumerate(masking):
                one = slice(number, number + 1)
                denoised[one] = self._network.answer(noisy[one], Passes(passes, float(value)), **options)
                progress((number + 1) / len(noisy))
        denoised = mixed(noisy, denoised, strength, chroma, share[~clean])
        if not clean.any():
            return asked.answer(denoised)
        whole = asked.batch.copy()
        whole[~clean] = denoised
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
        return noise_of_strips(strips, height, width, self._network.answer if self._network.any_size else None)

    def assumed(self, found: Finding) -> float | None:
        """Return the ``sigma`` that is taken to be told where none is: 14/255 for noise that a camera smoothed.

        The number was chosen on photographs of cameras, the pairs of PolyU, from 10 to 19. None for other noise, and
        for models that were not trained on white noise of any strength, to which smooth noise is texture.
        """
        return TOLD if found.smoothed and "blind-gaussian" in self.metadata.noise else None

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
        tile: Tile = "auto",
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
            InputError: wrong amounts.
            UsageError: a wrong number of passes.
            ModelFileError: a model of fixed size, and an image of another or several passes.
        """
        check_amounts(sigma=sigma, strength=strength, chroma=chroma, max_memory=max_memory)
        self._check_passes(passes)
        if not self._network.any_size:
            image = np.concatenate(list(strips))
            yield self.denoise(image, sigma=sigma, strength=strength, chroma=chroma, progress=progress)
            return
        share, masking = (1.0, 0.0) if sigma is None else told(sigma, level)
        rows = self._network.answer_strips(strips, height, width, Passes(passes, masking), tile, max_memory)
        for noisy, network, last in rows:
            yield mixed(noisy, network, strength, chroma, share)[0]
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
        return Classification(self._network.probabilities(asked.batch), self.metadata.classes)

    def _check_passes(self, passes: int) -> None:
        if Passes(passes).count > 1 and not self._network.any_size:
            raise ModelFileError(
                f"The model {self.metadata.name!r} takes images of one size and position, received passes={passes}. "
                "Leave passes at 1, or use a fully convolutional model."
            )


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
