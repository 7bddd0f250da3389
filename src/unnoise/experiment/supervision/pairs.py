"""Supervised by pairs of a noisy and a clean image of the same scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unnoise.experiment.supervision.base import Array, Pair, Supervision, registry

if TYPE_CHECKING:
    from unnoise.experiment.recipe import Recipe


@registry.register("pairs")
class Pairs(Supervision):
    """Noisy images y in ``data.noisy`` and their clean partners x in ``data.dataset``.

    .. math:: \\min_f \\, E \\lVert f(y) - x \\rVert
    """

    @classmethod
    def problem(cls, recipe: Recipe) -> str:
        """Return why a recipe does not suit, nothing where it does."""
        if recipe.data.noisy is None:
            return "give the folder of the noisy images in data.noisy"
        return super().problem(recipe)

    def pair(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return the noisy partners and the images."""
        assert partners is not None
        return partners, images
