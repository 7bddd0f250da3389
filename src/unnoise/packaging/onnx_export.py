"""A trained Keras model into one self-describing ONNX file."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from unnoise._version import __version__
from unnoise.atomic import atomic_path
from unnoise.errors import InputError, MissingExtraError, ModelFileError, OutputError, UsageError
from unnoise.inference.denoiser import load
from unnoise.inference.metadata import METADATA_KEY, Metadata
from unnoise.inference.network import DENOISED, NOISY, PROBABILITIES, open_session
from unnoise.packaging.any_size import any_size
from unnoise.packaging.parity import largest_difference, probes, require_parity
from unnoise.packaging.quiet import quiet
from unnoise.packaging.receptive_field import reach

OPSET = 17
"""ONNX operator set of the files: read by every ONNX Runtime since 1.12."""


def package(
    autoencoder: Any,
    path: str | Path,
    *,
    metadata: Metadata,
    classifier: Any = None,
    overwrite: bool = False,
    probe: NDArray[Any] | None = None,
) -> Metadata:
    """Write the model as one ONNX file, after checking that ONNX Runtime gives what Keras gives.

    The batch is dynamic; so are height and width for a fully convolutional autoencoder without a classifier, also
    where it was trained at one size. The file maps ``noisy`` to ``denoised``, and to ``probabilities`` with a classifier.

    Args:
        autoencoder: Keras model ``(N, H, W, C)`` → same shape, in [0, 1], float32.
        path: The file to write, ``.onnx``.
        metadata: What is known of the model. ``kind``, ``input_shape``, ``parity``, ``created`` and ``unnoise_version``
            are filled in here, and for a fully convolutional model ``stride`` and ``receptive_field``.
        classifier: Keras model, denoised ``(N, H, W, C)`` → probabilities ``(N, K)``; with it a composite is written.
        overwrite: Whether an existing file may be replaced.
        probe: Noisy images ``(N, H, W, C)`` in [0, 1] to compare on as well; the first 64 are used.

    Returns:
        The metadata as written.

    Raises:
        OutputError: the file exists, cannot be written, cannot be exported, or differs by more than 1e-5 from Keras.
        UsageError: Keras runs on another backend than TensorFlow, or ``path`` does not end in ``.onnx``.
        InputError: probe or class names that do not fit the model.
        MissingExtraError: onnx or tf2onnx is not installed.
    """
    path = Path(path)
    _require_tools(path)
    graph, filled = _prepared(autoencoder, classifier, metadata)
    batches = probes(filled.input_shape, filled.stride, _checked_probe(probe, filled))
    with atomic_path(path, overwrite=overwrite) as temporary:
        _export(graph, temporary, filled)
        difference = largest_difference(lambda batch: _answers(graph, batch), open_session(temporary), batches)
        require_parity(difference)
        filled = dataclasses.replace(filled, parity=difference)
        _add_metadata(temporary, filled)
        # The reader must accept what is about to be put in place.
        return load(temporary).metadata


def _require_tools(path: Path) -> None:
    if path.suffix.lower() != ".onnx":
        raise UsageError(
            f"The packaged model is a file ending in .onnx, received {path.name!r}. Use e.g. -o model.onnx."
        )
    if keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"Packaging needs the TensorFlow backend of Keras, received {keras.backend.backend()!r}. "
            "Run it again with the environment variable KERAS_BACKEND=tensorflow; runs of every backend can be packaged."
        )
    for module in ("onnx", "tf2onnx"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(f"Packaging needs {module}. Install it with pip install 'unnoise[train]'.")


def _prepared(autoencoder: Any, classifier: Any, metadata: Metadata) -> tuple[Any, Metadata]:
    """Return the functional model to export, with named outputs, and the metadata that follow from it."""
    layers = [*autoencoder._flatten_layers(), *(classifier._flatten_layers() if classifier is not None else ())]
    for layer in layers:
        if layer.compute_dtype not in ("float32", None):
            raise OutputError(
                f"Packaging refused: layer {layer.name!r} computes in {layer.compute_dtype}, packaged models in float32. "
                "Build the model with the dtype policy float32 and load the weights."
            )
    extent = reach(autoencoder)
    if extent is not None:
        metadata = dataclasses.replace(metadata, stride=extent.stride, receptive_field=extent.receptive_field)
        if classifier is None:
            autoencoder = any_size(autoencoder)
    shape = tuple(autoencoder.inputs[0].shape[1:])
    if classifier is not None:
        seen = classifier.inputs[0].shape[1:]
        shape = tuple(own or other for own, other in zip(shape, seen, strict=True))
    if len(shape) != 3 or shape[2] is None:
        raise InputError(f"A denoiser takes images (H, W, C) with a known C, received a model for {shape}.")
    noisy = keras.Input(shape, name=NOISY)
    denoised = autoencoder(noisy)
    outputs = {DENOISED: denoised}
    if classifier is not None:
        outputs[PROBABILITIES] = classifier(denoised)
        classes = outputs[PROBABILITIES].shape[-1]
        if metadata.classes and len(metadata.classes) != classes:
            raise InputError(
                f"The classifier gives {classes} probabilities, received {len(metadata.classes)} class names."
            )
    filled = dataclasses.replace(
        metadata,
        kind="denoiser" if classifier is None else "composite",
        input_shape=shape,
        # A network of one size gets that size or nothing: there is nothing to mirror.
        stride=metadata.stride if None in shape else 1,
        unnoise_version=__version__,
        created=datetime.date.today().isoformat(),
    )
    try:
        filled = Metadata.from_json(filled.to_json(), source="The metadata given to package()")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The metadata cannot be written as JSON: {error}. Use numbers, texts, lists and dicts."
        ) from None
    except ModelFileError as error:
        raise InputError(str(error)) from None
    return keras.Model(noisy, outputs, name="packaged"), filled


def _checked_probe(probe: NDArray[Any] | None, metadata: Metadata) -> NDArray[np.float32] | None:
    """Return the probe as float32, cropped to multiples of the stride."""
    if probe is None:
        return None
    images = np.asarray(probe)
    expected = (None, *metadata.input_shape)
    fits = images.ndim == 4 and all(side in (None, got) for side, got in zip(expected, images.shape, strict=True))
    sides = [side - side % metadata.stride for side in images.shape[1:3]]
    if not fits or images.dtype.kind != "f" or 0 in sides or len(images) == 0:
        raise InputError(
            f"The probe must be float images of shape {expected}, at least {metadata.stride} pixels a side; "
            f"received {images.dtype} {images.shape}."
        )
    return np.ascontiguousarray(images[:, : sides[0], : sides[1]], np.float32)


def _answers(graph: Any, batch: NDArray[np.float32]) -> Mapping[str, NDArray[Any]]:
    return {name: keras.ops.convert_to_numpy(value) for name, value in graph(batch, training=False).items()}


def _export(graph: Any, path: Path, metadata: Metadata) -> None:
    """Write the bare ONNX model with unnoise's names for inputs, outputs and their sides."""
    import onnx

    signature = [keras.InputSpec(shape=(None, *metadata.input_shape), dtype="float32", name=NOISY)]
    try:
        with quiet():
            # Before its first call Keras refuses to export a model.
            graph(np.zeros((1, *(side or metadata.stride for side in metadata.input_shape)), np.float32))
            graph.export(str(path), format="onnx", input_signature=signature, opset_version=OPSET, verbose=False)
    except OSError:
        raise  # A full disk: atomic_path says so.
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise OutputError(
            f"Keras cannot export this model to ONNX: {reason}. Use layers that tf2onnx knows."
        ) from error
    model = onnx.load(str(path))
    rank = {value.name: len(value.type.tensor_type.shape.dim) for value in model.graph.output}
    names = {name: DENOISED if dimensions == 4 else PROBABILITIES for name, dimensions in rank.items()}
    names[model.graph.input[0].name] = NOISY
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*model.graph.input, *model.graph.output):
        value.name = names[value.name]
        for dimension, label in zip(value.type.tensor_type.shape.dim, ("batch", "height", "width"), strict=False):
            if not dimension.HasField("dim_value"):
                dimension.dim_param = label
    model.producer_name, model.producer_version = "unnoise", __version__
    onnx.save(model, str(path))


def _add_metadata(path: Path, metadata: Metadata) -> None:
    import onnx

    model = onnx.load(str(path))
    model.doc_string = f"{metadata.name}: {metadata.kind} for {metadata.noise or 'images'}"
    onnx.helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
