"""Checks of the numbers that say how much is denoised, the same for arrays and files."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from unnoise.errors import InputError


def check_amounts(*, sigma: Any, strength: Any, chroma: Any, max_memory: Any) -> None:
    """Raise InputError unless all are as :meth:`unnoise.inference.Denoiser.denoise` takes them."""
    for name, value in (("strength", strength), ("chroma", 0 if chroma is None else chroma)):
        if not (_is_number(value) and 0 <= value <= 1):
            raise InputError(f"{name} must be a number from 0 to 1, received {value!r}.")
    if sigma is not None and not (_is_number(sigma) and 0 <= sigma < math.inf):
        raise InputError(f"sigma must be a number of at least 0 in units of [0, 1], received {sigma!r}.")
    if max_memory is not None and (isinstance(max_memory, bool) or not isinstance(max_memory, int) or max_memory < 1):
        raise InputError(f"max_memory must be a whole number of bytes, received {max_memory!r}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
