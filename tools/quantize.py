"""Makes a version of a packaged bias-free U-Net that computes in 8-bit integers: photo-fast from photo.

    python -m tools.quantize src/unnoise/weights/photo.onnx --photographs DATA/photographs/train -o photo-fast.onnx

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
from unnoise.inference.metadata import FORMAT, KEY
from unnoise.luma import LUMA
from unnoise.packaging import read_model

Array = NDArray[Any]
QUANTILE = 0.9999
MULTIPLES = (0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5)
SIGMAS = (5, 10, 15, 15, 20, 25, 35, 60)
CROP = 192


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A quantized tensor: its name in the graph, and the name that its scale and zero point have."""

    name: str
    scale: str


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
        noisy, kernel = self.channels_first("noisy"), self.constant("first.kernel", next(self.kernels))
        first = self.op("Conv", noisy, kernel, strides=[2, 2], pads=[2] * 4)
        x, skips = self.rounded(self.channels_last(first), "first"), []
        for level in range(levels - 1):
            skips.append(self.residual_blocks(x, f"down{level}", blocks))
            x = self.convolution(skips[-1], f"shrink{level}", strides=[2, 2])
        x = self.residual_blocks(x, "innermost", blocks)
        for level in reversed(range(1, levels - 1)):
            x = self.residual_blocks(self.enlarged(x, skips[level], level), f"up{level}", blocks)
        x = self.residual_blocks(self.enlarged(x, skips[0], 0), "up0", blocks - 1)
        # The last sum stays in floating point, as what follows does.
        last = self.channels_first(self.block(x, f"up0.{blocks - 1}"))
        kernel = self.constant("last.kernel", next(self.kernels))
        noise = self.op("DepthToSpace", self.op("Conv", last, kernel, pads=[1] * 4), blocksize=2)
        self.op("Sub", "noisy", self.channels_last(noise), output="denoised")

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = output or f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Array) -> str:
        """Add a constant and return its name."""
        self.constants[name] = value
        return name

    def channels_first(self, x: str) -> str:
        """Return (N, H, W, C) as (N, C, H, W)."""
        return self.op("Transpose", x, perm=[0, 3, 1, 2])

    def channels_last(self, x: str) -> str:
        """Return (N, C, H, W) as (N, H, W, C)."""
        return self.op("Transpose", x, perm=[0, 2, 3, 1])

    def rounded(self, x: str, name: str) -> Tensor:
        """Quantize a tensor; in floating point, only remember it."""
        if self.ranges is None:
            self.tensors.append(name)
            return Tensor(self.op("Identity", x, output=name), name)
        low, high = self.ranges[name]
        low, high = min(low, 0.0), max(high, 1e-6)
        scale = np.float32((high - low) / 255)
        self.constant(f"{name}.scale", scale)
        self.constant(f"{name}.zero", np.uint8(np.clip(np.rint(-low / scale), 0, 255)))
        return Tensor(self.op("QuantizeLinear", x, f"{name}.scale", f"{name}.zero", output=name), name)

    def real(self, x: Tensor) -> str:
        """Return the values of a quantized tensor in floating point."""
        if self.ranges is None:
            return x.name
        return self.op("DequantizeLinear", x.name, f"{x.scale}.scale", f"{x.scale}.zero")

    def convolution(
        self, x: Tensor, name: str, *, relu: bool = False, kernel: Array | None = None, **attributes: Any
    ) -> Tensor:
        """Convolve, perhaps rectify, and quantize."""
        weights = self.weights(f"{name}.kernel", next(self.kernels) if kernel is None else kernel)
        y = self.op("Conv", self.real(Tensor(self.channels_first(x.name), x.scale)), weights, **attributes)
        y = self.rounded(self.op("Relu", y) if relu else y, name)
        return Tensor(self.channels_last(y.name), y.scale)

    def weights(self, name: str, kernel: Array) -> str:
        """Return a kernel, in integers with a scale for each filter."""
        if self.ranges is None:
            return self.constant(name, kernel)
        scale = np.maximum(np.abs(kernel).max((1, 2, 3)), 1e-12).astype(np.float32) / 127
        integers = np.rint(kernel / scale[:, None, None, None]).astype(np.int8)
        self.constant(name, integers)
        self.constant(f"{name}.scale", scale)
        self.constant(f"{name}.zero", np.zeros(len(scale), np.int8))
        return self.op("DequantizeLinear", name, f"{name}.scale", f"{name}.zero", axis=0)

    def block(self, x: Tensor, name: str) -> str:
        """Return the sum of a residual block in floating point."""
        change = self.convolution(x, f"{name}.a", relu=True, pads=[1] * 4)
        change = self.convolution(change, f"{name}.b", pads=[1] * 4)
        return self.op("Add", self.real(x), self.real(change))

    def residual_blocks(self, x: Tensor, name: str, blocks: int) -> Tensor:
        """Return x after residual blocks."""
        for block in range(blocks):
            x = self.rounded(self.block(x, f"{name}.{block}"), f"{name}.{block}")
        return x

    def enlarged(self, x: Tensor, skip: Tensor, level: int) -> Tensor:
        """Return x at twice the size, as a transposed convolution of stride 2 makes it, plus the skip connection.

        It is a 1 × 1 convolution to the channels (row, column, channel), which are moved to a square of 2 × 2 pixels.
        """
        kernel = next(self.kernels)
        into, out = kernel.shape[:2]
        kernel = kernel.transpose(2, 3, 1, 0).reshape(4 * out, into, 1, 1)
        wide = self.convolution(x, f"enlarge{level}", kernel=kernel)
        split = self.constant(f"enlarge{level}.split", np.array([0, 0, 0, 2, 2 * out], np.int64))
        rows = self.op("Transpose", self.op("Reshape", wide.name, split), perm=[0, 1, 3, 2, 4])
        moved = Tensor(self.op("Reshape", rows, self.op("Shape", skip.name)), wide.scale)
        return self.rounded(self.op("Add", self.real(moved), self.real(skip)), f"sum{level}")

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
    """Return the kernels of the convolutions of a packaged model in order, those stored in 16 bits too."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]].astype(np.float32)
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
            clean = np.repeat((clean @ LUMA)[..., np.newaxis], 3, -1)
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
    parser.add_argument("--crops", type=int, default=32)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    source, card = read_model(arguments.model)
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
    card = dataclasses.replace(card, parity=parity, kpis={}, format=FORMAT)
    helper.set_model_props(model, {KEY: card.to_json()})
    with atomic_path(arguments.output) as temporary:
        onnx.save(model, temporary)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB, differs by at most {parity:.2f}")


if __name__ == "__main__":
    main()
