"""A packaged model, ready to denoise: an ONNX Runtime session and what the file says of itself."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError, ModelFileError
from unnoise.inference.metadata import KEY, Metadata
from unnoise.inference.pixels import Batch, question

Array = npt.NDArray[Any]

# Pixels that go through the network at once, which bounds the memory of large batches.
CHUNK_PIXELS = 1 << 20


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
        return self.probabilities.argmax(axis=1)

    def __str__(self) -> str:
        names = self.class_names or tuple(str(k) for k in range(self.probabilities.shape[1]))
        return ", ".join(f"{names[k]} ({p[k]:.0%})" for k, p in zip(self.labels, self.probabilities, strict=True))


class Denoiser:
    """A packaged model; made by :func:`load`.

    Attributes:
        metadata: What the file says of itself.
    """

    def __init__(self, session: Any, metadata: Metadata) -> None:
        self._session = session
        self.metadata = metadata

    def denoise(
        self, image: Array, *, strength: float = 1.0, channel_axis: int | None = -1, data_range: float | None = None
    ) -> Array:
        """Return the denoised image, in the shape, dtype and range of ``image``.

        A gray model denoises the channels of a colour image one by one; a colour model sees a gray image in all of its
        channels. NaN and infinite pixels are replaced by the mean of their channel first.

        Args:
            image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``; uint8, uint16 or float, which is never clipped.
            strength: 0 gives the input back, 1 the network's answer, values between a mixture.
            channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
            data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.

        Raises:
            InputError: an array that is no image, or values far outside the range.
            ModelFileError: a model of fixed size, and an image of another.
        """
        if not 0 <= strength <= 1:
            raise InputError(f"strength must lie between 0 and 1, received {strength}.")
        asked = question(image, channel_axis=channel_axis, data_range=data_range)
        if strength == 0:
            return np.array(image)
        network = self._run(self._fit_channels(asked.batch), 0)
        network = self._unfit_channels(network, asked.batch.shape)
        return asked.answer(asked.batch + np.float32(strength) * (network - asked.batch))

    def classify(
        self, image: Array, *, channel_axis: int | None = -1, data_range: float | None = None
    ) -> Classification:
        """Return the class probabilities of a noisy image or batch; only composite models have them.

        Raises:
            ModelFileError: a denoiser without classifier, or an image of another size or other channels.
        """
        if self.metadata.kind != "composite":
            raise ModelFileError(
                f"The model {self.metadata.name!r} has no classifier. Package a run whose recipe has a [composite] table."
            )
        asked = question(image, channel_axis=channel_axis, data_range=data_range)
        if asked.batch.shape[-1] != self.metadata.input_shape[2]:
            raise ModelFileError(
                f"The model {self.metadata.name!r} classifies images of {self.metadata.input_shape[2]} channels; "
                f"received {asked.batch.shape[-1]}."
            )
        return Classification(self._run(asked.batch, 1), self.metadata.classes)

    def _fit_channels(self, batch: Batch) -> Batch:
        wanted, given = self.metadata.input_shape[2], batch.shape[-1]
        if wanted == given:
            return batch
        if wanted == 1:
            # Channels become images of their own.
            return np.ascontiguousarray(np.moveaxis(batch, -1, 1)).reshape(-1, *batch.shape[1:3], 1)
        if given == 1:
            return np.repeat(batch, wanted, axis=-1)
        raise InputError(
            f"The model {self.metadata.name!r} takes gray images or {wanted} channels, received {given}. "
            "Check channel_axis; take alpha off first."
        )

    def _unfit_channels(self, batch: Batch, shape: tuple[int, ...]) -> Batch:
        wanted, given = self.metadata.input_shape[2], shape[-1]
        if wanted == given:
            return batch
        if wanted == 1:
            return np.moveaxis(batch.reshape(shape[0], given, *shape[1:3]), 1, -1)
        return batch.mean(axis=-1, keepdims=True, dtype=np.float32)

    def _run(self, batch: Batch, output: int) -> Batch:
        padded = self._padded(batch)
        height, width = batch.shape[1:3]
        chunk = max(1, CHUNK_PIXELS // (padded.shape[1] * padded.shape[2]))
        name = self._session.get_inputs()[0].name
        wanted = [self._session.get_outputs()[output].name]
        parts = [self._session.run(wanted, {name: padded[i : i + chunk]})[0] for i in range(0, len(padded), chunk)]
        result: Batch = np.concatenate(parts)
        return result if output else result[:, :height, :width]

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
        return np.pad(batch, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")


def load(path: str | Path, *, threads: int | None = None) -> Denoiser:
    """Return the packaged model in ``path``; ONNX Runtime alone runs it.

    Args:
        path: A file that ``unnoise package`` wrote.
        threads: CPU threads to use; None leaves the choice to ONNX Runtime.

    Raises:
        ModelFileError: missing, no ONNX file, damaged, or not packaged by unnoise.
    """
    import onnxruntime

    path = Path(path)
    if not path.is_file():
        raise ModelFileError(
            f"There is no model file {path}. Check the name; `unnoise package RUN -o {path}` makes one."
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        content = path.read_bytes()
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        text = session.get_modelmeta().custom_metadata_map.get(KEY)
    except OSError as error:
        raise ModelFileError(f"Cannot read the model {path}: {error.strerror}.") from None
    except Exception as error:  # ONNX Runtime's own exceptions share no public base class
        first = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise ModelFileError(f"{path} is not an ONNX model, or damaged ({first}). Package the run again.") from None
    if text is None:
        raise ModelFileError(f"{path} is an ONNX model, but not one that unnoise packaged: its description is missing.")
    return Denoiser(session, Metadata.from_json(text, str(path)))
