"""The packaged photograph denoiser in 8-bit integers: the same network, rounded."""

import tomllib

import numpy as np
import onnx
import pytest
from skimage import data

from unnoise.inference import load
from unnoise.inference.packaged import model_file


@pytest.fixture(scope="module")
def tool():
    from tools import quantize

    return quantize


@pytest.fixture(scope="module")
def shape(tool):
    network = tomllib.loads(load("photo").metadata.recipe)["model"]
    return tool.kernels_of(onnx.load(model_file("photo"))), len(network["filters"]), network["blocks"]


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(0)
    clean = [image()[100:228, 150:278].astype(np.float32)[np.newaxis] / 255 for image in (data.astronaut, data.coffee)]
    return [(image, (image + rng.normal(0, 25 / 255, image.shape)).astype(np.float32)) for image in clean]


def test_the_rebuilt_graph_is_the_packaged_network(tool, shape, pairs):
    rebuilt = tool.session(tool.Graph(*shape, None).model())
    packaged = tool.session(onnx.load(model_file("photo")))
    for _, noisy in pairs:
        answers = [session.run(None, {"noisy": noisy})[0] for session in (rebuilt, packaged)]
        np.testing.assert_allclose(*answers, atol=2e-6)


def test_in_integers_it_denoises_nearly_as_well(tool, shape, pairs):
    graph = tool.Graph(*shape, None)
    rebuilt = tool.session(graph.model())
    exact = [float(np.mean((rebuilt.run(None, {"noisy": noisy})[0] - clean) ** 2)) for clean, noisy in pairs]
    ranges = tool.seen_ranges(graph, pairs)
    assert ranges.keys() == set(graph.tensors)
    integers = tool.Graph(*shape, ranges).model()
    assert 0 < tool.loss(integers, pairs, exact) < 0.06
    # Too narrow ranges clip what matters.
    narrow = {name: (low / 8, high / 8) for name, (low, high) in ranges.items()}
    assert tool.loss(tool.Graph(*shape, narrow).model(), pairs, exact) > 0.5


def test_most_work_is_done_in_integers(tool, shape, pairs):
    import onnxruntime

    ranges = tool.seen_ranges(tool.Graph(*shape, None), pairs)
    model = tool.Graph(*shape, ranges).model()
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    sizes = dict.fromkeys((onnx.TensorProto.INT8, onnx.TensorProto.FLOAT), 0)
    for tensor in weights.values():
        if len(tensor.dims) == 4:
            sizes[tensor.data_type] += int(np.prod(tensor.dims))
    assert sizes[onnx.TensorProto.INT8] > 50 * sizes[onnx.TensorProto.FLOAT]
    assert onnxruntime.InferenceSession(model.SerializeToString()).get_inputs()[0].name == "noisy"
