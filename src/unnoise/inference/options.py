"""How images are denoised: one object, checked once, the same for arrays, files and folders."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

from unnoise.errors import InputError, UsageError
from unnoise.inference.self_ensemble import COUNTS


@dataclass(frozen=True)
class DenoiseOptions:
    """How much is denoised, and by how much work.

    Attributes:
        sigma: A wish for less or more than the network does of itself: the standard deviation that the noise is to be
            taken for, in units of the range [0, 1] (write 25/255). The network's change is multiplied by
            ``sigma / level``, at most 1.5, where ``level`` is what is found in the image; 0 gives the input back. No
            image is then taken for clean. None, the default: what the network does.
        strength: 0 gives the input back, 1, the default, the network's answer, between
            ``x + strength * (network(x) - x)``.
        chroma: The strength for colour (what is left when the luma of Rec. ITU-R BT.601 is taken off) of RGB images
            apart; None, the default: ``1 - (1 - strength)^2``, by which texture returns before colour noise does.
        self_ensemble: 1, the default, 2, 4 or 8: the answer is the mean of as many, to the image turned and mirrored,
            in as many times the time.
        skip_clean: Whether images in which less noise is found than the model's threshold are given back as they are;
            True by default. Models whose metadata holds no threshold take nothing for clean.
        tile: Largest side of a tile in pixels; "auto", the default, takes tiles of at most 1.8 megapixels, None no
            tiles.
        max_memory: Bytes that the network's computation may take, about, beside the image and the answer; smaller
            tiles are chosen for it. None, the default, leaves it at some 250 MB for the packaged models.

    Raises:
        InputError: a value outside its range.
        UsageError: another ``self_ensemble``.

    Example:
        >>> DenoiseOptions(strength=0.5).chroma_strength
        0.75
    """

    sigma: float | None = None
    strength: float = 1.0
    chroma: float | None = None
    self_ensemble: int = 1
    skip_clean: bool = True
    tile: int | Literal["auto"] | None = "auto"
    max_memory: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("strength", self.strength), ("chroma", 0 if self.chroma is None else self.chroma)):
            if not (_is_number(value) and 0 <= value <= 1):
                raise InputError(f"{name} must be a number from 0 to 1, received {value!r}.")
        if self.sigma is not None and not (_is_number(self.sigma) and 0 <= self.sigma <= 1):
            raise InputError(
                f"sigma must be a number from 0 to 1, in units of the range [0, 1]: write 25/255 for 25 of 255. "
                f"Received {self.sigma!r}."
            )
        if type(self.self_ensemble) is not int or self.self_ensemble not in COUNTS:
            raise UsageError(f"self_ensemble must be 1, 2, 4 or 8, received {self.self_ensemble!r}.")
        if not isinstance(self.skip_clean, bool):
            raise InputError(f"skip_clean must be True or False, received {self.skip_clean!r}.")
        if self.tile is not None and self.tile != "auto" and not _is_count(self.tile):
            raise InputError(f'tile must be a whole number of at least 1, "auto" or None, received {self.tile!r}.')
        if self.max_memory is not None and not _is_count(self.max_memory):
            raise InputError(f"max_memory must be a whole number of bytes, received {self.max_memory!r}.")

    @property
    def chroma_strength(self) -> float:
        """The strength for colour, given or not."""
        return 1 - (1 - self.strength) ** 2 if self.chroma is None else self.chroma

    @property
    def changes_nothing(self) -> bool:
        """Whether every image is given back as it is."""
        return self.sigma == 0 or (self.strength == 0 and self.chroma_strength == 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


DEFAULT = DenoiseOptions()
