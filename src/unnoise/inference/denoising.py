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
    """Return the denoised image, in the shape, dtype and range of ``image``.

    The strength of the noise need not be known. An image in which :func:`estimate_noise` finds less than 0.5/255 is
    clean and is given back as it is; so is each clean image of a batch. The model is kept for the next call;
    :func:`load` gives it to those who want to hold it themselves.

    Args:
        image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1 or 3; uint8, uint16 or float, which is never
            clipped. Nominal range [0, 1] for floats.
        model: The name of a model that comes with unnoise (`unnoise models` lists them), or a packaged file.
        sigma: Standard deviation of the noise where it is known, in units of the range [0, 1] (write 25/255): the
            image is then not taken for clean, and where the estimate is higher, the strength is lowered in proportion.
            0 gives the input.
        strength: 0 gives the input back, 1 the network's answer, values between a mixture of both.
        channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white; None means 255, 65535 or 1.0 by dtype.
        tile: Largest side of a tile in pixels; "auto" takes tiles of about a megapixel, None no tiles.
        max_memory: Bytes that the network's computation may take, about, beside the image and the answer.
        device: "auto", "cpu", or an accelerator that the installed ONNX Runtime serves, such as "cuda".
        progress: Called with the share that is done, up to 1, after every tile.

    Returns:
        A new array.

    Raises:
        InputError: an array that is no image, values far outside the range, a wrong option, or a missing device.
        ModelFileError: a model that cannot be used, or not with an image of this size.
        UsageError: an unknown name of a model or device.

    Example:
        >>> import numpy as np
        >>> import unnoise
        >>> noisy = np.random.default_rng(0).normal(128, 25, (96, 96, 3)).clip(0, 255).astype(np.uint8)
        >>> answer = unnoise.denoise(noisy)
        >>> answer.dtype, answer.shape, bool(answer.std() < 6)
        (dtype('uint8'), (96, 96, 3), True)
    """
    file = model_file(model)
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    return _kept(file, changed, device).denoise(
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


@functools.lru_cache(maxsize=4)
def _kept(file: Path, changed: int, device: str) -> Denoiser:
    """Return the model in ``file``, as it was at the time ``changed``."""
    return load(file, device=device)
