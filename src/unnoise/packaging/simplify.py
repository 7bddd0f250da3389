"""Makes an exported graph faster without changing what it computes.

TensorFlow's transposed convolutions come out of tf2onnx with the code that computes the size of their output, a slice
and a padding of the whole image, all of which the operator does by itself. And a transposed convolution whose kernel
is three strides wide is a plain 3 × 3 convolution that gives all pixels of a stride's square at once, which ONNX
Runtime computes several times as fast (Shi et al., *Real-time single image and video super-resolution using an
efficient sub-pixel convolutional neural network*, CVPR 2016).

ONNX Runtime computes convolutions in a layout of blocks of channels, which a transposed convolution leaves; sums with
its output would then take every residual block after them out of that layout and back. A pooling over single pixels
is the identity and brings them back once, so that the blocks' sums are part of their convolutions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# Ends the name of a kernel that sub_pixel_kernel made.
SUB_PIXEL = "@sub-pixel"


def simplify(graph: Any) -> None:
    """Rewrite the transposed convolutions of an ONNX ``graph`` in place, and what adds to them.

    Others than "same" ones are left alone.
    """
    from onnx import helper, numpy_helper

    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "ConvTranspose"]:
        end = _only(graph, "Pad", _only(graph, "Slice", node))
        shape = {attribute.name: list(attribute.ints) for attribute in node.attribute}
        excess = [side - step for side, step in zip(shape["kernel_shape"], shape["strides"], strict=True)]
        if end is None or node.input[1] not in constants or min(excess) < 0:
            continue
        kernel = numpy_helper.to_array(constants[node.input[1]])
        strides, place = shape["strides"], list(graph.node).index(node)
        if len(set(strides)) == 1 and shape["kernel_shape"] == [3 * step for step in strides] and len(node.input) == 2:
            weights = f"{node.input[1]}{SUB_PIXEL}"
            graph.initializer.append(numpy_helper.from_array(sub_pixel_kernel(kernel, strides[0]), weights))
            deep = f"{node.output[0]}_deep"
            convolution = helper.make_node("Conv", [node.input[0], weights], [deep], kernel_shape=[3, 3], pads=[1] * 4)
            wide = helper.make_node("DepthToSpace", [deep], list(end.output), blocksize=strides[0])
            new = [convolution, wide]
        else:
            pads = [more // 2 for more in excess] + [more - more // 2 for more in excess]
            options: dict[str, Any] = {"kernel_shape": shape["kernel_shape"], "strides": strides, "pads": pads}
            new = [helper.make_node("ConvTranspose", list(node.input), list(end.output), **options)]
        graph.node.remove(end)
        graph.node.remove(node)
        for offset, made in enumerate(new):
            graph.node.insert(place + offset, made)
    _prune(graph)
    _return_to_blocks(graph)


def store_half(graph: Any) -> None:
    """Store the constants of an ONNX ``graph`` that 16-bit floats hold exactly in these, for half of the file's size.

    They keep their names, and are cast to 32 bits when ONNX Runtime loads the file; what it computes stays the same.
    """
    from onnx import TensorProto, helper, numpy_helper

    for tensor in [tensor for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT]:
        values = numpy_helper.to_array(tensor)
        if np.array_equal(values, values.astype(np.float16)):
            single = f"{tensor.name}@single"
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), tensor.name))
            for node in graph.node:
                node.input[:] = [single if name == tensor.name else name for name in node.input]
            graph.node.insert(0, helper.make_node("Cast", [tensor.name], [single], to=TensorProto.FLOAT))


def restore_ranks(graph: Any, ranks: list[int]) -> None:
    """Take axes of length 1 off the front of outputs that have more axes than ``ranks`` tells.

    tf2onnx 1.17.0 writes the last change of layout as a reshaping to one axis more and a squeezing after it. In rare
    runs the reshaped tensor is the graph's output already, and the squeezing is lost: so it is whenever its
    ``ReshapeOptimizer`` comes after its ``IdentityOptimizer``.
    """
    from onnx import helper, numpy_helper

    for value, rank in zip(graph.output, ranks, strict=True):
        axes = value.type.tensor_type.shape.dim
        excess = len(axes) - rank
        if excess <= 0 or any(axis.dim_value != 1 for axis in axes[:excess]):
            continue
        for node in graph.node:
            for names in (node.input, node.output):
                for place, name in enumerate(names):
                    if name == value.name:
                        names[place] = f"{name}_deep"
        front = f"{value.name}_front"
        graph.initializer.append(numpy_helper.from_array(np.arange(excess), front))
        graph.node.append(helper.make_node("Squeeze", [f"{value.name}_deep", front], [value.name]))
        del axes[:excess]


def sub_pixel_kernel(kernel: npt.NDArray[np.float32], stride: int) -> npt.NDArray[np.float32]:
    """Return the 3 × 3 kernel ``(s s out, in, 3, 3)`` that does what the transposed ``(in, out, 3 s, 3 s)`` does.

    Pixel ``s q + r`` of the output gets input pixel ``q + d`` with the weight ``kernel[r + s - s d]``, d from -1 to 1.
    """
    into, out = kernel.shape[:2]
    result = np.empty((stride, stride, out, into, 3, 3), np.float32)
    for row, column, down, right in np.ndindex(stride, stride, 3, 3):
        taken = kernel[:, :, row + stride - stride * (down - 1), column + stride - stride * (right - 1)]
        result[row, column, :, :, down, right] = taken.T
    return result.reshape(stride * stride * out, into, 3, 3)


def transposed_kernel(kernel: npt.NDArray[np.float32], stride: int) -> npt.NDArray[np.float32]:
    """Return the kernel of a transposed convolution of which :func:`sub_pixel_kernel` made ``kernel``."""
    out, into = kernel.shape[0] // stride**2, kernel.shape[1]
    given = kernel.reshape(stride, stride, out, into, 3, 3)
    result = np.empty((into, out, 3 * stride, 3 * stride), np.float32)
    for row, column, down, right in np.ndindex(stride, stride, 3, 3):
        place = row + stride - stride * (down - 1), column + stride - stride * (right - 1)
        result[:, :, *place] = given[row, column, :, :, down, right].T
    return result


def _only(graph: Any, kind: str, node: Any) -> Any:
    """Return the node of ``kind`` whose first input is the output of ``node``, or None where there is not just one."""
    if node is None:
        return None
    found = [other for other in graph.node if other.op_type == kind and other.input[0] == node.output[0]]
    return found[0] if len(found) == 1 else None


def _return_to_blocks(graph: Any) -> None:
    """Put a pooling over single pixels behind each sum with the output of a transposed convolution."""
    from onnx import helper

    upsampled = {node.output[0] for node in graph.node if node.op_type == "ConvTranspose"}
    for node in [node for node in graph.node if node.op_type == "Add" and not upsampled.isdisjoint(node.input)]:
        result, node.output[0] = node.output[0], f"{node.output[0]}_sum"
        pooling = helper.make_node("MaxPool", [node.output[0]], [result], kernel_shape=[1, 1])
        graph.node.insert(list(graph.node).index(node) + 1, pooling)


def _prune(graph: Any) -> None:
    """Remove nodes and constants that no output needs."""
    needed = {value.name for value in graph.output}
    for node in reversed(list(graph.node)):
        if needed.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            needed.update(node.input)
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in needed]:
        graph.initializer.remove(tensor)
