"""Models by name: what kind each is, which parameters it takes, how it is built."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras

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
    input_shape = tuple(input_shape)  # type: ignore[assignment]  # its length is checked next
    if len(input_shape) != 3 or input_shape[2] is None or not all(map(_is_size, input_shape)):
        raise UsageError(
            f"input_shape is (H, W, C), whole numbers of at least 1 (H and W may be None); received {input_shape}."
        )
    if None in input_shape and not builder.fully_convolutional:
        raise UsageError(f"Model {name!r} needs a fixed image size, received {input_shape}. Give height and width.")
    return builder.make(input_shape, **parameters)


def _is_size(size: object) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 1)


def require_positive(name: str, *values: int) -> None:
    """Raise UsageError unless all values are whole numbers of at least 1."""
    for value in values:
        if value is None or not _is_size(value):
            raise UsageError(f"{name} must be a whole number of at least 1, received {value!r}.")


def require_sizes(name: str, values: Sequence[int], *, at_least: int = 1) -> None:
    """Raise UsageError unless ``values`` is a list of at least ``at_least`` whole numbers of at least 1."""
    if not isinstance(values, (list, tuple)) or len(values) < at_least:
        some = "a list of whole numbers" if at_least == 0 else "a list of one whole number or more"
        raise UsageError(f"{name} must be {some}, such as [16, 8]; received {values!r}.")
    require_positive(name, *values)


def require_activation(name: str, activation: str) -> None:
    """Raise UsageError unless Keras has an activation of that name."""
    try:
        if not isinstance(activation, str):
            raise ValueError
        keras.activations.get(activation)
    except ValueError:
        raise UsageError(
            f"{name}: Keras has no activation {activation!r}. Use relu, sigmoid, tanh, linear, elu or gelu."
        ) from None


def require_multiple(model_name: str, input_shape: Shape, multiple: int) -> None:
    """Raise UsageError unless height and width (where known) are multiples of ``multiple``."""
    for size in input_shape[:2]:
        if size is not None and size % multiple:
            raise UsageError(
                f"Model {model_name!r} halves the image until its sides are divided by {multiple}; "
                f"received {input_shape[0]}×{input_shape[1]}. Use fewer levels, or images whose sides are "
                f"multiples of {multiple}."
            )
