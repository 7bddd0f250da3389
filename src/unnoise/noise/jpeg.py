"""JPEG artefacts: what is lost when an image is compressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.noise.base import FloatArray, NoiseModel, as_batch, registry

Bytes = npt.NDArray[np.uint8]

_BLOCK = 16
_TALLEST = 65000  # rows; the format ends at 65535
_MOST_VALUES = 1 << 23  # in one file, so that large images are compressed one at a time


@registry.register("jpeg")
@dataclass(frozen=True)
class Jpeg(NoiseModel):
    """JPEG compression artefacts: the image is rounded to 8 bits, encoded and decoded in memory.

    .. math:: y = \\operatorname{decode}(\\operatorname{encode}(x, \\text{quality}))

    Nothing is random, the generator is not used. Below quality 90 colour is stored at half the resolution, as
    cameras do. The result is within [0, 1] whatever ``clip`` says, since JPEG holds nothing else.

    Args:
        quality: JPEG quality, a whole number from 1 (worst) to 100.
        clip: Without effect here; every noise has it.

    Raises:
        UsageError: ``quality`` is not a whole number from 1 to 100.
        InputError: (when called) the array is not ``(H, W)``, ``(H, W, C)`` or ``(N, H, W, C)`` with 1 or 3 channels,
            or holds NaN or infinity.

    References:
        G. K. Wallace, "The JPEG Still Picture Compression Standard", IEEE Transactions on Consumer Electronics 38(1),
        1992.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Jpeg
        >>> ramp = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (32, 1))
        >>> strong, weak = (Jpeg(quality)(ramp, np.random.default_rng(0)) for quality in (5, 95))
        >>> bool(abs(strong - ramp).mean() > abs(weak - ramp).mean())
        True
    """

    kind: ClassVar[str] = "jpeg"
    example: ClassVar[str] = "jpeg(quality=30)"
    bare_first: ClassVar[bool] = False

    quality: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("quality", low=1, high=100, whole=True)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        batch = as_batch(clean, "JPEG noise")
        if not np.isfinite(clean).all():
            raise InputError("JPEG noise needs finite pixel values; received NaN or infinity. Replace them first.")
        if clean.size == 0:
            return clean.copy()
        one = _padded(batch[:1])
        if max(one.shape[1:3]) > _TALLEST:
            raise InputError(
                f"JPEG holds at most {_TALLEST:,} pixels a side; received {one.shape[1]}×{one.shape[2]}. Cut it."
            )
        together = max(1, min(_TALLEST // one.shape[1], _MOST_VALUES // one.size))
        noisy = np.empty(batch.shape, np.float32)
        for start in range(0, len(batch), together):
            images = np.clip(batch[start : start + together], 0.0, 1.0) * np.float32(255)
            noisy[start : start + together] = _compressed(np.rint(images).astype(np.uint8), self.quality)
        noisy /= 255
        return noisy.reshape(clean.shape)


@registry.register("random-jpeg")
@dataclass(frozen=True)
class RandomJpeg(NoiseModel):
    """JPEG artefacts of a quality drawn for each image, for training on photographs as they are stored.

    The quality is a whole number, each from ``min_quality`` to 100 equally likely; apart from that as `Jpeg`.

    Args:
        min_quality: Lowest JPEG quality, a whole number from 1 to 100.
        clip: Without effect here; every noise has it.

    Raises:
        UsageError: ``min_quality`` is not a whole number from 1 to 100.
        InputError: (when called) as `Jpeg`.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import RandomJpeg
        >>> images = np.random.default_rng(0).random((3, 16, 16, 1))
        >>> noisy = RandomJpeg(10)(images, np.random.default_rng(1))
        >>> abs(noisy - images).mean(axis=(1, 2, 3)).round(2)
        array([0.06, 0.05, 0.02])
    """

    kind: ClassVar[str] = "random-jpeg"
    example: ClassVar[str] = "random-jpeg(60)"
    aliases: ClassVar[Mapping[str, str]] = {"lowest": "min_quality"}

    min_quality: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_number("min_quality", low=1, high=100, whole=True)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        batch = as_batch(clean, "JPEG noise")
        noisy = np.empty_like(batch)
        qualities = rng.integers(self.min_quality, 101, len(batch))
        for quality in np.unique(qualities):
            chosen = qualities == quality
            noisy[chosen] = Jpeg(int(quality))(batch[chosen], rng)
        return noisy.reshape(clean.shape)


def _padded(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the batch with rows repeated at the edges, so that stacked images do not touch each other's blocks.

    JPEG works on blocks of 8 x 8, or 16 x 16 where colour is halved; there the decoder also smooths colour across the
    border of two blocks, hence a block of distance above and below.
    """
    guard = _BLOCK if images.shape[3] == 3 else 0
    below = guard + -images.shape[1] % _BLOCK
    return np.pad(images, ((0, 0), (guard, below), (0, 0), (0, 0)), mode="edge")


def _compressed(images: Bytes, quality: int) -> Bytes:
    """Return the uint8 batch ``(N, H, W, C)`` after a round through JPEG, as one tall file.

    A call of libvips costs a millisecond, far more than the compression of a small image; the padding makes the result
    that of each image on its own.
    """
    import pyvips

    pyvips.cache_set_max(0)  # nothing here is asked for twice
    padded = _padded(images)
    count, rows, width, channels = padded.shape
    source = pyvips.Image.new_from_memory(padded.tobytes(), width, count * rows, channels, "uchar")
    source = source.copy(interpretation="b-w" if channels == 1 else "srgb")
    decoded = pyvips.Image.new_from_buffer(source.jpegsave_buffer(Q=quality), "").write_to_memory()
    first = _BLOCK if channels == 3 else 0
    return np.frombuffer(decoded, np.uint8).reshape(padded.shape)[:, first : first + images.shape[1]]
