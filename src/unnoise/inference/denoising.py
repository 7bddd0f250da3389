"""Denoising in one call: the packaged model, the question whether there is noise at all, and the answer."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt

from unnoise.inference.denoiser import Denoiser, Progress, load
from unnoise.inference.packaged import model_file

Array = npt.NDArray[Any]


def denoise(
    image: Array,
    *,
    model: str | Path = "photo",
    sigma: float | None = None,
    strength: float = 1.0,
    channel_axis: int | None = -1,
    data_range: float | None = None,
    tile: int | Literal["auto"] | None = "auto",
    max_memory: int | None = None,
    device: str = "auto",
    progress: Progress = lambda share: None,
) -> Array:
    """Return the denoised array, in the shape, dtype and range of ``image``; see :func:`unnoise.denoise`."""
    return kept(model, device).denoise(
        image,
        sigma=sigma,
        strength=strength,
        gate=True,
        channel_axis=channel_axis,
        data_range=data_range,
        tile=tile,
        max_memory=max_memory,
        progress=progress,
    )


def kept(model: str | Path, device: str = "auto") -> Denoiser:
    """Return a packaged model as :func:`load` does; the last few are kept for the next call."""
    file = model_file(model)
    return _kept(file, file.stat().st_mtime_ns if file.is_file() else 0, device)


@functools.lru_cache(maxsize=4)
def _kept(file: Path, changed: int, device: str) -> Denoiser:
    """Return the model in ``file``, as it was at the time ``changed``."""
    return load(file, device=device)
