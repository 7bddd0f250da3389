"""The models that come with unnoise: files in the folder ``weights``, each with its card."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from unnoise.errors import UsageError
from unnoise.registry import suggestion


def folder() -> Path:
    """Return the folder with the packaged models."""
    return Path(str(importlib.resources.files("unnoise.weights")))


def packaged_models() -> list[str]:
    """Return the names of the packaged denoisers, the default first."""
    names = sorted(file.stem for file in folder().glob("*.onnx"))
    return sorted(names, key=lambda name: name != "photo")


def card(name: str) -> str:
    """Return the card of a packaged model, in Markdown: what it is for, data, licences, scores, limits, compute.

    Raises:
        UsageError: no such model.
    """
    if name not in packaged_models():
        raise _unknown(name)
    return (folder() / f"{name}.md").read_text("utf-8")


def checksums() -> dict[str, str]:
    """Return the SHA-256 of every file of weights, by its name."""
    lines = (folder() / "SHA256SUMS").read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def model_file(name: str | Path) -> Path:
    """Return the file of the model called ``name``; what has a suffix or a folder, or is there, is a path already.

    Raises:
        UsageError: a bare name that no packaged model has.
    """
    path = Path(name)
    if path.suffix or path.parent != Path():
        return path
    if str(name) in packaged_models():
        return folder() / f"{name}.onnx"
    if path.exists():
        return path
    raise _unknown(str(name))


def _unknown(name: str) -> UsageError:
    return UsageError(f"Unknown model {name!r}. {suggestion(name, packaged_models())} Or give a .onnx file.")
