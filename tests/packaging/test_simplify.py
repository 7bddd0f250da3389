"""Simplified graphs compute the same with fewer nodes."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from unnoise.inference import Metadata
from unnoise.models import build
from unnoise.packaging.export import export_onnx
from unnoise.packaging.geometry import receptive_field_of, stride_of
from unnoise.packaging.simplify import sub_pixel_kernel, transposed_kernel


def test_the_sub_pixel_kernel_is_the_transposed_convolution():
    rng = np.random.default_rng(0)
    for stride in (1, 2, 3):
        kernel = rng.normal(size=(4, 2, 3 * stride, 3 * stride)).astype(np.float32)
        source = rng.normal(size=(4, 5, 6))
        # The transposed convolution: every input pixel adds its kernel, then a stride is cut off on all sides.
        expected = np.zeros((2, (5 + 2) * stride, (6 + 2) * stride))
        for row, column in np.ndindex(5, 6):
            square = np.einsum("i,iokl->okl", source[:, row, column], kernel)
            here = slice(row * stride, (row + 3) * stride), slice(column * stride, (column + 3) * stride)
            expected[:, here[0], here[1]] += square
        expected = expected[:, stride:-stride, stride:-stride]
        plain = sub_pixel_kernel(kernel, stride)
        np.testing.assert_array_equal(transposed_kernel(plain, stride), kernel)
        padded = np.pad(source, ((0, 0), (1, 1), (1, 1)))
        deep = np.zeros((stride * stride * 2, 5, 6))
        for down, right in np.ndindex(3, 3):
            deep += np.einsum("oi,ihw->ohw", plain[..., down, right], padded[:, down : down + 5, right : right + 6])
        wide = deep.reshape(stride, stride, 2, 5, 6).transpose(2, 3, 0, 4, 1).reshape(2, 5 * stride, 6 * stride)
        np.testing.assert_allclose(wide, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("bias-free-unet", {"Conv", "Relu", "Add", "Sub", "ConvTranspose", "MaxPool", "DepthToSpace", "Transpose"}),
        ("convolutional-autoencoder", {"Conv", "Relu", "Sigmoid", "ConvTranspose", "Transpose"}),
    ],
)
def test_exported_graphs_hold_no_code_for_sizes(architecture, expected, tmp_path):
    channels = 3
    model = build(architecture, (None, None, channels))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.05, weight.shape).astype(np.float32) for weight in model.get_weights()])
    card = Metadata(
        kind="denoiser", name="test", architecture=architecture, parameters=model.count_params(),
        input_shape=(None, None, channels), stride=stride_of(model), receptive_field=receptive_field_of(model, 8),
        noise="gaussian(0.1)", value_range=(0.0, 1.0), classes=(), kpis={}, dataset="none", licence="MIT", recipe="",
        parity=0.0, version="1", created="2026-01-01",
    )  # fmt: skip
    # It refuses to write what differs from Keras by more than 1e-5.
    assert export_onnx(model, tmp_path / "model.onnx", card).parity < 1e-5
    graph = onnx.load(tmp_path / "model.onnx").graph
    assert {node.op_type for node in graph.node} <= expected
    used = {name for node in graph.node for name in node.input}
    assert all(tensor.name in used for tensor in graph.initializer)
    assert sum(numpy_helper.to_array(tensor).size for tensor in graph.initializer) == model.count_params()
    # Of the sums, only those with an upsampled image stay nodes of their own when ONNX Runtime has optimised the graph.
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(tmp_path / "model.onnx", options, providers=["CPUExecutionProvider"])
    operators = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert operators.count("Add") == (architecture == "bias-free-unet") * operators.count("ConvTranspose")
