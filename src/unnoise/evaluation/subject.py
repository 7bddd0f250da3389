"""What is evaluated: a finished run, or a packaged model, as functions on batches of images."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydantic

from unnoise.baselines import ComparedDenoiser
from unnoise.errors import ModelFileError
from unnoise.experiment import Recipe, RunFolder

Array = npt.NDArray[Any]
Judge = Callable[[Array], Array]
"""Images ``(N, H, W, C)`` to class probabilities ``(N, classes)``."""


@dataclass(frozen=True)
class Subject(ComparedDenoiser):
    """A network with what it is measured by.

    Args:
        recipe: What it was trained by.
        network: Noisy batch ``(N, H, W, C)`` to denoised batch.
        classifier: The classifier of clean images; None without one.
        composite: Noisy images to class probabilities; None without one.
        class_names: The classes that both tell apart; empty where they are not known.
        input_shape: Shape of the images, None where any number goes; a packaged model checks it itself.
        run: The run folder, where results are written; None for a packaged model.
        models: The Keras models of the run by stage; none for a packaged model.
    """

    recipe: Recipe
    network: Callable[[Array], Array]
    classifier: Judge | None = None
    composite: Judge | None = None
    class_names: tuple[str, ...] = ()
    input_shape: tuple[int | None, ...] = (None, None, None)
    run: RunFolder | None = None
    models: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its row in tables: its architecture."""
        return self.recipe.model.architecture

    @property
    def code_size(self) -> int | None:
        """The length of its code; None where it has none, or none that is known."""
        encoder = getattr(self.models.get("autoencoder"), "encoder", None)
        return None if encoder is None else math.prod(encoder.output_shape[1:])

    def encode(self, images: Array) -> Array | None:
        """Return the codes of a batch; None where there are none."""
        if self.code_size is None:
            return None
        codes: Array = self.models["autoencoder"].encode(images)
        return codes

    def denoise(self, image: Array, sigma: float) -> Array:
        """Return the denoised image ``(H, W, C)``; the network is blind, it is not told ``sigma``."""
        denoised: Array = self.denoise_batch(image[np.newaxis], sigma)[0]
        return denoised

    def denoise_batch(self, images: Array, sigma: float) -> Array:
        """Return the denoised batch ``(N, H, W, C)``, values as the network gives them."""
        return self.network(images)


def open_subject(path: str | Path) -> Subject:
    """Return the run in the folder ``path``, or the packaged model in the file ``path``.

    Raises:
        InputError: no run folder, or a run that is not finished.
        ModelFileError: no packaged model, or one whose recipe this version does not read.
    """
    return _run(RunFolder.open(path)) if Path(path).is_dir() else _packaged(path)


def _run(run: RunFolder) -> Subject:
    recipe = run.recipe
    models = {stage: run.load_model(stage) for stage in recipe.stages}
    functions = {stage: _predictor(model) for stage, model in models.items()}
    return Subject(
        recipe,
        functions["autoencoder"],
        classifier=functions.get("classifier"),
        composite=functions.get("composite"),
        class_names=tuple(run.facts.get("class_names") or ()),
        input_shape=tuple(models["autoencoder"].input_shape[1:]),
        run=run,
        models=models,
    )


def _packaged(path: str | Path) -> Subject:
    from unnoise.inference import DenoiseOptions, load

    denoiser = load(path)
    about = denoiser.metadata
    try:
        recipe = Recipe.model_validate(tomllib.loads(about.recipe))
    except (tomllib.TOMLDecodeError, pydantic.ValidationError) as error:
        raise ModelFileError(f"{path} carries no recipe that this version reads: {error}. Package it again.") from None
    return Subject(
        recipe,
        # The network is measured, also where the file leaves an image that seems clean to it as it is.
        functools.partial(denoiser.denoise, options=DenoiseOptions(skip_clean=False)),
        composite=(lambda images: denoiser.classify(images).probabilities) if about.kind == "composite" else None,
        class_names=tuple(about.classes),
    )


def _predictor(model: Any) -> Callable[[Array], Array]:
    """Return ``model.predict`` as a plain function on arrays."""
    return lambda images: np.asarray(model.predict(images, batch_size=256, verbose=0))
