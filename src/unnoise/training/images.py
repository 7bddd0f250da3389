"""The images of a run: training, validation and test sets with their noise, all drawn from the recipe's seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise import datasets, noise
from unnoise.errors import RecipeError
from unnoise.training.recipe import Recipe

Array = npt.NDArray[Any]

# Streams of random numbers; one each, so that nothing drawn depends on what else is drawn.
TRAIN_NOISE, VALIDATION_NOISE, TEST_NOISE, SUBSET = 1, 2, 3, 4


@dataclasses.dataclass(frozen=True)
class RunImages:
    """Training, validation and test images of a recipe."""

    recipe: Recipe
    train: datasets.Dataset
    validation: datasets.Dataset
    test: datasets.Dataset

    def describe(self) -> list[str]:
        """Return one line a set: shapes, counts, origin."""
        lines = []
        for name, part in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            labels = "" if part.labels is None else f"  labels {part.labels.shape}"
            lines.append(f"{name:<10}  images {part.images.shape}{labels}  from {part.source}")
        if self.recipe.data.validation == "test":
            lines.append(
                "validation is the test set, as in the lab: its val_loss is not independent of the choice made by it"
            )
        return lines

    def noisy_train(self, clean: Array) -> Callable[[int], Array]:
        """Return the function that gives the noisy training images of an epoch (from 0), drawn afresh each."""
        model = noise.parse(self.recipe.noise)
        return lambda epoch: model(clean, np.random.default_rng([self.recipe.seed, TRAIN_NOISE, epoch]))

    def noisy_validation(self) -> Array:
        """Return the validation images with noise, drawn once."""
        if self.recipe.data.validation == "test":
            return self.noisy_test()
        rng = np.random.default_rng([self.recipe.seed, VALIDATION_NOISE])
        return noise.parse(self.recipe.noise)(self.validation.to_float(), rng)

    def noisy_test(self, spelling: str | None = None) -> Array:
        """Return the test images with the recipe's noise, or another, drawn once."""
        rng = np.random.default_rng([self.recipe.seed, TEST_NOISE])
        return noise.parse(spelling or self.recipe.noise)(self.test.to_float(), rng)


def load_images(recipe: Recipe, *, data_dir: str | Path | None = None) -> RunImages:
    """Load the recipe's data set and split validation images from its training set.

    Raises:
        DataError: the data is missing or damaged.
        RecipeError: more images are asked for than there are, or a classifier for images without labels.
    """
    data = recipe.data
    test = _subset(datasets.load(data.dataset, "test", data_dir=data_dir), data.test_images, "test_images", recipe)
    train = _subset(datasets.load(data.dataset, "train", data_dir=data_dir), data.train_images, "train_images", recipe)
    if recipe.classifier is not None and train.labels is None:
        raise RecipeError(f"{data.dataset} has no labels, so no classifier can be trained. Remove [classifier].")
    if data.validation == "test":
        return RunImages(recipe, train, test, test)
    if data.validation >= len(train):
        raise RecipeError(
            f"data.validation is {data.validation}, but there are only {len(train)} training images. Ask for fewer."
        )
    return RunImages(recipe, *datasets.split_validation(train, data.validation, seed=recipe.seed), test)


def _subset(data: datasets.Dataset, count: int | None, field: str, recipe: Recipe) -> datasets.Dataset:
    if count is None or count == len(data):
        return data
    if count > len(data):
        raise RecipeError(f"data.{field} is {count}, but {data.name} has only {len(data)} such images. Ask for fewer.")
    order = np.random.default_rng([recipe.seed, SUBSET]).permutation(len(data))
    return data.select(np.sort(order[:count]))
