"""A subject on its test images, beside baselines that were fitted to its training images."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unnoise import noise as noises
from unnoise.baselines import ComparedDenoiser, FittedBaselines, fit_baselines
from unnoise.errors import UsageError
from unnoise.evaluation.protocol import evaluate
from unnoise.evaluation.subject import Array, Judge, Subject, open_subject
from unnoise.experiment import Recipe, RunImages, load_images
from unnoise.inference.packaged import model_file
from unnoise.reporting.kpi import KpiTable

Pair = tuple[Array, Array]
"""Noisy images ``(N, H, W, C)`` and their targets."""


@dataclass(frozen=True)
class Comparison:
    """A subject and the baselines, ready to be measured on the same test images at any noise.

    Args:
        subject: What is evaluated.
        recipe: What it is measured by: its own recipe, or that with other data or noise.
        images: The images of that recipe.
        baselines: The baselines, fitted at that recipe's noise.
    """

    subject: Subject
    recipe: Recipe
    images: RunImages
    baselines: FittedBaselines

    @functools.cached_property
    def own(self) -> Pair:
        """The noisy test images that are measured, all or the first of them as the recipe asks, and their targets."""
        return self.pair()

    @property
    def labels(self) -> Array | None:
        """The classes of these images; None where they have none."""
        labels = self.images.test.labels
        return None if labels is None else labels[: self.recipe.evaluation.images]

    @property
    def denoisers(self) -> dict[str, ComparedDenoiser]:
        """The subject, then the baselines, by name."""
        return {self.subject.name: self.subject, **self.baselines.fitted}

    def pair(self, spelling: str | None = None) -> Pair:
        """Return the images with the recipe's noise, or another, drawn from its seed, and what a denoiser should give.

        These targets are the clean images, unless the noise or the supervision have others.
        """
        count = self.recipe.evaluation.images
        noisy, target = self.images.test_pair(spelling)
        return noisy[:count], target[:count]

    def denoise(self, pair: Pair, names: Iterable[str] | None = None) -> dict[str, Array]:
        """Return what each denoiser makes of the noisy images of a pair; all denoisers, or those named.

        They are told the root mean square of the noise, which blind ones do not look at.
        """
        noisy, target = pair
        sigma = float(np.sqrt(np.mean((noisy - target) ** 2, dtype=np.float64)))
        found = self.denoisers
        return {name: found[name].denoise_batch(noisy, sigma) for name in names or found}

    def measure(self, pair: Pair, denoised: Mapping[str, Array], *, notes: bool = False) -> KpiTable:
        """Return the key figures of what was made of a pair's noisy images, with ``notes`` also what was tuned."""
        return evaluate(
            clean=pair[1],
            noisy=pair[0],
            methods=denoised,
            labels=self.labels,
            class_names=self.images.test.class_names,
            classifier=self.subject.classifier,
            composite=self.subject.composite,
            notes=self.baselines.notes() if notes else None,
            skipped=self.baselines.skipped if notes else None,
        )


def compare(
    subject: Subject,
    *,
    dataset: str | None = None,
    noise: str | None = None,
    names: Iterable[str] | None = None,
    data_dir: str | Path | None = None,
) -> Comparison:
    """Load the images and fit the baselines.

    Args:
        subject: What is evaluated.
        dataset, noise: Other ones than its recipe's.
        names: The baselines; those of the recipe when None.
        data_dir: Where data sets are looked for first.

    Raises:
        UsageError: the images have another shape, or other classes, than the subject was trained for.
        DataError: the data is missing or damaged.
    """
    recipe = _changed(subject.recipe, dataset, noise)
    if subject.run is not None:
        data_dir = data_dir or subject.run.facts.get("data_dir")
    images = load_images(recipe, data_dir=data_dir)
    shape, wanted = images.test.image_shape, subject.input_shape
    if any(side not in (None, here) for side, here in zip(wanted, shape, strict=True)):
        raise UsageError(
            f"The models take images of {tuple(wanted)}; {recipe.data.dataset} has {shape}. "
            "Choose a data set of that shape."
        )
    _require_classes(subject, images)
    baselines = fit_baselines(
        *images.noisy_train(),
        *images.noisy_validation(),
        names=recipe.evaluation.baselines if names is None else names,
        code_size=subject.code_size,
    )
    if names is None:
        # Packaged models are measured as they are.
        beside = {name: open_subject(model_file(name)) for name in recipe.evaluation.models}
        baselines = replace(baselines, fitted={**beside, **baselines.fitted})
    return Comparison(subject, recipe, images, baselines)


def matching_noise(images: RunImages, classify: Judge, accuracy: float) -> str:
    """Return the Gaussian noise at which ``classify`` is right on the share ``accuracy`` of noisy test images.

    Bisection on sigma, which the accuracy falls with, to three digits.
    """
    low, high = 0.0, 4.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        predicted = classify(images.noisy_test(f"gaussian({middle})")).argmax(axis=1)
        low, high = (middle, high) if np.mean(predicted == images.test.labels) > accuracy else (low, middle)
    return f"gaussian({round((low + high) / 2, 3)})"


def _changed(recipe: Recipe, dataset: str | None, noise: str | None) -> Recipe:
    """Return the recipe with another data set or noise, validated anew."""
    content = recipe.model_dump(mode="json", exclude_none=True)
    if dataset is not None:
        content["data"] = {**content["data"], "dataset": dataset}
    if noise is not None:
        content["noise"] = str(noises.parse(noise))
    return Recipe.checked(content, "the recipe")


def _require_classes(subject: Subject, images: RunImages) -> None:
    """Refuse labelled images of other classes where classes are recognised: their accuracies would mean nothing."""
    judged = subject.classifier is not None or subject.composite is not None
    there = images.test.class_names
    if judged and images.test.labels is not None and subject.class_names and there != subject.class_names:
        raise UsageError(
            f"The classifier tells apart {_listed(subject.class_names)}; {images.recipe.data.dataset} has "
            f"{_listed(there)}. Choose a data set of the same classes, or one without labels."
        )


def _listed(names: tuple[str, ...]) -> str:
    if not names:
        return "classes without names"
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown}, … ({len(names)} classes)"
