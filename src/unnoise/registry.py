"""One registry for everything that has a name: noises, data sets, models, baselines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from unnoise.errors import UsageError

T = TypeVar("T")


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """Say which names are allowed, the closest first: ``Did you mean 'x'? Allowed: x, y.``"""
    names = sorted(allowed)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Allowed: {', '.join(names)}."


class Registry(Generic[T]):
    """Names and what they stand for.

    Example:
        >>> noises = Registry("noise")
        >>> @noises.register("none")
        ... def none(): ...
        >>> noises.names()
        ['none']
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._members: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: make the decorated object known as ``name``."""

        def add(member: T) -> T:
            if name in self._members:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._members[name] = member
            return member

        return add

    def get(self, name: str) -> T:
        """Return the member called ``name``.

        Raises:
            UsageError: no such name; the message names the closest one and all that are allowed.
        """
        if name not in self._members:
            raise UsageError(f"Unknown {self.kind} {name!r}. {suggestion(name, self._members)}")
        return self._members[name]

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(self._members)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._members
