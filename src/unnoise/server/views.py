"""Pictures for the page: squares of the image at several sizes, as the browser needs them to blend by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.frames import open_frames
from unnoise.imaging.reading import upright
from unnoise.imaging.samples import range_of_image, survey, to_float
from unnoise.inference.kept import KeepingDenoiser
from unnoise.server.problems import Refused

Array = npt.NDArray[Any]

SIDE = 1024
"""The side of a square in pixels."""

CHANGE = 64 * 255
"""By how much the network's change is multiplied to be held in 16 bits: a 64th of a level of 8 bits, up to ±2."""


@dataclass(frozen=True)
class View:
    """A picture, upright.

    Attributes:
        colours: The image as it was, ``(H, W, 4)`` uint8, alpha last.
        answer: The network's answer ``(H, W, C)``, float32; None where the image is left as it is.
    """

    colours: Array
    answer: Array | None

    @classmethod
    def of(
        cls,
        content: bytes,
        keeping: KeepingDenoiser,
        of_model: tuple[float, float] | None,
        allocate: Callable[[tuple[int, ...], npt.DTypeLike], Array],
    ) -> View:
        """Return the picture of a file, its first frame, and what was kept of it.

        Args:
            content: The file.
            keeping: The denoiser that kept its network's answer.
            of_model: White and black of the data that the model was trained on.
            allocate: Gives the array for the colours.
        """
        image = open_frames(content)[0]
        # As files are denoised: white by the highest sample, where 16 bits do not say it.
        high = 0.0 if image.dtype != "uint16" else survey(strip[..., : image.channels] for strip in image.strips()).high
        white, offset = range_of_image(image.dtype, 0, high, of_model=of_model)
        colours, top = allocate((image.height, image.width, 4), np.uint8), 0
        for strip in image.strips():
            values = np.nan_to_num(to_float(strip[..., : image.channels], white=white, offset=offset))
            rows = colours[top : top + len(strip)]
            rows[..., :3] = np.rint(np.clip(values, 0, 1) * 255)
            rows[..., 3] = np.rint(to_float(strip[..., -1]) * 255) if image.alpha else 255
            top += len(strip)
        answer = upright(keeping.answers[0], image.orientation) if keeping.answers else None
        return cls(upright(colours, image.orientation), answer)

    @property
    def height(self) -> int:
        """Of the picture."""
        return int(self.colours.shape[0])

    @property
    def width(self) -> int:
        """Of the picture."""
        return int(self.colours.shape[1])

    @property
    def levels(self) -> int:
        """How many sizes there are, each half as wide and high as the one before; the last is one square."""
        return max(0, (max(self.height, self.width) - 1) // SIDE).bit_length() + 1

    def square(self, level: int, column: int, row: int) -> bytes:
        """Return one square: colours ``(h, w, 4)`` uint8, then the network's change ``(h, w, 3)`` as 16-bit integers.

        Raises:
            Refused: 404, there is no such square.
        """
        factor = 1 << level if 0 <= level < self.levels else 0
        top, left = row * SIDE * factor, column * SIDE * factor
        if not factor or min(row, column) < 0 or top >= self.height or left >= self.width:
            raise Refused(404, "There is no such part of the image.")
        here = np.s_[top : top + SIDE * factor, left : left + SIDE * factor]
        colours = np.rint(_reduced(self.colours[here], factor)).astype(np.uint8)
        change = np.zeros((*colours.shape[:2], 3), "<i2")
        if self.answer is not None:
            # What is shown is subtracted, so that the full strength shows the network's very answer.
            exact = (_reduced(self.answer[here], factor) - colours[..., :3] / np.float32(255)) * CHANGE
            change[:] = np.clip(np.rint(exact), -32768, 32767)
        return colours.tobytes() + change.tobytes()


def _reduced(pixels: Array, factor: int) -> Array:
    """Return ``(H, W, C)`` with the means of squares of ``factor`` pixels, those at the edge of what there is."""
    # Sums of slices: several times faster than NumPy's sums over short axes.
    for axis in (0, 1) if factor > 1 else ():
        pixels = np.moveaxis(pixels, axis, 0)
        count = -(-len(pixels) // factor)
        sums = np.zeros((count, *pixels.shape[1:]), np.float32)
        for offset in range(factor):
            part = pixels[offset::factor]
            sums[: len(part)] += part
        sums[: count - 1] /= factor
        sums[count - 1] /= len(pixels) - (count - 1) * factor
        pixels = np.moveaxis(sums, 0, axis)
    return pixels
