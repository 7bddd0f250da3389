"""Models in files: whole (``.keras``) or weights alone (``.weights.h5``), written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from unnoise.atomic import atomic_path
from unnoise.errors import ModelFileError


def save_model(model: Any, path: str | Path, *, overwrite: bool = True) -> None:
    """Write the whole model, architecture and weights, to ``path`` (``.keras``)."""
    with atomic_path(path, overwrite=overwrite) as temporary:
        model.save(temporary)


def save_weights(model: Any, path: str | Path, *, overwrite: bool = True) -> None:
    """Write the model's weights alone to ``path`` (``.weights.h5``)."""
    path = Path(path)
    if not path.name.endswith(".weights.h5"):
        raise ModelFileError(f"Weights are written to a file that ends in .weights.h5, received {path.name}.")
    # The temporary name must keep Keras' double suffix.
    with atomic_path(path, overwrite=overwrite) as temporary:
        twin = temporary.with_name(temporary.stem + ".weights.h5")
        try:
            model.save_weights(twin)
            twin.replace(temporary)
        finally:
            twin.unlink(missing_ok=True)


def load_model(path: str | Path) -> Any:
    """Return the whole model stored in ``path``; in Keras' safe mode, so that no code in the file runs.

    Raises:
        ModelFileError: missing, or not a whole Keras model.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelFileError(f"There is no model file {path}. Check the name.")
    try:
        return keras.saving.load_model(path, safe_mode=True, compile=False)
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelFileError(f"{path} is not a whole Keras model: {first}. Expected a .keras file.") from error


def load_weights(model: Any, path: str | Path) -> None:
    """Load weights from ``path`` into ``model``, which must have the architecture that they were saved from.

    Raises:
        ModelFileError: missing, or weights of another architecture.
    """
    if not Path(path).is_file():
        raise ModelFileError(f"There is no weights file {path}. Check the name.")
    try:
        model.load_weights(path)
    except Exception as error:
        raise ModelFileError(f"{path} does not fit the model {model.name!r}: {error}") from error


def copy_of(model: Any) -> Any:
    """Return an independent model with the same architecture and weights."""
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    twin.set_weights(model.get_weights())
    return twin
