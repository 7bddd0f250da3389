"""Supervised by other shots of the same scene, as noisy as the first: Noise2Noise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unnoise import datasets
from unnoise.experiment.supervision.base import Array, Pair, Supervision, registry

if TYPE_CHECKING:
    from unnoise.experiment.recipe import Recipe


@registry.register("noise2noise")
class Noise2Noise(Supervision):
    """Two shots y and y' of one scene x, whose noise is independent and zero on average.

    .. math:: \\min_f \\, E \\lVert f(y) - y' \\rVert^2 = \\min_f \\, E \\lVert f(y) - x \\rVert^2 + \\text{const}

    The best guess of the other shot is the scene itself; so the loss is the squared error. Another shot is drawn every
    epoch. J. Lehtinen et al., "Noise2Noise: Learning image restoration without clean data", ICML 2018.
    """

    measured = "The test compares with the mean of the other shots of each scene, which holds some noise itself."

    @classmethod
    def problem(cls, recipe: Recipe) -> str:
        """Return why a recipe does not suit, nothing where it does."""
        if recipe.data.tile is None or recipe.data.patch is None:
            return "shots are cut into squares, of which patches are taken: give data.tile and data.patch"
        if recipe.training.loss not in ("mse", "psnr"):
            return f"other noisy shots are right on average, for squared errors: training.loss {recipe.training.loss} "
        return super().problem(recipe)

    def load(self, split: str, data_dir: str | Path | None) -> datasets.Dataset:
        """Return the squares of all shots of a split."""
        data = self.recipe.data
        assert data.tile is not None
        folder = datasets.find_folder(data.dataset, data_dir=data_dir)
        return datasets.load_shots(folder, split, tile=data.tile, white=data.white, offset=data.offset)

    def partners(self, images: datasets.Dataset, chosen: Array, rng: np.random.Generator) -> Array:
        """Return another shot of the place of each image, drawn at random."""
        assert images.places is not None
        order = np.argsort(images.places, kind="stable")
        sorted_places = images.places[order]
        first = np.searchsorted(sorted_places, images.places[chosen])
        count = np.searchsorted(sorted_places, images.places[chosen], side="right") - first
        # Where each image stands among those of its place; another one stands 1 to count - 1 farther, in a circle.
        rank = np.argsort(order)[chosen] - first
        other = first + (rank + rng.integers(1, count)) % count
        return images.images[order[other]]

    def pair(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return a shot and another one."""
        assert partners is not None
        return images, partners

    def test_pair(self, test: datasets.Dataset, rng: np.random.Generator) -> Pair:
        """Return the first shot of each place, and the mean of the others."""
        assert test.places is not None
        floats = test.to_float()
        shots = [floats[test.places == place] for place in np.unique(test.places)]
        return np.stack([some[0] for some in shots]), np.stack([some[1:].mean(axis=0) for some in shots])
