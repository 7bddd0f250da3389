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

_SUFFIXES = {"onnx": ".onnx"} | FORMATS

_NEEDS = {"keras": (), "litert": ("tensorflow",), "openvino": ("tensorflow", "openvino")}


def format_of(path: Path, format: str | None = None) -> str:
    """Return the format that a model is written in: ``format``, or the one that the suffix of ``path`` tells.

    Raises:
        UsageError: an unknown format, or a suffix that is not the format's, or no format's.
    """
    if format is not None and format not in _SUFFIXES:
        raise UsageError(f"Unknown format {format!r}. {suggestion(format, _SUFFIXES)}")
    if format is None:
        format = next((known for known, suffix in _SUFFIXES.items() if path.suffix == suffix), None)
    if format is None:
        known = ", ".join(f"{suffix} ({name})" for name, suffix in _SUFFIXES.items())
        raise UsageError(f"The suffix of the file tells the format of a model: {known}; received {path.name!r}.")
    if path.suffix != _SUFFIXES[format]:
        raise UsageError(
            f"The format {format} is written to a file ending in {_SUFFIXES[format]}, received {path.name!r}."
        )
    return format


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
    format = format_of(path, format)
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
