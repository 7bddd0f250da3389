"""One of several noises, for training on mixtures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from unnoise.errors import UsageError
from unnoise.noise.base import FloatArray, NoiseModel


@dataclass(frozen=True)
class Choice(NoiseModel):
    """One of several noises, drawn for each image: ``gaussian(0.1)|jpeg(quality=30)``, for training on mixtures.

    Every option is equally likely; one that is written twice is twice as likely. An array of four axes is a batch
    ``(N, H, W, C)``, any other array is one image. Each option clips by its own ``clip``; the choice's ``clip`` is true
    where all of them clip.

    Args:
        options: Two or more noises.

    Raises:
        UsageError: fewer than two options, or one that is not a noise.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import parse
        >>> noisy = parse("none|masking(1)")(np.ones((6, 2, 2, 1)), np.random.default_rng(0))
        >>> noisy[:, 0, 0, 0]
        array([0., 0., 0., 1., 1., 1.], dtype=float32)
    """

    kind: ClassVar[str] = "choice"
    example: ClassVar[str] = "gaussian(0.1)|poisson(peak=30)+gaussian(0.02)"
    composable: ClassVar[bool] = False

    options: tuple[NoiseModel, ...]
    clip: bool = field(init=False, repr=False, compare=False, default=True)

    def __post_init__(self) -> None:
        for option in self.options:
            if not isinstance(option, NoiseModel) or isinstance(option, Choice):
                raise UsageError(
                    f"A choice is made between noise models that are no choices themselves; received {option!r}. "
                    f"Use unnoise.noise.parse({self.example!r})."
                )
        if len(self.options) < 2:
            raise UsageError(
                f"A choice needs two noises or more; received {len(self.options)}. Use a single noise as it is."
            )
        object.__setattr__(self, "clip", all(option.clip for option in self.options))

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        return self._draw_pair(clean, rng)[0]

    def _draw_pair(self, clean: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        if clean.ndim != 4:
            return self.options[rng.integers(len(self.options))].pair(clean, rng)
        noisy, target = np.empty_like(clean), np.empty_like(clean)
        drawn = rng.integers(len(self.options), size=len(clean))
        for number, option in enumerate(self.options):
            noisy[drawn == number], target[drawn == number] = option.pair(clean[drawn == number], rng)
        return noisy, target

    def __str__(self) -> str:
        """Give the spellings of the options, joined by ``|``."""
        return "|".join(str(option) for option in self.options)
