"""The memory that a network takes for a pixel, by the sizes of the tensors that its graph needs at once."""

from __future__ import annotations

import math
from typing import Any

# Operators that write over an input that nothing else needs. ONNX Runtime makes a rectifier part of its convolution.
_IN_PLACE = {"Add", "Sub", "Mul", "Relu", "Sigmoid", "Tanh", "Elu", "Reshape", "Squeeze", "Unsqueeze", "Identity"}
# What ONNX Runtime takes beside the tensors, for changes of their layout and gaps between them, as a share: measured.
_OVERHEAD = 0.25


def bytes_per_pixel(model: Any, channels: int, stride: int) -> int | None:
    """Return the bytes that a pixel takes at the most while an ONNX ``model`` of any image size runs.

    Args:
        model: The model, with one input ``(N, H, W, C)``; it is left as it is.
        channels, stride: The network's.

    Returns:
        A number, or None where the graph does not tell the sizes of its tensors.
    """
    from onnx import TensorProto, helper, shape_inference

    side = stride * math.ceil(256 / stride)
    sized = type(model)()
    sized.CopyFrom(model)
    for value in (*sized.graph.input, *sized.graph.output):
        for axis, length in zip(value.type.tensor_type.shape.dim, (1, side, side, channels), strict=True):
            axis.dim_value = length
    sized = shape_inference.infer_shapes(sized, data_prop=True)
    sizes: dict[str, int] = {}
    for value in (*sized.graph.input, *sized.graph.value_info, *sized.graph.output):
        tensor = value.type.tensor_type
        if not all(axis.HasField("dim_value") for axis in tensor.shape.dim):
            return None
        width = helper.tensor_dtype_to_np_dtype(tensor.elem_type or TensorProto.FLOAT).itemsize
        sizes[value.name] = width * math.prod(axis.dim_value for axis in tensor.shape.dim)
    last = {name: place for place, node in enumerate(sized.graph.node) for name in node.input}
    # Weights, and what is made of them alone, do not grow with the image.
    fixed = {tensor.name for tensor in sized.graph.initializer}
    held, most, alive = 0, 0, dict[str, int]()
    for place, node in enumerate(sized.graph.node):
        if fixed.issuperset(node.input):
            fixed.update(node.output)
            continue
        if not sizes.keys() >= set(node.output):
            return None
        new = {name: sizes[name] for name in node.output}
        ending = [name for name in dict.fromkeys(node.input) if last[name] == place and name in alive]
        largest = max(new.values())
        reused = node.op_type in _IN_PLACE and any(alive[name] >= largest for name in ending)
        held += sum(new.values())
        most = max(most, held - reused * largest)
        alive |= new
        held -= sum(alive.pop(name) for name in ending)
    return math.ceil((1 + _OVERHEAD) * most / side**2)
