"""What every way of supervision gives: images, pairs to measure with, and examples to train on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from unnoise import datasets
from unnoise.registry import Registry

if TYPE_CHECKING:
    from unnoise.experiment.recipe import Recipe

Array = npt.NDArray[Any]
Pair = tuple[Array, Array]

registry: Registry[type[Supervision]] = Registry("method of supervision")


class Supervision(ABC):
    """How inputs and targets come from the images of a recipe.

    Attributes:
        adds_noise: Whether the recipe's noise is added to its images.
        measured: What the test images are compared with, a sentence; empty where it is clean images.
        gives_residuals: Whether the network that is trained gives what should be zero, so that targets are dummies.
    """

    adds_noise: ClassVar[bool] = False
    measured: ClassVar[str] = ""
    gives_residuals: ClassVar[bool] = False

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    @classmethod
    def problem(cls, recipe: Recipe) -> str:
        """Return why a recipe does not suit the method, and what to do; nothing where it does."""
        if recipe.noise != "none":
            return f"its images have their noise already, received the noise {recipe.noise}: remove noise"
        if recipe.classifier is not None:
            return "it has no classes: remove [classifier]"
        for field in ("gray", "colours", "noise_epochs"):
            if getattr(recipe.data, field):
                return f"data.{field} is for noise that is added: remove it"
        return ""

    def load(self, split: str, data_dir: str | Path | None) -> datasets.Dataset:
        """Return the images of a split."""
        data = self.recipe.data
        if data.dataset in datasets.registry:
            return datasets.load(data.dataset, split, data_dir=data_dir, tile=data.tile)
        return datasets.load_folder(
            datasets.find_folder(data.dataset, data_dir=data_dir),
            split,
            tile=data.tile,
            noisy=None if data.noisy is None else datasets.find_folder(data.noisy, data_dir=data_dir),
            white=data.white,
            offset=data.offset,
            divide_squares=data.divide_squares,
        )

    def partners(self, images: datasets.Dataset, chosen: Array, rng: np.random.Generator) -> Array | None:
        """Return the samples that go with the ``chosen`` images, of the same shape; None where there are none."""
        return None if images.noisy is None else images.noisy[chosen]

    @abstractmethod
    def pair(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return noisy images and what a denoiser should make of them.

        Args:
            images: ``(N, H, W, C)`` floats in which 1 is white.
            partners: What :meth:`partners` gave for these, in the same range.
            rng: Where the randomness comes from.
        """

    def examples(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return inputs and targets of the network that is trained, for the same arguments; by default the pair."""
        return self.pair(images, partners, rng)

    def test_pair(self, test: datasets.Dataset, rng: np.random.Generator) -> Pair:
        """Return the noisy test images and what they are compared with."""
        partners = None if test.noisy is None else test.noisy_to_float()
        return self.pair(test.to_float(), partners, rng)
