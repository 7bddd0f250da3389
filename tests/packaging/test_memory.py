"""The memory that a network takes for a pixel, told by its graph."""

import itertools

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from unnoise.inference.packaged import model_file
from unnoise.packaging.memory import bytes_per_pixel


def graph_of(nodes, constants=()):
    image = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", "H", "W", 1]) for name in ("noisy", "denoised")
    ]
    graph = helper.make_graph(
        nodes, "test", image[:1], image[1:], [numpy_helper.from_array(value, name) for name, value in constants]
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_tensors_that_are_needed_at_once_count_together():
    # Two of them and their sum: 12 bytes a pixel, and a quarter more.
    double = [
        helper.make_node("Cos", ["noisy"], ["a"]),
        helper.make_node("Sin", ["noisy"], ["b"]),
        helper.make_node("Max", ["a", "b"], ["denoised"]),
    ]
    assert bytes_per_pixel(graph_of(double), 1, 1) == 15
    # In a chain only neighbours are needed at once, however long it is.
    names = ["noisy", *"abcdefg", "denoised"]
    chain = [helper.make_node("Cos", [x], [y]) for x, y in itertools.pairwise(names)]
    assert bytes_per_pixel(graph_of(chain), 1, 1) == 10


def test_weights_do_not_count():
    nodes = [
        helper.make_node("Cast", ["half"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["weights"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["noisy", "sum"], ["denoised"]),
    ]
    assert bytes_per_pixel(graph_of(nodes, [("half", np.zeros(10_000_000, np.float16))]), 1, 1) == 5


@pytest.mark.parametrize(("name", "measured"), [("photo", 119), ("photo-awgn", 194)])
def test_the_packaged_models_take_as_much_as_was_measured(name, measured):
    assert measured <= bytes_per_pixel(onnx.load(model_file(name)), 3, 8) < 1.2 * measured
