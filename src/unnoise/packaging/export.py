"""A Keras model as one ONNX file with its description inside, checked against Keras before it is put in place."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.atomic import atomic_path
from unnoise.errors import MissingExtraError, OutputError, UsageError
from unnoise.inference.metadata import KEY, Metadata
from unnoise.packaging.memory import bytes_per_pixel
from unnoise.packaging.simplify import restore_ranks, simplify, store_half
from unnoise.packaging.weights import name_weights, random_weights, weight_names
from unnoise.quiet import quiet

# Largest absolute difference between ONNX Runtime and Keras in float32 on values in [0, 1].
PARITY = 1e-5


def export_onnx(
    model: Any,
    path: str | Path,
    metadata: Metadata,
    *,
    outputs: tuple[str, ...] = ("denoised",),
    probe: npt.NDArray[np.float32] | None = None,
    half: bool = False,
    overwrite: bool = False,
) -> Metadata:
    """Write ``model`` as ONNX with dynamic batch (and size, where the model's is None), description inside.

    Args:
        model: A Keras model with one image input and one output for each of ``outputs``.
        path: The file to write.
        metadata: The description; its ``parity`` and ``bytes_per_pixel`` are replaced by those that are found.
        outputs: Names of the outputs.
        probe: Images ``(N, H, W, C)`` to compare on, beside random ones.
        half: Whether the weights are rounded to 16 bits, the model's too, and stored in them; it computes in 32.
        overwrite: Whether an existing file may be replaced.

    Returns:
        The description as written.

    Raises:
        MissingExtraError: onnx or tf2onnx is not installed.
        UsageError: Keras runs on another backend than TensorFlow, the only one that exports dynamic sizes.
        OutputError: the file exists, cannot be written, or the ONNX model differs from Keras by more than 1e-5.
    """
    import keras

    for module in ("onnx", "tf2onnx"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(f"Packaging needs {module}. Install it: pip install 'unnoise[train]'")
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"Packaging needs Keras on TensorFlow, it runs on {keras.backend.backend()}. Set KERAS_BACKEND=tensorflow."
        )
    if half:
        # What 16 bits cannot hold becomes infinite, which the check finds.
        with np.errstate(over="ignore"):
            model.set_weights([weights.astype(np.float16).astype(weights.dtype) for weights in model.get_weights()])
    height, width, channels = metadata.input_shape
    weights, drawn = model.get_weights(), random_weights(model)
    signature = [keras.InputSpec(shape=(None, height, width, channels), dtype="float32", name="noisy")]
    with atomic_path(path, overwrite=overwrite) as temporary:
        try:
            with quiet():
                # Before its first call Keras does not export a model.
                answers = model(
                    np.zeros((1, height or metadata.stride, width or metadata.stride, channels), np.float32)
                )
                model.set_weights(drawn)
                model.export(temporary, format="onnx", verbose=False, input_signature=signature)
        except OSError:
            raise  # A full disk or the like: atomic_path has the words for it.
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise OutputError(
                f"Keras cannot export {model.name} to ONNX: {reason}. Use layers that tf2onnx knows."
            ) from error
        finally:
            model.set_weights(weights)
        import onnx

        graph = onnx.load(temporary)
        name_weights(graph.graph, drawn, weights, weight_names(model))
        _name_outputs(graph.graph, outputs)
        answers = answers if isinstance(answers, (list, tuple)) else [answers]
        restore_ranks(graph.graph, [len(answer.shape) for answer in answers])
        simplify(graph.graph)
        if half:
            store_half(graph.graph)
        for value in [*graph.graph.input, *graph.graph.output]:
            value.type.tensor_type.shape.dim[0].dim_param = "N"
        parity = _parity(model, graph.SerializeToString(), metadata, probe)
        if parity > PARITY:
            raise OutputError(
                f"Packaging is refused: the ONNX model differs from Keras by {parity:.2g}, more than {PARITY:g}. "
                "Please report the recipe."
            )
        memory = None if height else bytes_per_pixel(graph, channels, metadata.stride)
        written = dataclasses.replace(metadata, parity=parity, bytes_per_pixel=memory)
        onnx.helper.set_model_props(graph, {KEY: written.to_json()})
        graph.producer_name, graph.producer_version = "unnoise", metadata.version
        onnx.save(graph, temporary)
    return written


def _name_outputs(graph: Any, names: tuple[str, ...]) -> None:
    """Give the graph's outputs the names that inference asks for."""
    new = {value.name: name for value, name in zip(graph.output, names, strict=True)}
    for value in graph.output:
        value.name = new[value.name]
    for node in graph.node:
        for field in (node.input, node.output):
            for position, name in enumerate(field):
                field[position] = new.get(name, name)


def _parity(model: Any, content: bytes, metadata: Metadata, probe: npt.NDArray[np.float32] | None) -> float:
    """Return the largest absolute difference between Keras and ONNX Runtime over several batches and sizes.

    Raises:
        OutputError: shapes differ, or a value is not finite.
    """
    import keras
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    height, width, channels = metadata.input_shape
    rng = np.random.default_rng(0)
    if height is None or width is None:
        sizes = [(metadata.stride * a, metadata.stride * b) for a, b in ((1, 1), (2, 3), (7, 5), (16, 9))]
    else:
        sizes = [(height, width)]
    # Past [0, 1] too, as noisy images go.
    batches = [rng.normal(0.5, 0.5, (count, *size, channels)).astype(np.float32) for size in sizes for count in (1, 3)]
    if probe is not None:
        batches.append(probe)
    worst = 0.0
    for batch in batches:
        expected = model(batch)
        expected = expected if isinstance(expected, (list, tuple)) else [expected]
        for ours, tensor in zip(session.run(None, {"noisy": batch}), expected, strict=True):
            theirs = keras.ops.convert_to_numpy(tensor)
            if ours.shape != theirs.shape:
                raise OutputError(
                    f"Packaging is refused: the ONNX model differs from Keras, whose answer to images {batch.shape} "
                    f"has the shape {theirs.shape}, not {ours.shape}. Please report the recipe."
                )
            # max() would pass over a NaN.
            for name, values in (("Keras", theirs), ("ONNX Runtime", ours)):
                if not np.isfinite(values).all():
                    raise OutputError(
                        f"Packaging is refused: {name}'s answer to images {batch.shape} has values that are "
                        "not finite. Train again with a smaller learning rate, or please report the recipe."
                    )
            worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst
