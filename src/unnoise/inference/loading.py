"""From a packaged model's file to a denoiser."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from unnoise.errors import ModelFileError, UnnoiseError
from unnoise.inference.denoiser import Denoiser
from unnoise.inference.metadata import KEY, Metadata
from unnoise.inference.network import DENOISED, NOISY, PROBABILITIES
from unnoise.inference.packaged import model_file
from unnoise.inference.session import first_line, open_session

# Suffixes of what training writes and packaging writes for other engines, and for which.
_ENGINES = {".keras": "Keras", ".h5": "Keras", ".tflite": "LiteRT", ".xml": "OpenVINO"}


def load(model: str | Path = "photo", *, threads: int | None = None, device: str = "auto") -> Denoiser:
    """Return a packaged model; ONNX Runtime alone runs it.

    Args:
        model: The name of a model that comes with unnoise, or a file that ``unnoise package`` wrote.
        threads: CPU threads to use; None leaves the choice to ONNX Runtime.
        device: "auto", "cpu", or an accelerator that the installed ONNX Runtime serves, such as "cuda".

    Raises:
        ModelFileError: missing, no ONNX file, damaged, or not packaged by unnoise.
        InputError: ``threads`` is no whole number of at least 1, or the device is not available.
        UsageError: an unknown name of a model or device.
    """
    return load_content(read_model(model), str(model_file(model)), threads=threads, device=device)


def read_model(model: str | Path) -> bytes:
    """Return the content of a packaged model's file, for a process that has no such file; errors as :func:`load`."""
    path = model_file(model)
    _require_model_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"Cannot read the model {path}: {error.strerror}. Check its permissions.") from None


def load_content(content: bytes, name: str, *, threads: int | None = None, device: str = "auto") -> Denoiser:
    """Return the packaged model whose file's content is given; ``name`` is its name in errors; else as :func:`load`."""
    try:
        session, device = open_session(content, threads=threads, device=device)
        text = session.get_modelmeta().custom_metadata_map.get(KEY)
    except UnnoiseError:
        raise
    except Exception as error:  # ONNX Runtime's own exceptions share no public base class
        reason = first_line(error) if content else "it is empty"
        raise ModelFileError(f"{name} is not an ONNX model, or damaged ({reason}). Package the run again.") from None
    if text is None:
        raise ModelFileError(
            f"{name} is an ONNX model, but not one that unnoise packaged: its description is missing. "
            "Use a file that `unnoise package` wrote."
        )
    metadata = Metadata.from_json(text, name)
    _require_agreement(session, metadata, name)
    return Denoiser(session, metadata, device)


def _require_model_file(path: Path) -> None:
    """Raise ModelFileError where there is no file, or one that is known not to be a packaged model by its name."""
    if (path / "recipe.toml").is_file():
        raise ModelFileError(f"{path} is a run folder, not the file that packaging makes of it.", remedy="package")
    if not path.is_file():
        raise ModelFileError(f"There is no model file {path}. Check the name.", remedy="model")
    if path.suffix in _ENGINES:
        raise ModelFileError(
            f"{path} holds a model for {_ENGINES[path.suffix]}; ONNX files alone are read here.", remedy="package"
        )


def _require_agreement(session: Any, metadata: Metadata, name: str) -> None:
    """Raise ModelFileError unless the network takes and gives what its description says."""
    inputs = [(value.name, value.type, tuple(value.shape)) for value in session.get_inputs()]
    outputs = {value.name for value in session.get_outputs()}
    wanted = {DENOISED} if metadata.kind == "denoiser" else {DENOISED, PROBABILITIES}
    # A side without a number has a symbol, which ONNX Runtime gives as a text, or None.
    shapes = [tuple(side if isinstance(side, int) else None for side in shape) for _, _, shape in inputs]
    named = [(name, kind) for name, kind, _ in inputs]
    if named != [(NOISY, "tensor(float)")] or shapes != [(None, *metadata.input_shape)] or not wanted <= outputs:
        raise ModelFileError(
            f"The network in {name} maps {inputs} to {sorted(outputs)}, which its description contradicts: a "
            f"{metadata.kind} of {(None, *metadata.input_shape)} with {sorted(wanted)}. Package the run again."
        )


def load_cached(model: str | Path = "photo", *, threads: int | None = None, device: str = "auto") -> Denoiser:
    """Return a packaged model as :func:`load` does; the last few files are loaded once, until they change."""
    file = model_file(model)
    if not file.is_file():
        return load(file)  # which says so
    status = file.stat()
    return _load_cached(file.resolve(), (status.st_mtime_ns, status.st_size), threads, device)


@functools.lru_cache(maxsize=4)
def _load_cached(file: Path, state: tuple[int, int], threads: int | None, device: str) -> Denoiser:
    return load(file, threads=threads, device=device)
