"""The images of a run: training, validation and test sets with their noise, all drawn from the recipe's seed."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise import datasets
from unnoise.datasets.layout import CLEAN, NOISY
from unnoise.errors import RecipeError
from unnoise.experiment.patches import other_colours, random_patches, some_gray
from unnoise.experiment.recipe import Recipe
from unnoise.experiment.supervision import Supervision, registry
from unnoise.imaging.samples import to_float

Array = npt.NDArray[Any]
Pair = tuple[Array, Array]
Draw = Callable[[Array, Array | None, np.random.Generator], Pair]

# Streams of random numbers; one each, so that nothing drawn depends on what else is drawn.
TRAIN_NOISE, VALIDATION_NOISE, TEST_NOISE, SUBSET, TRAIN_PATCHES, VALIDATION_PATCHES = 1, 2, 3, 4, 5, 6
TRAIN_PARTNERS, VALIDATION_PARTNERS, TRAIN_CHOICE = 7, 8, 9
# Squares that are made noisy at once.
TOGETHER = 64


@dataclasses.dataclass
class RunImages:
    """Training, validation and test images of a recipe."""

    recipe: Recipe
    train: datasets.Dataset
    validation: datasets.Dataset
    test: datasets.Dataset
    _drawn: tuple[int, Array, Array] | None = dataclasses.field(default=None, init=False, repr=False)

    @functools.cached_property
    def supervision(self) -> Supervision:
        """How inputs and targets come from the images."""
        return registry.get(self.recipe.supervision.method)(self.recipe)

    def describe(self) -> list[str]:
        """Return one line a set: shapes, counts, origin; and what to know of them."""
        lines = []
        for name, part in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            labels = "" if part.labels is None else f"  labels {part.labels.shape}"
            lines.append(f"{name:<10}  images {part.images.shape}{labels}  from {part.source}")
        if self.recipe.data.validation == "test":
            lines.append(
                "validation is the test set, as in the lab: its val_loss is not independent of the choice made by it"
            )
        elif len(self.validation) > len(self.train):
            lines.append(
                f"Warning: there are more images for validation ({len(self.validation)}) than for training "
                f"({len(self.train)}); data.validation may be a share, such as 0.1"
            )
        return lines

    @functools.cached_property
    def _whole_train(self) -> Array:
        return self.train.to_float()

    def sample(self, count: int = 500) -> Array:
        """Return some of the training images, spread over them, in float."""
        chosen = np.unique(np.linspace(0, len(self.train) - 1, count).round().astype(int))
        return self._float(self.train.images[chosen])

    def clean_train(self) -> Array:
        """Return the training images in float."""
        return self._whole_train

    def noisy_train(self, epoch: int = 0) -> Pair:
        """Return the noisy training images of an epoch (from 0) and their targets, or the patches that it trains on.

        Both are drawn afresh each epoch; with ``data.noise_epochs`` the squares are, from which patches are cut, only
        where as many epochs have passed.
        """
        return self._train(epoch, self.supervision.pair)

    def examples(self, epoch: int = 0) -> Pair:
        """Return the inputs and targets that the network trains on in an epoch; mostly the pairs."""
        return self._train(epoch, self.supervision.examples)

    def noisy_validation(self) -> Pair:
        """Return the validation images with noise, drawn once, and their targets."""
        return self._validation(self.supervision.pair)

    def validation_examples(self) -> Pair:
        """Return inputs and targets for the validation loss."""
        return self._validation(self.supervision.examples)

    def _train(self, epoch: int, draw: Draw) -> Pair:
        data = self.recipe.data
        if data.patch is None:
            everything = np.arange(len(self.train))
            partners = self._partners(self.train, everything, self._rng(TRAIN_PARTNERS, epoch))
            return draw(self._whole_train, partners, self._rng(TRAIN_NOISE, epoch))
        if data.noise_epochs is None:
            count = data.patches
            choice = self._rng(TRAIN_CHOICE, epoch)
            chosen = np.arange(len(self.train)) if count is None else choice.integers(0, len(self.train), count)
            patches = self._patches(self.train, chosen, (TRAIN_PATCHES, epoch), (TRAIN_PARTNERS, epoch))
            return draw(*patches, self._rng(TRAIN_NOISE, epoch))
        noisy, target = self._squares(epoch // data.noise_epochs)
        cut = (
            random_patches(images, data.patch, self._rng(TRAIN_PATCHES, epoch)).astype(np.float32)
            for images in (noisy, target)
        )
        return next(cut), next(cut)

    def _squares(self, stretch: int) -> Pair:
        """Return all training squares with the noise that ``noise_epochs`` epochs share, and their targets, float16."""
        if self._drawn is None or self._drawn[0] != stretch:
            self._drawn = None
            rng = self._rng(TRAIN_NOISE, stretch)
            noisy, target = (np.empty(self.train.images.shape, np.float16) for _ in range(2))
            for start in range(0, len(self.train), TOGETHER):
                some = np.s_[start : start + TOGETHER]
                squares = self._coloured(self._float(self.train.images[some]), rng)
                noisy[some], target[some] = self.supervision.pair(squares, None, rng)
            self._drawn = stretch, noisy, target
        return self._drawn[1], self._drawn[2]

    def clean_validation(self) -> Array:
        """Return the validation images in float, or one patch of each."""
        return self._validation_images()[0]

    def _validation_images(self) -> tuple[Array, Array | None]:
        chosen = np.arange(len(self.validation))
        if self.recipe.data.patch is None:
            partners = self._partners(self.validation, chosen, self._rng(VALIDATION_PARTNERS))
            return self.validation.to_float(), partners
        if self.recipe.data.patches is not None:
            # So many squares tell enough, of however many there are.
            chosen = np.unique(
                np.linspace(0, len(chosen) - 1, max(64, self.recipe.data.patches // 4)).round().astype(int)
            )
        return self._patches(self.validation, chosen, (VALIDATION_PATCHES,), (VALIDATION_PARTNERS,))

    def _validation(self, draw: Draw) -> Pair:
        stream = TEST_NOISE if self.recipe.data.validation == "test" else VALIDATION_NOISE
        return draw(*self._validation_images(), self._rng(stream))

    def test_pair(self, spelling: str | None = None) -> Pair:
        """Return the noisy test images, drawn once, and what they are compared with.

        Args:
            spelling: Another noise than the recipe's; for a method that adds noise.
        """
        supervision = self.supervision
        if spelling is not None:
            content = self.recipe.model_dump(mode="json", exclude_none=True) | {"noise": spelling}
            supervision = type(supervision)(Recipe.checked(content, "the recipe"))
        return supervision.test_pair(self.test, self._rng(TEST_NOISE))

    def noisy_test(self, spelling: str | None = None) -> Array:
        """Return the noisy test images alone."""
        return self.test_pair(spelling)[0]

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.recipe.seed, *stream])

    def _float(self, samples: Array) -> Array:
        return to_float(samples, white=self.train.white, offset=self.train.offset)

    def _partners(self, images: datasets.Dataset, chosen: Array, rng: np.random.Generator) -> Array | None:
        partners = self.supervision.partners(images, chosen, rng)
        return None if partners is None else self._float(partners)

    def _patches(
        self, images: datasets.Dataset, chosen: Array, place: tuple[int, ...], others: tuple[int, ...]
    ) -> tuple[Array, Array | None]:
        """Return a patch of each of the ``chosen`` images, and the same patch of its partner; the streams are named."""
        side = self.recipe.data.patch
        assert side is not None
        rng = self._rng(*place)
        everything = len(chosen) == len(images) and np.array_equal(chosen, np.arange(len(images)))
        cut = random_patches(images.images, side, rng, None if everything else chosen)
        partners = self.supervision.partners(images, chosen, self._rng(*others))
        if partners is not None:
            # An equal generator cuts equal squares.
            partners = self._float(random_patches(partners, side, self._rng(*place)))
        return self._coloured(self._float(cut), rng), partners

    def _coloured(self, clean: Array, rng: np.random.Generator) -> Array:
        data = self.recipe.data
        clean = other_colours(clean, data.colours, rng) if data.colours else clean
        return some_gray(clean, data.gray, rng) if data.gray else clean


def load_images(recipe: Recipe, *, data_dir: str | Path | None = None) -> RunImages:
    """Load the recipe's data set and split validation images from its training set.

    Raises:
        DataError: the data is missing or damaged.
        RecipeError: more images are asked for than there are, a classifier for images without labels, or pairs taken
            for clean images.
    """
    data = recipe.data
    supervision = registry.get(recipe.supervision.method)(recipe)
    test, train = (supervision.load(split, data_dir) for split in ("test", "train"))
    _require_no_pairs(train, recipe)
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
    count = data.validation if isinstance(data.validation, int) else max(1, round(data.validation * len(train)))
    if count >= len(train):
        raise RecipeError(
            f"data.validation is {data.validation}, but there are only {len(train)} training images. Ask for fewer."
        )
    return RunImages(recipe, *datasets.split_validation(train, count, seed=recipe.seed), test)


def _require_no_pairs(train: datasets.Dataset, recipe: Recipe) -> None:
    """Refuse a folder of noisy and clean images as a set of clean ones."""
    names = {name.lower() for name in train.class_names}
    if recipe.classifier is None and names & set(NOISY) and names & set(CLEAN):
        raise RecipeError(
            f"{recipe.data.dataset} has the sub-folders {' and '.join(sorted(train.class_names))}: these are pairs, "
            f"but {recipe.supervision.method} takes all images of a folder alike. "
            'Use the method "pairs", with data.dataset the clean and data.noisy the noisy folder.'
        )


def _subset(data: datasets.Dataset, count: int | None, field: str, recipe: Recipe) -> datasets.Dataset:
    if count is None or count == len(data):
        return data
    if count > len(data):
        raise RecipeError(f"data.{field} is {count}, but {data.name} has only {len(data)} such images. Ask for fewer.")
    order = np.random.default_rng([recipe.seed, SUBSET]).permutation(len(data))
    return data.select(np.sort(order[:count]))
