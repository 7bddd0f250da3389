"""What every noise model is: a frozen dataclass that turns a clean image into a noisy one; and several in a row."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError, UsageError
from unnoise.registry import Registry

FloatArray = npt.NDArray[np.float32]

registry: Registry[type[NoiseModel]] = Registry("noise")
"""The kinds of noise, by the name they have in ``parse``."""


@dataclass(frozen=True)
class NoiseModel(ABC):
    """A kind of noise with its parameters. Calling it gives a noisy copy of a clean image.

    A subclass is a frozen dataclass that checks its fields in ``__post_init__`` and draws in ``_draw``.

    Args:
        clip: Whether the noisy image is clipped to [0, 1]. Keyword only, default True.

    Example:
        >>> import numpy as np
        >>> from unnoise.noise import Gaussian
        >>> clean = np.full((4, 4), 0.5, dtype=np.float32)
        >>> noisy = Gaussian(0.1)(clean, np.random.default_rng(0))
        >>> noisy.shape, noisy.dtype
        ((4, 4), dtype('float32'))
    """

    kind: ClassVar[str]
    """The name in the registry and in the spelling."""
    example: ClassVar[str]
    """A valid canonical spelling; messages and listings show it."""
    aliases: ClassVar[Mapping[str, str]] = {}
    """Other names that ``parse`` accepts for a field: ``{alias: field}``."""
    bare_first: ClassVar[bool] = True
    """Whether the first parameter is printed without its name."""
    composable: ClassVar[bool] = True
    """Whether it may be part of a composition."""

    clip: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        self._check_flag("clip")

    @abstractmethod
    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return a new array with the noisy values, not yet clipped; ``clean`` is not written to."""

    def __call__(self, clean: npt.ArrayLike, rng: np.random.Generator) -> FloatArray:
        """Give a noisy copy of ``clean``.

        Args:
            clean: Float array of any shape, an image ``(H, W)`` or ``(H, W, C)`` or a batch ``(N, H, W, C)``,
                nominal range [0, 1]. It is not changed.
            rng: Where the randomness comes from; the same state gives the same noise.

        Returns:
            float32 array of the same shape, within [0, 1] when ``clip`` is true.

        Raises:
            InputError: ``clean`` does not hold floats, or holds values this noise cannot work on.
        """
        return self.pair(clean, rng)[0]

    def pair(self, clean: npt.ArrayLike, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Give a noisy copy of ``clean`` and what a denoiser should make of it: ``(noisy, target)``.

        The target is ``clean`` itself for every noise that only adds to the image; where the image goes through a
        camera, it is what the camera makes of it without noise.

        Args:
            clean, rng: As for a call, which gives the same noisy image for the same state of ``rng``.

        Returns:
            Two float32 arrays of the shape of ``clean``.

        Raises:
            InputError: as for a call.
        """
        array = np.asarray(clean)
        if array.dtype.kind != "f":
            raise InputError(
                f"Noise is added to float images with the range [0, 1]; received {array.dtype}. "
                "Convert first, for example image.astype('float32') / 255."
            )
        noisy, target = self._draw_pair(array.astype(np.float32, copy=False), rng)
        if self.clip:
            np.clip(noisy, 0.0, 1.0, out=noisy)
        return noisy, target

    def _draw_pair(self, clean: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return the noisy image as ``_draw`` does, and the target; for noise whose target is not the clean image."""
        return self._draw(clean, rng), clean

    def __add__(self, other: NoiseModel) -> Composition:
        """Give the noise that applies ``self``, then ``other``."""
        if not isinstance(other, NoiseModel):
            return NotImplemented
        return Composition((self, other))

    def __str__(self) -> str:
        """Give the canonical spelling: defaults left out, shortest numbers; ``parse`` reads it back."""
        words = []
        for position, parameter in enumerate(self.parameters()):
            value = getattr(self, parameter.name)
            if parameter.default is not MISSING and value == parameter.default:
                continue
            bare = self.bare_first and position == 0 and parameter.name != "clip"
            words.append(spell(value) if bare else f"{parameter.name}={spell(value)}")
        return f"{self.kind}({', '.join(words)})" if words else self.kind

    @classmethod
    def parameters(cls) -> list[Any]:
        """Return the dataclass fields in the order of the spelling, ``clip`` last."""
        return sorted(fields(cls), key=lambda parameter: parameter.kw_only)

    def _check_number(
        self, name: str, *, low: float = 0.0, high: float = math.inf, above: bool = False, whole: bool = False
    ) -> None:
        """Raise UsageError unless the field ``name`` is a number in the range; store it as a plain float or int.

        Args:
            name: The field.
            low: The smallest value allowed.
            high: The largest value allowed; infinity stands for any finite number.
            above: Whether ``low`` itself is refused.
            whole: Whether only whole numbers are allowed.
        """
        value = getattr(self, name)
        upper = f"to {spell(high)}" if math.isfinite(high) else "or more"
        rule = f"a {'whole ' if whole else ''}number, " + (f"above {spell(low)}" if above else f"{spell(low)} {upper}")
        number = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
        inside = number and low <= value <= high and not (above and value == low)
        if not inside or (whole and value != int(value)):
            raise UsageError(
                f"{self.kind}: {name} must be {rule}; received {spell(value)}. Write for example {self.example}."
            )
        # Plain numbers, since repr() of a NumPy scalar would not round trip through the spelling.
        object.__setattr__(self, name, int(value) if whole else float(value))

    def _check_flag(self, name: str) -> None:
        """Raise UsageError unless the field ``name`` is a bool."""
        value = getattr(self, name)
        if not isinstance(value, bool):
            raise UsageError(
                f"{self.kind}: {name} must be true or false; received {spell(value)}. Write for example {name}=false."
            )


@dataclass(frozen=True)
class Composition(NoiseModel):
    """Noises applied in order, left first: ``poisson(peak=30)+gaussian(0.02)``.

    .. math:: y = n_k(\\dots n_2(n_1(x)))

    Each part clips by its own ``clip``; the composition's ``clip`` is read from the last part, which decides the
    range of the result. A composition inside ``parts`` is unfolded, so that grouping makes no difference.

    Args:
        parts: Two or more noises.

    Raises:
        UsageError: fewer than two parts, or a part that is not a noise, or a choice: spelled out, it would take in the
            parts beside it.

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
            if not part.composable:
                raise UsageError(
                    f"A choice cannot be part of a composition; received {part}. Compose each of its options instead."
                )
            unfolded.extend(part.parts if isinstance(part, Composition) else (part,))
        if len(unfolded) < 2:
            raise UsageError(
                f"A composition needs two noises or more; received {len(unfolded)}. Use a single noise as it is."
            )
        object.__setattr__(self, "parts", tuple(unfolded))
        object.__setattr__(self, "clip", unfolded[-1].clip)

    def _draw(self, clean: FloatArray, rng: np.random.Generator) -> FloatArray:
        return self._draw_pair(clean, rng)[0]

    def _draw_pair(self, clean: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        noisy, target = self.parts[0].pair(clean, rng)
        for part in self.parts[1:]:
            noisy = part(noisy, rng)
        return noisy, target

    def __str__(self) -> str:
        """Give the spellings of the parts, joined by ``+``."""
        return "+".join(str(part) for part in self.parts)


def as_batch(clean: FloatArray, name: str) -> FloatArray:
    """Return the image or batch as ``(N, H, W, C)``; raise InputError unless it is one, with 1 or 3 channels."""
    if clean.ndim not in (2, 3, 4) or (clean.ndim > 2 and clean.shape[-1] not in (1, 3)):
        raise InputError(
            f"{name} takes images (H, W) or (H, W, C) and batches (N, H, W, C) with C = 1 or 3; "
            f"received the shape {clean.shape}. Choose another noise, or give gray or RGB images."
        )
    if clean.ndim == 4:
        return clean
    return clean[np.newaxis] if clean.ndim == 3 else clean[np.newaxis, ..., np.newaxis]


def spell(value: object) -> str:
    """Give the shortest spelling of a parameter's value that reads back equal.

    Example:
        >>> spell(30.0), spell(25 / 255), spell(False)
        ('30', '0.09803921568627451', 'false')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, numbers.Real):
        return repr(float(value)).removesuffix(".0")
    return repr(value)
