"""Receptive field and stride of a Keras model, from its graph of layers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from unnoise.packaging.sampling import Sampling, merged, shifted, transposed_window, upsampled, window

WINDOWS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D")
POINTWISE = (
    *("Activation", "ReLU", "LeakyReLU", "ELU", "Identity", "Rescaling", "BatchNormalization", "InputLayer"),
    *("Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout", "GaussianNoise", "ActivityRegularization"),
    *("Relu", "Sigmoid", "Tanh", "Clip", "Negative"),
)
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")


@dataclasses.dataclass(frozen=True)
class Reach:
    """How far a fully convolutional model looks.

    Attributes:
        receptive_field: Side of the smallest square of input pixels that every output pixel's inputs fit into; the
            longer side where height and width differ.
        stride: Heights and widths that are multiples of it keep every layer's sides whole.
    """

    receptive_field: int
    stride: int


class _NotConvolutional(Exception):
    """A layer that sees the whole image, or that is not known."""


@dataclasses.dataclass(frozen=True)
class _Map:
    """A feature map: its sampling down and across."""

    rows: Sampling
    columns: Sampling


def reach(model: Any) -> Reach | None:
    """Return the receptive field and the stride of an image-to-image model, exact for every weight.

    The graph is walked with spans of input pixels in place of tensors. What a layer's kernel could use counts, also
    where a trained weight happens to be zero.

    Args:
        model: A functional or sequential ``keras.Model``; models inside it are walked as well.

    Returns:
        A ``Reach``, or None for a model that is not known to be fully convolutional: dense layers, global pooling,
        layers of one's own, an output of another size than the input.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.inputs[0].shape) != 4:
        return None
    jumps: set[int] = {1}
    try:
        output = _walk(model, _Map(Sampling(), Sampling()), jumps)
    except _NotConvolutional:
        return None
    if output.rows.jump != 1 or output.columns.jump != 1:
        return None
    return Reach(max(output.rows.width, output.columns.width), math.lcm(*jumps))


def _walk(model: Any, source: _Map, jumps: set[int]) -> _Map:
    import keras

    def applied(layer: Any) -> Callable[..., _Map]:
        def apply(*arguments: Any, **keywords: Any) -> _Map:
            maps = [value for value in _flat([*arguments, *keywords.values()]) if isinstance(value, _Map)]
            if isinstance(layer, keras.Model):
                output = _walk(layer, maps[0], jumps)
            else:
                output = _through(layer, maps)
            jumps.update((output.rows.jump.numerator, output.columns.jump.numerator))
            return output

        return apply

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            source = applied(layer)(source)
        return source
    run = getattr(model, "_run_through_graph", None)  # What keras.models.clone_model uses; subclassed models have none.
    if run is None or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise _NotConvolutional
    output = run([source], operation_fn=applied)
    return _flat(output)[0]  # type: ignore[no-any-return]


def _through(layer: Any, maps: list[_Map]) -> _Map:
    """Return the map that Keras' own ``layer`` makes of ``maps``."""
    kind = type(layer).__name__
    if not type(layer).__module__.startswith("keras.") or getattr(layer, "data_format", None) == "channels_first":
        raise _NotConvolutional
    if kind in POINTWISE and len(maps) == 1:
        return maps[0]
    if kind in MERGES:
        if kind == "Concatenate" and layer.axis not in (-1, 3):
            raise _NotConvolutional
        rows, columns = merged([m.rows for m in maps]), merged([m.columns for m in maps])
        if rows is None or columns is None:
            raise _NotConvolutional
        return _Map(rows, columns)
    if len(maps) != 1:
        raise _NotConvolutional
    return _Map(_along(layer, kind, 0, maps[0].rows), _along(layer, kind, 1, maps[0].columns))


def _along(layer: Any, kind: str, axis: int, source: Sampling) -> Sampling:
    if kind in WINDOWS:
        size = layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size
        dilation = getattr(layer, "dilation_rate", (1, 1))
        return window(source, size[axis], layer.strides[axis], dilation[axis], layer.padding)
    if kind == "Conv2DTranspose" and layer.output_padding is None and set(layer.dilation_rate) == {1}:
        return transposed_window(source, layer.kernel_size[axis], layer.strides[axis], layer.padding)
    if kind == "UpSampling2D" and layer.interpolation in ("nearest", "bilinear"):
        return upsampled(source, layer.size[axis], layer.interpolation)
    if kind == "ZeroPadding2D":
        return shifted(source, -layer.padding[axis][0])
    if kind == "Cropping2D":
        return shifted(source, layer.cropping[axis][0])
    raise _NotConvolutional


def _flat(value: Any) -> list[Any]:
    """Return the leaves of nested lists and tuples."""
    return [leaf for item in value for leaf in _flat(item)] if isinstance(value, list | tuple) else [value]
