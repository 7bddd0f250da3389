"""Several noises one after the other, as light, sensor and file format add theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from unnoise.errors import UsageError
from unnoise.noise.base import FloatArray, NoiseModel


@dataclass(frozen=True)
class Composition(NoiseModel):
    """Noises applied in order, left first: ``poisson(peak=30)+gaussian(0.02)``.

    .. math:: y = n_k(\\dots n_2(n_1(x)))

    Each part clips by its own ``clip``; the composition's ``clip`` is read from the last part, which decides the
    range of the result. A composition inside ``parts`` is unfolded, so that grouping makes no difference.

    Args:
        parts: Two or more noises.

    Raises:
        UsageError: fewer than two parts, or a part that is not a noise.

    Example:
        >>> from unnoise.noise import Composition, Gaussian, Poisson
        >>> print(Composition((Poisson(30), Gaussian(0.02))))
        poisson(peak=30)+gaussian(0.02)
        >>> Poisson(30) + Gaussian(0.02) == Composition((Poisson(30), Gaussian(0.02)))
        True
    """

    kind: ClassVar[str] = "composition"
    example: ClassVar[str] = "poisson(peak=30)+gaussian(0.02)"

    parts: tuple[NoiseModel, ...]
    clip: bool = field(init=False, repr=False, compare=False, default=True)

    def __post_init__(self) -> None:
        unfolded: list[NoiseModel] = []
        for part in self.parts:
            if not isinstance(part, NoiseModel):
                raise UsageError(
                    f"A composition is made of noise models; received {part!r}. "
                    f"Use unnoise.noise.parse({self.example!r})."
                )
            unfolded.extend(part.parts if isinstance(part, Composition) else (part,))
        if len(unfolded) < 2:
            raise UsageError(
                f"A composition needs two noises or more; received {len(unfolded)}. Use a single noise as it is."
            )
        object.__setattr__(self, "parts", tuple(unfolded))
        object.__setattr__(self, "clip", unfolded[-1].clip)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        noisy = clean
        for part in self.parts:
            noisy = part(noisy, rng)
        return noisy

    def __str__(self) -> str:
        """Give the spellings of the parts, joined by ``+``."""
        return "+".join(str(part) for part in self.parts)
