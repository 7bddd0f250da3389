"""Packaged models made with onnx.helper alone, so that what inference does is seen without any training."""

import dataclasses

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from unnoise.inference import Metadata
from unnoise.inference.metadata import KEY

CARD = Metadata(
    kind="denoiser",
    name="test",
    architecture="unet",
    parameters=0,
    input_shape=(None, None, 1),
    stride=1,
    receptive_field=1,
    noise="gaussian(0.5)",
    value_range=(0.0, 1.0),
    classes=(),
    kpis={"psnr": 30.0},
    dataset="fashion-mnist",
    licence="MIT",
    recipe='name = "test"\n',
    parity=0.0,
    version="1",
    created="2026-01-01",
)


def _nodes(body):
    """Nodes from noisy to denoised, and the constants they use."""
    if body == "identity":
        return [helper.make_node("Identity", ["noisy"], ["denoised"])], []
    if body == "half":
        return [helper.make_node("Mul", ["noisy", "half"], ["denoised"])], [("half", np.float32(0.5))]
    if body == "nan":
        return [helper.make_node("Mul", ["noisy", "nan"], ["denoised"])], [("nan", np.float32(np.nan))]
    if body == "mean":
        return [
            helper.make_node("ReduceMean", ["noisy"], ["mean"], axes=[1, 2], keepdims=1),
            helper.make_node("Mul", ["noisy", "zero"], ["black"]),
            helper.make_node("Add", ["black", "mean"], ["denoised"]),
        ], [("zero", np.float32(0))]
    # The identity, but only for sides that are multiples of four.
    return [
        helper.make_node("Transpose", ["noisy"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("SpaceToDepth", ["planes"], ["deep"], blocksize=4),
        helper.make_node("DepthToSpace", ["deep"], ["again"], blocksize=4, mode="DCR"),
        helper.make_node("Transpose", ["again"], ["denoised"], perm=[0, 2, 3, 1]),
    ], []


def _probabilities():
    """Two classes: the image's mean and what is missing to one."""
    return [
        helper.make_node("ReduceMean", ["noisy"], ["bright4"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Reshape", ["bright4", "column"], ["bright"]),
        helper.make_node("Sub", ["one", "bright"], ["dark"]),
        helper.make_node("Concat", ["dark", "bright"], ["probabilities"], axis=1),
    ], [("column", np.array([-1, 1])), ("one", np.float32(1))]


def build(body="identity", *, text=None, outputs=("denoised",), batch="N", **changes):
    """Return the ONNX model and its card; ``changes`` are fields of the card, ``text`` replaces its JSON."""
    card = dataclasses.replace(CARD, **changes)
    nodes, constants = _nodes(body)
    if card.kind == "composite":
        more = _probabilities()
        nodes, constants, outputs = nodes + more[0], constants + more[1], ("denoised", "probabilities")
    height, width, channels = card.input_shape
    shape = [batch, height or "H", width or "W", channels]
    shapes = {"denoised": shape, "probabilities": [batch, 2]}
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("noisy", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    text = card.to_json() if text is None else text
    if text:
        helper.set_model_props(model, {KEY: text})
    return model
