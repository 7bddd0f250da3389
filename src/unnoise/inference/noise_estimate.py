"""The noise of an array, estimated by a packaged model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.inference.array_batch import array_batch
from unnoise.inference.loading import load_cached


def estimate_noise(
    image: npt.NDArray[Any],
    *,
    model: str | Path = "photo",
    channel_axis: int | None = -1,
    data_range: float | None = None,
    threads: int | None = None,
    device: str = "auto",
) -> Any:
    """Return the standard deviation of the noise in an image, in units of the range [0, 1].

    It is what the model removes of up to 32 patches of 96 × 96 pixels spread over the image: the root of the median of
    their mean squares, times a factor of the model's. So it knows the noise that the model knows, no other. Squares of
    one colour do not count.

    Args:
        image: ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1, 3 or the model's; uint8, uint16 or float.
        model: The name of a model that comes with unnoise, or a packaged file.
        channel_axis: The axis of the channels; None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white; None means 255 for uint8, 1.0 for floats, and for uint16 the
            model's own, or the least of 1023, 4095, 16383 and 65535 that no value is above.
        threads: CPU threads to use; None leaves the choice to ONNX Runtime.
        device: As in :func:`unnoise.load`.

    Returns:
        A float, or for a batch an array ``(N,)``; 25/255 means what papers call sigma 25.

    Raises:
        InputError: an array that is no image, or not of 1, 3 or the model's channels.
        ModelFileError: a model that cannot be used, or not with an image of this size.

    Example:
        >>> import numpy as np
        >>> from unnoise import estimate_noise
        >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, (128, 128, 3))
        >>> bool(0.08 < estimate_noise(noisy) < 0.12)
        True
    """
    denoiser = load_cached(model, threads=threads, device=device)
    batch = array_batch(image, channel_axis=channel_axis, data_range=data_range, of_model=denoiser.metadata.range)
    levels = np.array([denoiser.analyze_noise([pixels], *pixels.shape[:2]).level for pixels in batch.marked()])
    return levels if batch.many else float(levels[0])
