"""The same images through Keras and through ONNX Runtime: how far the answers differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unnoise.errors import OutputError

TOLERANCE = 1e-5
"""Largest absolute difference in fp32 that packaging accepts."""

PROBE_IMAGES = 64
"""Images of the caller's probe that are compared, at most."""

Float32 = NDArray[np.float32]


def probes(
    input_shape: tuple[int | None, int | None, int], stride: int, own: NDArray[Any] | None = None
) -> list[Float32]:
    """Return batches to compare on: several lengths, several sizes where any is taken, past [0, 1] as noise goes.

    Args:
        input_shape: ``(H, W, C)`` of the model, None for any.
        stride: The sizes are multiples of it.
        own: The caller's images ``(N, H, W, C)``, in [0, 1], of a size that the model takes.
    """
    rng = np.random.default_rng(0)
    height, width, channels = input_shape
    batches = []
    for count, (rows, columns) in ((1, (1, 1)), (3, (2, 3)), (2, (5, 4))):
        sides = height or rows * stride, width or columns * stride
        batches.append(rng.normal(0.5, 0.5, (count, *sides, channels)).astype(np.float32))
    batches.append(np.zeros_like(batches[0]))
    batches.append(np.ones_like(batches[0]))
    if own is not None:
        batches.append(np.asarray(own, np.float32)[:PROBE_IMAGES])
    return batches


def largest_difference(
    keras_answers: Callable[[Float32], Mapping[str, NDArray[Any]]], session: Any, batches: list[Float32]
) -> float:
    """Return the largest absolute difference over all batches and outputs; infinity where shapes or NaNs differ.

    Args:
        keras_answers: Gives the model's outputs by name for a batch.
        session: An ONNX Runtime session with the same outputs.
        batches: Inputs ``(N, H, W, C)`` float32.

    Raises:
        OutputError: ONNX Runtime cannot run a batch that Keras runs.
    """
    worst = 0.0
    (name,) = (value.name for value in session.get_inputs())
    for batch in batches:
        expected = keras_answers(batch)
        try:
            answers = session.run(list(expected), {name: batch})
        except Exception as error:
            raise OutputError(
                f"Packaging refused: ONNX Runtime cannot run images of shape {batch.shape[1:]}, which Keras runs: "
                f"{str(error).splitlines()[0]}. Use layers that tf2onnx exports."
            ) from error
        for reference, answer in zip(expected.values(), answers, strict=True):
            if reference.shape != answer.shape:
                return float("inf")
            difference = float(np.abs(reference.astype(np.float64) - answer).max(initial=0.0))
            worst = max(worst, difference) if difference == difference else float("inf")
    return worst


def require_parity(difference: float) -> None:
    """Raise OutputError unless ``difference`` is within ``TOLERANCE``."""
    if not difference <= TOLERANCE:
        raise OutputError(
            f"Packaging refused: the ONNX model differs by {difference:.2g} from the Keras model, at most {TOLERANCE:g} is "
            "allowed. Check the model for layers that are random at inference or that run in low precision."
        )
