"""Makes a version of a packaged bias-free U-Net that computes in 8-bit integers: photo-fast from photo.

    python tools/quantize.py src/unnoise/weights/photo.onnx --photographs DATA/photographs/train -o photo-fast.onnx

Weights have 8 bits with a scale for each filter, activations 8 bits with a scale for each tensor; the first and the
last convolution stay in 32 bits (B. Jacob et al., "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", CVPR 2018). The scales come from training photographs with noise of several
strengths: first a quantile of the values that are seen, then, tensor by tensor, the multiple of it that brings the
output nearest to the clean photographs. No weight is changed.

The graph holds its tensors with the channels last, as the integer convolutions of ONNX Runtime take them, and moves
pixels by reshaping. It is meant for processors with 8-bit dot products (AVX-512 VNNI, AVX-VNNI); on others it is no
faster than the model it is made from.
"""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pyvips
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from unnoise.atomic import atomic_path
from unnoise.inference.metadata import KEY, Metadata

Array = NDArray[Any]
QUANTILE = 0.9999
MULTIPLES = (0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5)
SIGMAS = (5, 10, 15, 25, 35, 50)
CROP = 192


class Graph:
    """A bias-free U-Net as an ONNX graph, in floating point or, with ``ranges``, in integers.

    Args:
        kernels: The kernels of the convolutions in order, ``(out, in, height, width)``; those of transposed ones
            ``(in, out, 2, 2)``.
        levels, blocks: Of the network.
        ranges: The least and the largest value of every tensor that is quantized, by name.
    """

    def __init__(
        self, kernels: list[Array], levels: int, blocks: int, ranges: Mapping[str, tuple[float, float]] | None
    ) -> None:
        self.kernels, self.ranges = iter(kernels), ranges
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.tensors: list[str] = []
        first = self.op(
            "Transpose",
            self.op(
                "Conv",
                self.op("Transpose", "noisy", perm=[0, 3, 1, 2]),
                self.constant("first.kernel", next(self.kernels)),
                strides=[2, 2],
                pads=[2] * 4,
            ),
            perm=[0, 2, 3, 1],
        )
        x, skips = self.rounded(first, "first"), []
        for level in range(levels):
            x = self.residual(x, f"down{level}", blocks)
            if level < levels - 1:
                skips.append(x)
                x = self.convolution(x, f"down{level}.shrink", strides=[2, 2])
        for level in reversed(range(levels - 1)):
            x = self.residual(self.enlarged(x, skips[level], f"up{level}"), f"up{level}", blocks, last=level == 0)
        x = self.op("Transpose", x, perm=[0, 3, 1, 2])
        kernel = self.constant("last.kernel", next(self.kernels))
        noise = self.op("DepthToSpace", self.op("Conv", x, kernel, pads=[1] * 4), blocksize=2)
        self.op("Sub", "noisy", self.op("Transpose", noise, perm=[0, 2, 3, 1]), output="denoised")

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = output or f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Array) -> str:
        """Add a constant and return its name."""
        self.constants[name] = value
        return name

    def rounded(self, x: str, name: str) -> str:
        """Quantize a tensor; in floating point, only remember it."""
        if self.ranges is None:
            self.tensors.append(name)
            return self.op("Identity", x, output=name)
        low, high = self.ranges[name]
        low, high = min(low, 0.0), max(high, 1e-6)
        scale = np.float32((high - low) / 255)
        self.constant(f"{name}.scale", scale)
        self.constant(f"{name}.zero", np.uint8(np.clip(np.rint(-low / scale), 0, 255)))
        return self.op("QuantizeLinear", x, f"{name}.scale", f"{name}.zero", output=name)

    def real(self, name: str, source: str | None = None) -> str:
        """Return the values of a quantized tensor, or of one with its pixels moved, in floating point."""
        if self.ranges is None:
            return source or name
        return self.op("DequantizeLinear", source or name, f"{name}.scale", f"{name}.zero")

    def convolution(
        self, x: str, name: str, *, relu: bool = False, kernel: Array | None = None, **attributes: Any
    ) -> str:
        """Convolve, perhaps rectify, and quantize."""
        kernel = next(self.kernels) if kernel is None else kernel
        if self.ranges is None:
            weights = self.constant(f"{name}.kernel", kernel)
        else:
            scale = np.maximum(np.abs(kernel).max((1, 2, 3)), 1e-12).astype(np.float32) / 127
            integers = np.rint(kernel / scale[:, None, None, None]).astype(np.int8)
            parts = (integers, scale, np.zeros(len(scale), np.int8))
            names = [
                self.constant(f"{name}.kernel{part}", value)
                for part, value in zip(("", ".scale", ".zero"), parts, strict=True)
            ]
            weights = self.op("DequantizeLinear", *names, axis=0)
        channels_first = self.op("Transpose", x, perm=[0, 3, 1, 2])
        y = self.op("Conv", self.real(x, channels_first), weights, **attributes)
        if relu:
            y = self.op("Relu", y)
        self_name = f"{name}.first"
        y = self.rounded(y, self_name)
        self.alias(name, self_name)
        return self.op("Transpose", y, perm=[0, 2, 3, 1], output=name)

    def alias(self, name: str, of: str) -> None:
        """Let a moved tensor have another's scale."""
        if self.ranges is not None:
            for part in ("scale", "zero"):
                self.constants[f"{name}.{part}"] = self.constants[f"{of}.{part}"]

    def residual(self, x: str, name: str, blocks: int, *, last: bool = False) -> str:
        """Return x after residual blocks; the last sum of all is not quantized."""
        for block in range(blocks):
            change = self.convolution(x, f"{name}.{block}.a", relu=True, pads=[1] * 4)
            change = self.convolution(change, f"{name}.{block}.b", pads=[1] * 4)
            total = self.op("Add", self.real(x), self.real(change))
            x = total if last and block == blocks - 1 else self.rounded(total, f"{name}.{block}")
        return x

    def enlarged(self, x: str, skip: str, name: str) -> str:
        """Return x at twice the size, plus the skip connection."""
        kernel = next(self.kernels)
        into, out = kernel.shape[:2]
        wide = self.convolution(x, f"{name}.wide", kernel=kernel.transpose(2, 3, 1, 0).reshape(4 * out, into, 1, 1))
        moved = self.spread(wide, skip, out)
        total = self.op("Add", self.real(f"{name}.wide", moved), self.real(skip))
        return self.rounded(total, f"{name}.sum")

    def spread(self, x: str, like: str, channels: int) -> str:
        """Move the channels (row, column, channel) of every pixel into a square of 2 × 2 pixels."""
        split = self.constant(f"{channels}.split", np.array([0, 0, 0, 2, 2 * channels], np.int64))
        rows = self.op("Transpose", self.op("Reshape", x, split), perm=[0, 1, 3, 2, 4])
        return self.op("Reshape", rows, self.op("Shape", like))

    def model(self) -> Any:
        """Return the ONNX model; in floating point, it gives every tensor that will be quantized."""
        image = ["N", "H", "W", 3]
        outputs = [helper.make_tensor_value_info("denoised", TensorProto.FLOAT, image)]
        outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in self.tensors]
        graph = helper.make_graph(
            self.nodes,
            "quantized",
            [helper.make_tensor_value_info("noisy", TensorProto.FLOAT, image)],
            outputs,
            [numpy_helper.from_array(np.asarray(value), name) for name, value in self.constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def kernels_of(model: Any) -> list[Array]:
    """Return the kernels of the convolutions of a packaged model in order."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return [constants[node.input[1]] for node in model.graph.node if node.op_type in ("Conv", "ConvTranspose")]


def photographs(folder: Path, count: int, *, start: int) -> list[tuple[Array, Array]]:
    """Return clean and noisy crops ``(1, H, W, 3)``, one in three of them gray."""
    files = sorted(file for file in folder.iterdir())[start::2]
    rng = np.random.default_rng(start)
    pairs = []
    for number in range(count):
        file = files[number * len(files) // count]
        image = pyvips.Image.new_from_file(str(file)).numpy()[..., :3]
        top, left = (int(rng.integers(0, side - CROP + 1)) for side in image.shape[:2])
        clean = image[top : top + CROP, left : left + CROP].astype(np.float32) / 255
        noise = rng.standard_normal(clean.shape).astype(np.float32)
        if number % 3 == 0:
            clean = np.repeat(clean @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, -1)
            noise = np.repeat(noise[..., :1], 3, -1)
        pairs.append((clean[np.newaxis], (clean + noise * np.float32(SIGMAS[number % len(SIGMAS)] / 255))[np.newaxis]))
    return pairs


def session(model: Any) -> Any:
    """Return an ONNX Runtime session."""
    return onnxruntime.InferenceSession(model.SerializeToString())


def seen_ranges(graph: Graph, pairs: list[tuple[Array, Array]]) -> dict[str, tuple[float, float]]:
    """Return the quantiles of every tensor's values over the noisy crops."""
    running, rng = session(graph.model()), np.random.default_rng(0)
    values: dict[str, list[Array]] = {name: [] for name in graph.tensors}
    for _, noisy in pairs:
        for name, value in zip(graph.tensors, running.run(graph.tensors, {"noisy": noisy}), strict=True):
            values[name].append(rng.choice(value.ravel(), 60_000))
    return {
        name: tuple(map(float, np.quantile(np.concatenate(parts), [1 - QUANTILE, QUANTILE])))
        for name, parts in values.items()
    }


def loss(model: Any, pairs: list[tuple[Array, Array]], exact: list[float]) -> float:
    """Return how much the mean squared error grows over that of the network in floating point, a mean of ratios."""
    running = session(model)
    errors = [float(np.mean((running.run(None, {"noisy": noisy})[0] - clean) ** 2)) for clean, noisy in pairs]
    return float(np.mean([error / before for error, before in zip(errors, exact, strict=True)])) - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=48)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    source = onnx.load(arguments.model)
    card = Metadata.from_json({entry.key: entry.value for entry in source.metadata_props}[KEY], str(arguments.model))
    network = tomllib.loads(card.recipe)["model"]
    shape = (kernels_of(source), len(network["filters"]), network["blocks"])
    calibration, search = (photographs(arguments.photographs, arguments.crops, start=start) for start in (0, 1))
    whole, plain = session(source), session(Graph(*shape, None).model())
    answers = [whole.run(None, {"noisy": noisy})[0] for _, noisy in search]
    moved = max(
        float(abs(a - plain.run(None, {"noisy": n})[0]).max()) for a, (_, n) in zip(answers, search, strict=True)
    )
    print(f"the graph in floating point differs by at most {moved:.1e}")
    exact = [float(np.mean((answer - clean) ** 2)) for answer, (clean, _) in zip(answers, search, strict=True)]
    ranges = seen_ranges(Graph(*shape, None), calibration)
    best = loss(Graph(*shape, ranges).model(), search, exact)
    print(f"mean squared error: {best:+.2%} with the quantiles")
    for name, (low, high) in list(ranges.items()):
        for multiple in MULTIPLES:
            tried = ranges | {name: (low * multiple, high * multiple)}
            found = loss(Graph(*shape, tried).model(), search, exact)
            if found < best:
                best, ranges = found, tried
        print(f"{name}: {best:+.2%}", flush=True)
    model = Graph(*shape, ranges).model()
    running = session(model)
    parity = max(
        float(abs(a - running.run(None, {"noisy": n})[0]).max()) for a, (_, n) in zip(answers, search, strict=True)
    )
    helper.set_model_props(model, {KEY: dataclasses.replace(card, parity=parity, kpis={}).to_json()})
    with atomic_path(arguments.output) as temporary:
        onnx.save(model, temporary)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB, differs by at most {parity:.2f}")


if __name__ == "__main__":
    main()
