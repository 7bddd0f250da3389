"""Supervised by clean images, to which the recipe's noise is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unnoise import noise
from unnoise.experiment.supervision.base import Array, Pair, Supervision, registry

if TYPE_CHECKING:
    from unnoise.experiment.recipe import Recipe


@registry.register("synthetic")
class Synthetic(Supervision):
    """Clean images x with the recipe's noise: the network f learns to undo it.

    .. math:: \\min_f \\, E \\lVert f(x + n) - x \\rVert
    """

    adds_noise = True

    @classmethod
    def problem(cls, recipe: Recipe) -> str:
        """Return why a recipe does not suit, nothing where it does."""
        if recipe.data.noisy is not None:
            return "noise is added to its images: remove data.noisy, or use pairs"
        return "" if "noise" in recipe.model_fields_set else "noise is added to its images: give noise"

    def pair(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return the images with noise, and without or as the noise's model has it; gray ones stay gray."""
        draw = noise.parse(self.recipe.noise)
        if not self.recipe.data.gray:
            return draw.pair(images, rng)
        gray = (images == images[..., :1]).all(axis=(1, 2, 3))
        noisy, target = np.empty_like(images), np.empty_like(images)
        noisy[gray], target[gray] = draw.pair(images[gray][..., :1], rng)
        noisy[~gray], target[~gray] = draw.pair(images[~gray], rng)
        return noisy, target
