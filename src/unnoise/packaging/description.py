"""What a packaged file says of itself, read and written anew without a change of the network."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

from unnoise.atomic import atomic_path
from unnoise.errors import MissingExtraError, ModelFileError
from unnoise.inference.metadata import FORMAT, KEY, Metadata


def read_model(path: str | Path) -> tuple[Any, Metadata]:
    """Return the ONNX model of a packaged file, and its metadata.

    Raises:
        MissingExtraError: onnx is not installed.
        ModelFileError: missing, no ONNX file, or not packaged by unnoise.
    """
    if importlib.util.find_spec("onnx") is None:
        raise MissingExtraError("Looking into a model's file needs onnx. Install it: pip install 'unnoise[train]'")
    import onnx

    try:
        model = onnx.load(path)
    except OSError as error:
        raise ModelFileError(f"Cannot read the model {path}: {error.strerror}. Check the name.") from None
    except Exception:  # of protobuf, which is not ours to import
        raise ModelFileError(f"{path} is not an ONNX model, or damaged. Package the run again.") from None
    text = {entry.key: entry.value for entry in model.metadata_props}.get(KEY)
    if text is None:
        raise ModelFileError(f"{path} is an ONNX model, but not one that unnoise packaged: it has no description.")
    return model, Metadata.from_json(text, str(path))


def write_metadata(path: str | Path, metadata: Metadata, *, output: str | Path | None = None) -> None:
    """Put ``metadata``, in today's format, into a packaged file in place of what it says of itself.

    Args:
        path: The packaged file.
        metadata: What it is to say; its network must fit it.
        output: The file to write; None replaces ``path``. An existing one is replaced.

    Raises:
        ModelFileError: ``path`` is no packaged file.
        OutputError: the file cannot be written.

    Example:
        >>> import dataclasses, unnoise
        >>> from unnoise.packaging import write_metadata
        >>> metadata = unnoise.load("model.onnx").metadata  # doctest: +SKIP
        >>> write_metadata("model.onnx", dataclasses.replace(metadata, clean_threshold=2 / 255))  # doctest: +SKIP
    """
    import onnx

    model, _ = read_model(path)
    onnx.helper.set_model_props(model, {KEY: dataclasses.replace(metadata, format=FORMAT).to_json()})
    with atomic_path(output or path, overwrite=True) as temporary:
        onnx.save(model, temporary)
