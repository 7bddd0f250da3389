"""The images in a file, each as an array with a channel axis: the one way in which data sets read files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def read_frames(file: Path) -> list[npt.NDArray[Any]]:
    """Return the images of a file as arrays ``(H, W, C)`` in its own depth, alpha left out; a stack holds several.

    Raises:
        InputError: the file cannot be read.
    """
    from unnoise.frames import open_frames
    from unnoise.imaging import read_image

    frames = open_frames(file)
    if len(frames) > 1:
        return [frame.read()[..., : frame.channels] for frame in frames]
    pixels = np.asarray(read_image(file).pixels)
    return [pixels[..., np.newaxis] if pixels.ndim == 2 else pixels]
