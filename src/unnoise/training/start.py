"""The weights that a network begins with: those of a run, of a packaged file, or of a model that comes with unnoise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    if _is_run(start):
        run = RunFolder.open(start)
        trained = run.load_model("autoencoder")
        architecture, parameters = run.recipe.model.architecture, run.recipe.model.parameters
    else:
        file = model_file(start)
        trained, metadata = load_network(file), read_model(file)[1]
        architecture, parameters = metadata.architecture, metadata.model_parameters
    inside = next((layer for layer in model.layers if layer.name == "network"), model)
    if trained.name == model.name:
        inside = model
    try:
        if inside.input_shape[-1] == 1 and trained.input_shape[-1] == 3:
            trained = _for_gray(trained, architecture, parameters)
        widen(inside, trained)
    except InputError as error:
        raise RecipeError(
            f"training.start: the autoencoder of {start} does not fit into this recipe's: {error} It takes images of "
            f"the shape {trained.input_shape[1:]}, these have {model.input_shape[1:]}. Choose another start or [model]."
        ) from None


def _is_run(start: str) -> bool:
    # A folder, or what can only be one.
    path = Path(start)
    return path.is_dir() or (path.suffix != ".onnx" and len(path.parts) > 1)


def _for_gray(trained: Any, architecture: str, parameters: dict[str, Any]) -> Any:
    """Return what a network of colour images is for gray ones, which are in all of its channels.

    The kernels of its first layer are summed over these channels, those of its last one averaged.

    Raises:
        InputError: its first and last weights are no such kernels.
    """
    from unnoise.models import build

    gray = build(architecture, (*trained.input_shape[1:3], 1), **parameters)
    weights = trained.get_weights()
    shapes = [tuple(variable.shape) for variable in gray.weights]
    for number, share in ((0, 1), (len(weights) - 1, 3)):
        if weights[number].ndim == 4 and weights[number].shape[-2] == 3:
            weights[number] = weights[number].sum(axis=-2, keepdims=True) / share
    if [values.shape for values in weights] != shapes:
        raise InputError("it takes colour images, these are gray.")
    gray.set_weights(weights)
    return gray
