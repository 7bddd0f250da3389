"""Image files of several frames: stacks and animations, read and written frame by frame.

Example:
    >>> import io
    >>> import numpy as np
    >>> from unnoise.frames import open_frames
    >>> from unnoise.imaging import write_image
    >>> file = io.BytesIO()
    >>> write_image(file, np.zeros((4, 6), np.uint8), format=".tif")
    >>> [frame.read().shape for frame in open_frames(file.getvalue())]
    [(4, 6, 1)]
"""

from unnoise.frames.animation import Timing
from unnoise.frames.frames import Frames, open_frames
from unnoise.frames.writing import check_holds, plays, write_frames

__all__ = ["Frames", "Timing", "check_holds", "open_frames", "plays", "write_frames"]
