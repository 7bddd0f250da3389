"""The weights that a network begins with: those of a run, of a packaged file, or of a model that comes with unnoise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from unnoise.errors import InputError, RecipeError
from unnoise.experiment.run_folder import RunFolder
from unnoise.inference.packaged import model_file
from unnoise.packaging import load_network
from unnoise.packaging.description import read_model
from unnoise.training.widening import widen


def require_start(start: str) -> None:
    """Raise unless there is what ``start`` names, before images are loaded.

    Raises:
        InputError: neither a run folder nor a packaged file.
        UsageError: a name that no packaged model has.
    """
    if _is_run(start):
        RunFolder.open(start)
    else:
        read_model(model_file(start))


def begin(model: Any, start: str) -> None:
    """Give ``model`` the weights that ``start`` names; those of a network of fewer filters fill a part of them.

    A network of gray images begins from one of colour images so that it gives what that gives for gray ones. A curve's
    denoiser gets the weights, the curve stays.

    Args:
        model: An autoencoder.
        start: A run folder, a packaged file, or the name of a model that comes with unnoise.

    Raises:
        InputError: not there, not finished, or its weights cannot be had.
        RecipeError: it does not fit.
    """
    trained = RunFolder.open(start).load_model("autoencoder") if _is_run(start) else load_network(model_file(start))
    inside = next((layer for layer in model.layers if layer.name == "network"), model)
    if trained.name == model.name:
        inside = model
    try:
        widen(inside, _of_channels(trained, inside))
    except InputError as error:
        raise RecipeError(
            f"training.start: the autoencoder of {start} does not fit into this recipe's: {error} It takes images of "
            f"the shape {trained.input_shape[1:]}, these have {model.input_shape[1:]}. Choose another start or [model]."
        ) from None


def _is_run(start: str) -> bool:
    # A folder, or what can only be one.
    path = Path(start)
    return path.is_dir() or (path.suffix != ".onnx" and len(path.parts) > 1)


def _of_channels(trained: Any, model: Any) -> Any:
    """Return ``trained``, or what it is for gray images where ``model`` takes these and it takes colour images.

    A gray image is in all its channels: the kernels of the first layer are summed over them, those of the last one
    averaged.
    """
    import keras

    if model.input_shape[-1] != 1 or trained.input_shape[-1] != 3 or len(model.weights) != len(trained.weights):
        return trained
    weights = trained.get_weights()
    for number in (0, len(weights) - 1):
        if weights[number].ndim != 4 or weights[number].shape[-2] != 3:
            return trained
    weights[0] = weights[0].sum(axis=-2, keepdims=True)
    weights[-1] = weights[-1].mean(axis=-2, keepdims=True)
    config = trained.get_config()
    config["layers"][0]["config"]["batch_shape"] = (None, None, None, 1)
    last = next(layer for layer in reversed(config["layers"]) if layer["class_name"] == "Conv2DTranspose")
    last["config"]["filters"] = 1
    gray = keras.Model.from_config(config)
    gray.set_weights([np.asarray(values, np.float32) for values in weights])
    return gray
