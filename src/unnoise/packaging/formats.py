"""The formats that Keras writes itself: .keras, LiteRT (.tflite) and OpenVINO (.xml and .bin)."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

from unnoise.atomic import atomic_path, require_free
from unnoise.errors import MissingExtraError, OutputError, UsageError
from unnoise.quiet import quiet
from unnoise.registry import suggestion

FORMATS = {"keras": ".keras", "litert": ".tflite", "openvino": ".xml"}
"""Format → the suffix that its file has."""

_NEEDS = {"keras": (), "litert": ("tensorflow",), "openvino": ("tensorflow", "openvino")}


def export_format(model: Any, path: str | Path, format: str, *, overwrite: bool = False) -> list[Path]:
    """Write ``model`` in a format of Keras' own. These files hold no unnoise metadata and are not checked for parity.

    Args:
        model: A functional ``keras.Model``.
        path: The file to write, with the format's suffix (see ``FORMATS``).
        format: ``keras``, ``litert`` or ``openvino``. OpenVINO writes a second file beside it, ``.bin``.
        overwrite: Whether existing files may be replaced.

    Returns:
        The files written, the one to open first.

    Raises:
        UsageError: unknown format, wrong suffix, or a backend that cannot write it.
        MissingExtraError: OpenVINO or TensorFlow is not installed.
        OutputError: a file exists already, or Keras cannot write this model.
    """
    import keras

    path = Path(path)
    if format not in FORMATS:
        raise UsageError(f"Unknown format {format!r}. {suggestion(format, [*FORMATS, 'onnx'])}")
    if path.suffix != FORMATS[format]:
        raise UsageError(
            f"The format {format} is written to a file ending in {FORMATS[format]}, received {path.name!r}."
        )
    for module in _NEEDS[format]:
        if importlib.util.find_spec(module) is None:
            package = "'unnoise[train]'" if module == "tensorflow" else module
            raise MissingExtraError(f"The format {format} needs {module}. Install it with pip install {package}.")
    if _NEEDS[format] and keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"The format {format} needs the TensorFlow backend of Keras, received {keras.backend.backend()!r}. "
            "Run it again with the environment variable KERAS_BACKEND=tensorflow."
        )
    if format == "openvino":
        return _write_pair(model, path, overwrite)
    with atomic_path(path, overwrite=overwrite) as temporary:
        _write(model, temporary, format)
    return [path]


def _write(model: Any, path: Path, format: str) -> None:
    try:
        with quiet():
            if format == "keras":
                model.save(path)
                return
            model.export(str(path), format=format, verbose=False)
    except OSError:
        raise  # A full disk: atomic_path says so.
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise OutputError(
            f"Keras cannot write this model as {format}: {reason}. The format onnx holds every model."
        ) from error


def _write_pair(model: Any, path: Path, overwrite: bool) -> list[Path]:
    """Write OpenVINO's two files; the .xml last, so that whoever sees it finds its weights."""
    weights = path.with_suffix(".bin")
    with atomic_path(path, overwrite=overwrite) as temporary:
        require_free(weights, overwrite=overwrite)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
            drafted = Path(folder) / path.name
            _write(model, drafted, "openvino")
            os.replace(drafted, temporary)
            os.replace(drafted.with_suffix(".bin"), weights)
    return [path, weights]
