"""Models by name: what kind each is, which parameters it takes, how it is built."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, Literal

from unnoise.errors import UsageError
from unnoise.registry import Registry, suggestion

ModelKind = Literal["autoencoder", "classifier"]
Shape = tuple[int | None, int | None, int]


@dataclasses.dataclass(frozen=True)
class Builder:
    """A registered model.

    Attributes:
        name: The name used in recipes.
        kind: ``autoencoder`` (image to image) or ``classifier`` (image to class probabilities).
        make: ``make(input_shape, **parameters) -> keras.Model``.
        dense: Whether it consists of matrix products; these gain from XLA on a CPU, convolutions do not.
        fully_convolutional: Whether height and width may be None, that is: any size.
    """

    name: str
    kind: ModelKind
    make: Callable[..., Any]
    dense: bool
    fully_convolutional: bool


registry: Registry[Builder] = Registry("model")


def model(
    name: str, kind: ModelKind, *, dense: bool = False, fully_convolutional: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: register a model-building function under ``name``."""

    def add(make: Callable[..., Any]) -> Callable[..., Any]:
        registry.register(name)(Builder(name, kind, make, dense, fully_convolutional))
        return make

    return add


def parameters_of(name: str) -> dict[str, Any]:
    """Return the keyword parameters of the model ``name`` and their defaults (``Parameter.empty``: required)."""
    signature = inspect.signature(registry.get(name).make)
    return {p.name: p.default for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}


def build(name: str, input_shape: Shape, **parameters: Any) -> Any:
    """Build the model ``name`` for images of ``input_shape``.

    Args:
        name: A registered name, such as ``dense-autoencoder``.
        input_shape: ``(H, W, C)``; H and W may be None for fully convolutional models.
        **parameters: The model's own keyword parameters.

    Returns:
        A ``keras.Model``, built, not compiled.

    Raises:
        UsageError: unknown name or parameter, a wrong value, or a size that the model cannot take.
    """
    builder = registry.get(name)
    allowed = parameters_of(name)
    for given in parameters:
        if given not in allowed:
            raise UsageError(f"Model {name!r} has no parameter {given!r}. {suggestion(given, allowed)}")
    if None in input_shape and not builder.fully_convolutional:
        raise UsageError(f"Model {name!r} needs a fixed image size, received {input_shape}. Give height and width.")
    return builder.make(tuple(input_shape), **parameters)


def require_positive(name: str, *values: int) -> None:
    """Raise UsageError unless all values are whole numbers of at least 1."""
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{name} must be a whole number of at least 1, received {value!r}.")


def require_multiple(model_name: str, input_shape: Shape, multiple: int) -> None:
    """Raise UsageError unless height and width (where known) are multiples of ``multiple``."""
    for size in input_shape[:2]:
        if size is not None and size % multiple:
            raise UsageError(
                f"Model {model_name!r} halves the image until its sides are divided by {multiple}; "
                f"received {input_shape[0]}×{input_shape[1]}. Use fewer levels, or images whose sides are "
                f"multiples of {multiple}."
            )
