"""Packages a finished run."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from pathlib import Path
from typing import Any

from unnoise._version import __version__
from unnoise.atomic import require_free
from unnoise.errors import UnnoiseError, UsageError
from unnoise.experiment.images import RunImages, load_images
from unnoise.experiment.run_folder import RunFolder
from unnoise.imaging.samples import white_of
from unnoise.inference.loading import load
from unnoise.inference.metadata import Metadata
from unnoise.packaging.description import write_metadata
from unnoise.packaging.export import export_onnx
from unnoise.packaging.formats import export_format, format_of
from unnoise.packaging.geometry import receptive_field_of, stride_of
from unnoise.packaging.noise_numbers import measure_noise_numbers
from unnoise.reporting.kpi import DO_NOTHING


def package_run(
    run: RunFolder,
    path: str | Path,
    *,
    format: str | None = None,
    half: bool = False,
    overwrite: bool = False,
    data_dir: str | Path | None = None,
) -> str:
    """Write the run's composite, or its autoencoder where there is no composite, to one file.

    Args:
        run: A finished run.
        path: The file to write.
        format: ``onnx`` (.onnx), which unnoise denoises with, or for other engines ``keras`` (.keras), ``litert``
            (.tflite) or ``openvino`` (.xml); None: the one that the suffix of ``path`` tells.
        half: Whether the weights are rounded to 16 bits and stored in them, for half of the size; ``onnx`` only.
        overwrite: Whether an existing file may be replaced.
        data_dir: The folder with the run's data set, on whose validation images packaging as ONNX measures what
            :func:`measure_noise_numbers` gives. Where the data cannot be had, the file goes without.

    Returns:
        A few lines that say what was written, and where the network is worse than none.

    Raises:
        InputError: the run is not finished.
        UsageError: an unknown format, a suffix that is not the format's, or ``half`` with another than ``onnx``.
        MissingExtraError: the format's package is not installed.
        OutputError: the file exists, cannot be written, or fails the parity check.
    """
    path = Path(path)
    format = format_of(path, format)
    if half and format != "onnx":
        raise UsageError(f"half rounds the weights of the format onnx only; received the format {format}.")
    require_free(path, overwrite=overwrite)
    stage = "composite" if "composite" in run.recipe.stages else "autoencoder"
    model = run.load_model(stage)
    if format != "onnx":
        written = export_format(model, path, format, overwrite=overwrite)
        return f"{' and '.join(map(str, written))}: {stage} as {format}"
    card = _package_onnx(run, stage, model, path, half, overwrite)
    lines = [f"{path}: {path.stat().st_size / 1e6:.2f} MB, differs from Keras by at most {card.parity:.1e}"]
    try:
        images = load_images(run.recipe, data_dir=data_dir)
        card = dataclasses.replace(card, **_range(images))
        # The noise of images is known where they are compared with clean ones.
        if not images.supervision.measured:
            card = dataclasses.replace(card, **measure_noise_numbers(load(path), *images.noisy_validation()))
    except UnnoiseError as error:
        lines.append(f"nothing is taken for clean, since that could not be measured: {error}")
    else:
        write_metadata(path, card)
    return "\n".join([*lines, card.describe(), *_warnings(run)])


def _range(images: RunImages) -> dict[str, Any]:
    """Return the samples that stand for white and black in the metadata; nothing where these are the type's own."""
    white, offset = images.train.white, images.train.offset
    usual = white is None or (white, offset) == (white_of(images.train.images.dtype), 0)
    return {} if usual else {"white": white, "offset": offset}


def _package_onnx(run: RunFolder, stage: str, model: Any, path: Path, half: bool, overwrite: bool) -> Metadata:
    import keras

    from unnoise.models import build, parameters_of, registry

    recipe = run.recipe
    autoencoder = model.autoencoder if stage == "composite" else model
    shape: tuple[int | None, int | None, int] = tuple(autoencoder.input_shape[1:])
    stride, field = 1, None
    if registry.get(recipe.model.architecture).fully_convolutional:
        free = build(recipe.model.architecture, (None, None, shape[2]), **recipe.model.parameters)
        free.set_weights(autoencoder.get_weights())
        stride, field = stride_of(free), receptive_field_of(free, stride_of(free))
        if stage == "autoencoder":
            model, shape = free, (None, None, shape[2])
    outputs: tuple[str, ...] = ("denoised",)
    classes: tuple[str, ...] = ()
    if stage == "composite":
        noisy = keras.Input(shape, name="noisy")
        denoised = autoencoder(noisy)
        parameters = model.count_params()
        classes = tuple(run.facts.get("class_names", ()))
        model = keras.Model(noisy, [denoised, model.classifier(denoised)])
        outputs = ("denoised", "probabilities")
    else:
        parameters = model.count_params()
    card = Metadata(
        kind="composite" if stage == "composite" else "denoiser",
        name=recipe.name,
        architecture=recipe.model.architecture,
        parameters=parameters,
        input_shape=shape,
        stride=stride,
        receptive_field=field,
        noise=recipe.learns_from,
        value_range=(0.0, 1.0),
        classes=classes,
        kpis=_kpis(run),
        dataset=recipe.data.dataset,
        licence=run.facts.get("licence", "see the data's owner"),
        recipe=recipe.to_toml(),
        parity=math.inf,
        version=__version__,
        created=datetime.date.today().isoformat(),
        model_parameters=parameters_of(recipe.model.architecture) | recipe.model.parameters,
    )
    return export_onnx(model, path, card, outputs=outputs, half=half, overwrite=overwrite)


def _kpis(run: RunFolder) -> dict[str, float]:
    """Return the network's key figures from metrics.json; empty before the run was evaluated."""
    content = _metrics(run)
    row = _row(content, run.recipe.model.architecture)
    kpis = {key: row[key] for key in ("psnr", "ssim", "mse") if row.get(key) is not None}
    return kpis | {f"accuracy {entry['name']}": entry["accuracy"] for entry in content["accuracies"]}


def _warnings(run: RunFolder) -> list[str]:
    """Return a line where the network is farther from the clean test images than the noisy ones are."""
    content = _metrics(run)
    ours, nothing = (_row(content, name).get("mse") for name in (run.recipe.model.architecture, DO_NOTHING))
    if ours is None or nothing is None or ours < nothing:
        return []
    return [f"worse than doing nothing: its mean squared error is {ours:.4g}, that of the noisy images {nothing:.4g}"]


def _metrics(run: RunFolder) -> dict[str, Any]:
    if not run.metrics_file.is_file():
        return {"rows": [], "accuracies": []}
    content: dict[str, Any] = json.loads(run.metrics_file.read_text("utf-8"))
    return content


def _row(content: dict[str, Any], name: str) -> dict[str, Any]:
    return next((row for row in content["rows"] if row["name"] == name), {})
