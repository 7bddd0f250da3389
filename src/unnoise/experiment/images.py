"""The images of a run: training, validation and test sets with their noise, all drawn from the recipe's seed."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise import datasets, noise
from unnoise.errors import RecipeError
from unnoise.experiment.patches import other_colours, random_patches, some_gray
from unnoise.experiment.recipe import Recipe

Array = npt.NDArray[Any]

# Streams of random numbers; one each, so that nothing drawn depends on what else is drawn.
TRAIN_NOISE, VALIDATION_NOISE, TEST_NOISE, SUBSET, TRAIN_PATCHES, VALIDATION_PATCHES = 1, 2, 3, 4, 5, 6


@dataclasses.dataclass
class RunImages:
    """Training, validation and test images of a recipe."""

    recipe: Recipe
    train: datasets.Dataset
    validation: datasets.Dataset
    test: datasets.Dataset
    _drawn: tuple[int, Array, Array] | None = dataclasses.field(default=None, init=False, repr=False)

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

    @functools.cached_property
    def _whole_train(self) -> Array:
        return self.train.to_float()

    def clean_train(self) -> Array:
        """Return the training images in float."""
        return self._whole_train

    def noisy_train(self, epoch: int = 0) -> tuple[Array, Array]:
        """Return the noisy training images of an epoch (from 0) and their targets, or the patches that it trains on.

        Both are drawn afresh each epoch; with ``data.noise_epochs`` the squares are, from which patches are cut, only
        where as many epochs have passed.
        """
        data = self.recipe.data
        if data.patch is None:
            return noise.parse(self.recipe.noise).pair(self._whole_train, self._rng(TRAIN_NOISE, epoch))
        if data.noise_epochs is None:
            return self._pairs(self._patches(self.train, TRAIN_PATCHES, epoch), self._rng(TRAIN_NOISE, epoch))
        noisy, target = self._squares(epoch // data.noise_epochs)
        patches = (
            random_patches(images, data.patch, self._rng(TRAIN_PATCHES, epoch)).astype(np.float32)
            for images in (noisy, target)
        )
        return next(patches), next(patches)

    def _squares(self, stretch: int) -> tuple[Array, Array]:
        """Return all training squares with the noise that ``noise_epochs`` epochs share, and their targets, float16."""
        if self._drawn is None or self._drawn[0] != stretch:
            self._drawn = None
            rng = self._rng(TRAIN_NOISE, stretch)
            noisy, target = (np.empty(self.train.images.shape, np.float16) for _ in range(2))
            for start in range(0, len(self.train), 64):
                some = np.s_[start : start + 64]
                squares = dataclasses.replace(self.train, images=self.train.images[some], labels=None, groups=None)
                noisy[some], target[some] = self._pairs(self._coloured(squares.to_float(), rng), rng)
            self._drawn = stretch, noisy, target
        return self._drawn[1], self._drawn[2]

    def clean_validation(self) -> Array:
        """Return the validation images in float, or one patch of each."""
        if self.recipe.data.patch is None:
            return self.validation.to_float()
        return self._patches(self.validation, VALIDATION_PATCHES)

    def noisy_validation(self) -> tuple[Array, Array]:
        """Return the validation images with noise, drawn once, and their targets."""
        stream = TEST_NOISE if self.recipe.data.validation == "test" else VALIDATION_NOISE
        return self._pairs(self.clean_validation(), self._rng(stream))

    def noisy_test(self, spelling: str | None = None) -> Array:
        """Return the test images with the recipe's noise, or another, drawn once."""
        return noise.parse(spelling or self.recipe.noise)(self.test.to_float(), self._rng(TEST_NOISE))

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.recipe.seed, *stream])

    def _patches(self, images: datasets.Dataset, *stream: int) -> Array:
        assert self.recipe.data.patch is not None
        rng = self._rng(*stream)
        patches = random_patches(images.images, self.recipe.data.patch, rng)
        return self._coloured(dataclasses.replace(images, images=patches).to_float(), rng)

    def _coloured(self, clean: Array, rng: np.random.Generator) -> Array:
        data = self.recipe.data
        clean = other_colours(clean, data.colours, rng) if data.colours else clean
        return some_gray(clean, data.gray, rng) if data.gray else clean

    def _pairs(self, clean: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        draw = noise.parse(self.recipe.noise)
        if not self.recipe.data.gray:
            return draw.pair(clean, rng)
        gray = (clean == clean[..., :1]).all(axis=(1, 2, 3))
        noisy, target = np.empty_like(clean), np.empty_like(clean)
        noisy[gray], target[gray] = draw.pair(clean[gray][..., :1], rng)
        noisy[~gray], target[~gray] = draw.pair(clean[~gray], rng)
        return noisy, target


def load_images(recipe: Recipe, *, data_dir: str | Path | None = None) -> RunImages:
    """Load the recipe's data set and split validation images from its training set.

    Raises:
        DataError: the data is missing or damaged.
        RecipeError: more images are asked for than there are, or a classifier for images without labels.
    """
    data = recipe.data
    test, train = (datasets.load(data.dataset, split, data_dir=data_dir, tile=data.tile) for split in ("test", "train"))
    test = _subset(test, data.test_images, "test_images", recipe)
    train = _subset(train, data.train_images, "train_images", recipe)
    if data.patch is not None and min(train.image_shape[:2]) < data.patch:
        raise RecipeError(
            f"data.patch is {data.patch}, but the images of {data.dataset} are {train.image_shape}. "
            "Use smaller patches or larger tiles."
        )
    if data.gray and train.image_shape[2] != 3:
        raise RecipeError(
            f"data.gray is {data.gray:g}, but the images have {train.image_shape[2]} channels, not 3. Remove data.gray."
        )
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
