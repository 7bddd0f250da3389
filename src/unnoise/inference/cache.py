"""Packaged models that are kept from one call to the next."""

from __future__ import annotations

import functools
from pathlib import Path

from unnoise.inference.denoiser import Denoiser, load
from unnoise.inference.packaged import model_file


def kept(model: str | Path, device: str = "auto") -> Denoiser:
    """Return a packaged model as :func:`load` does; the last few are kept for the next call."""
    file = model_file(model)
    return _kept(file, file.stat().st_mtime_ns if file.is_file() else 0, device)


@functools.lru_cache(maxsize=4)
def _kept(file: Path, changed: int, device: str) -> Denoiser:
    """Return the model in ``file``, as it was at the time ``changed``."""
    return load(file, device=device)
