"""Makes photo-fast.onnx, the packaged photograph denoiser with 8-bit integer convolutions, from photo.onnx.

    python tools/quantise_photo.py DATA/photographs    # the folder that the recipe photo trains on

Static quantisation in the QDQ layout (Jacob et al., *Quantization and training of neural networks for efficient
integer-arithmetic-only inference*, CVPR 2018): weights have a scale for each filter, activations one for each tensor,
cut at the percentile 99.99 of what training squares with Gaussian noise of up to 55/255 give. Sums along the residual
stream, and the convolutions that touch the image or are the first of the stream, stay in floating point.
"""

import argparse
import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from unnoise import datasets
from unnoise.inference.metadata import KEY, Metadata

WEIGHTS = Path(__file__).parents[1] / "src" / "unnoise" / "weights"
SQUARES, TOGETHER, STRONGEST, PERCENTILE = 80, 4, 55 / 255, 99.99


class NoisySquares(CalibrationDataReader):
    """Training squares with noise, a few at a time."""

    def __init__(self, photographs: Path) -> None:
        squares = datasets.load(photographs, "train", tile=160).images
        chosen = squares[np.linspace(0, len(squares) - 1, SQUARES).astype(int)].astype(np.float32) / 255
        rng = np.random.default_rng(0)
        sigma = rng.uniform(0, STRONGEST, (SQUARES, 1, 1, 1)).astype(np.float32)
        noisy = chosen + sigma * rng.standard_normal(chosen.shape, np.float32)
        self.batches = iter(noisy.reshape(-1, TOGETHER, *noisy.shape[1:]))

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"noisy": batch}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS / "photo-fast.onnx")
    arguments = parser.parse_args()
    source = onnx.load(WEIGHTS / "photo.onnx")
    for number, node in enumerate(source.graph.node):
        node.name = f"{node.op_type}_{number}"
    convolutions = [node.name for node in source.graph.node if node.op_type == "Conv"]
    with tempfile.TemporaryDirectory() as folder:
        named, prepared = Path(folder) / "named.onnx", Path(folder) / "prepared.onnx"
        onnx.save(source, named)
        quant_pre_process(str(named), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(arguments.output),
            NoisySquares(arguments.photographs),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            nodes_to_exclude=[*convolutions[:2], convolutions[-1]],
            extra_options={"ActivationSymmetric": False, "CalibPercentile": PERCENTILE},
        )
    model = onnx.load(arguments.output)
    described = {entry.key: entry.value for entry in source.metadata_props}
    card = dataclasses.replace(Metadata.from_json(described[KEY], "photo.onnx"), kpis={})
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {**described, KEY: card.to_json()})
    onnx.save(model, arguments.output)


if __name__ == "__main__":
    main()
