"""From a packaged file back to the Keras network, to train it on or to look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unnoise.errors import ModelFileError, UnnoiseError
from unnoise.packaging.description import read_model
from unnoise.packaging.weights import find_weights, weight_names


def load_network(path: str | Path) -> Any:
    """Return the denoising network of a packaged file as a Keras model; of a composite, its autoencoder.

    It answers as the file does: a file in 16 bits gives the rounded weights.

    Args:
        path: A file of format 2 that ``unnoise package`` wrote as ONNX.

    Raises:
        ModelFileError: no packaged file, one of format 1, or one whose weights were rounded to integers.

    Example:
        >>> from unnoise.packaging import load_network
        >>> network = load_network("model.onnx")  # doctest: +SKIP
        >>> network.summary()  # doctest: +SKIP
    """
    from unnoise.models import build

    model, metadata = read_model(path)
    if any(node.op_type == "DequantizeLinear" for node in model.graph.node):
        raise ModelFileError(
            f"{path} holds a network in 8-bit integers, too coarse to go on from. "
            "Start from the model that it was made from; that of photo-fast is photo."
        )
    try:
        network = build(metadata.architecture, metadata.input_shape, **metadata.model_parameters)
    except UnnoiseError as error:
        raise ModelFileError(f"{path} holds a network that this unnoise cannot build: {error}") from error
    weights = []
    for name, variable in zip(weight_names(network), network.weights, strict=True):
        values = find_weights(model.graph, name, tuple(variable.shape))
        if values is None:
            raise ModelFileError(
                f"{path} does not hold the weights {name} under their name, as files of format 1 do not. "
                "Package the run again."
            )
        weights.append(np.asarray(values))
    network.set_weights(weights)
    return network
