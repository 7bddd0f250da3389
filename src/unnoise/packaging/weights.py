"""Weights keep their Keras names in an exported graph, so that the network can be rebuilt from the file.

Which constant of a graph holds which weights cannot be told by values where two layers have the same, as those that
training left at zero do: tf2onnx merges their constants or drops them. So a model is exported with random weights in
place of its own, every constant is found by its values, and gets the name and the values that belong there.

The name is the variable's path, as Keras numbers it in a new process (``conv2d_3/kernel``). Kernels of convolutions lie
as ONNX has them, ``(out, in, height, width)``, those of transposed ones ``(in, out, height, width)``. Those that lie
otherwise have a suffix: matrices ``@transposed``, and ``@sub-pixel`` what :mod:`unnoise.packaging.simplify` makes of
transposed convolutions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import OutputError
from unnoise.packaging.simplify import SUB_PIXEL, transposed_kernel

Array = npt.NDArray[Any]
TRANSPOSED = "@transposed"


def weight_names(model: Any) -> list[str]:
    """Return a name for each of ``model.weights``: its path, whose numbers do not depend on models built before."""
    new: dict[str, str] = {}
    counts: dict[str, int] = {}
    for variable in model.weights:
        for part in variable.path.split("/")[:-1]:
            if part not in new:
                base = re.sub(r"_\d+$", "", part)
                number = counts.get(base, 0)
                new[part], counts[base] = f"{base}_{number}" if number else base, number + 1
    names = ["/".join([*map(new.__getitem__, path[:-1]), path[-1]]) for path in _paths(model)]
    assert len(set(names)) == len(names), names
    return names


def random_weights(model: Any) -> list[Array]:
    """Return an array for each of ``model.weights``, no two values of them alike."""
    rng = np.random.default_rng(0)
    return [rng.uniform(0.1, 1, variable.shape).astype(np.float32) for variable in model.weights]


def name_weights(graph: Any, drawn: list[Array], weights: list[Array], names: list[str]) -> None:
    """Give the constants of an ONNX ``graph`` that hold ``drawn`` the values of ``weights`` and their ``names``.

    Raises:
        OutputError: no constant holds some of them.
    """
    from onnx import numpy_helper

    new: dict[str, str] = {}
    constants = {tensor.name: (tensor, numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    for random, values, name in zip(drawn, weights, names, strict=True):
        found = False
        for (suffix, there), (_, put) in zip(_layouts(random), _layouts(values), strict=True):
            for tensor, held in constants.values():
                # A single number may have more axes in the graph, or none.
                one = held.size == there.size == 1
                if (one or held.shape == there.shape) and np.array_equal(held.ravel(), there.ravel()):
                    found, new[tensor.name] = True, f"{name}{suffix}"
                    put = np.ascontiguousarray(put.reshape(held.shape))
                    tensor.CopyFrom(numpy_helper.from_array(put, f"{name}{suffix}"))
        if not found:
            raise OutputError(
                f"The exported graph holds no weights {name}. Use layers that tf2onnx leaves as they are."
            )
    for node in graph.node:
        for place, used in enumerate(node.input):
            node.input[place] = new.get(used, used)


def find_weights(graph: Any, name: str, shape: tuple[int, ...]) -> Array | None:
    """Return the weights called ``name`` in Keras' layout, in 32 bits; None where the ONNX ``graph`` lacks them.

    Args:
        graph: What :func:`name_weights` named, also after it was simplified and stored in 16 bits.
        name: As :func:`weight_names` gives it.
        shape: The Keras variable's.
    """
    from onnx import numpy_helper

    for tensor in graph.initializer:
        if tensor.name.partition("@")[0] != name:
            continue
        values = numpy_helper.to_array(tensor).astype(np.float32)
        if values.size == 1 == math.prod(shape):
            return values.reshape(shape)
        if tensor.name.endswith(SUB_PIXEL):
            values = transposed_kernel(values, shape[0] // 3)
        if tensor.name.endswith(TRANSPOSED):
            values = values.T
        if values.ndim == 4:
            values = values.transpose(2, 3, 1, 0)
        return values if values.shape == shape else None
    return None


def _paths(model: Any) -> Iterator[list[str]]:
    return (variable.path.split("/") for variable in model.weights)


def _layouts(values: Array) -> list[tuple[str, Array]]:
    """Return how ONNX may hold a Keras variable, each with the suffix of its name."""
    if values.ndim == 4:
        return [("", values.transpose(3, 2, 0, 1))]
    return [("", values), (TRANSPOSED, values.T)] if values.ndim == 2 else [("", values)]
