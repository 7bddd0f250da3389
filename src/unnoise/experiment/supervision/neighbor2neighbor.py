"""Supervised by the neighbours of pixels in the same noisy image: Neighbor2Neighbor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unnoise.experiment.supervision.base import Array, Pair, Supervision, registry
from unnoise.experiment.supervision.neighbors import neighbor_masks, sub_image

if TYPE_CHECKING:
    from unnoise.experiment.recipe import Recipe


class NoisyOnly(Supervision):
    """What learns from noisy images alone: each is compared with itself, a pixel with its neighbour."""

    gives_residuals = True
    measured = (
        "There are no clean images: the test takes each image apart into two of half the size, denoises the one and "
        "compares it with the other, as noisy one. The figures are a self-supervised estimate, to compare rows by; "
        "against clean images they would be higher."
    )

    @classmethod
    def problem(cls, recipe: Recipe) -> str:
        """Return why a recipe does not suit, nothing where it does."""
        if recipe.data.tile is None or recipe.data.patch is None:
            return "it trains on patches of squares: give data.tile and data.patch"
        if recipe.data.tile % 2 or recipe.data.patch % 2:
            return "images are halved: data.tile and data.patch must be even"
        if recipe.data.noisy is not None:
            return "its images are the noisy ones: remove data.noisy, or use pairs"
        return super().problem(recipe)

    def pair(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return two images of half the size for each; pixels at the same place are neighbours in it."""
        height, width = (length - length % 2 for length in images.shape[1:3])
        images = images[:, :height, :width]
        masks = neighbor_masks((len(images), height, width), rng)
        return sub_image(images, masks[..., 0]), sub_image(images, masks[..., 1])


@registry.register("neighbor2neighbor")
class Neighbor2Neighbor(NoisyOnly):
    """Sub-images g and g' of a noisy image y, drawn anew every epoch, and what the network says of the whole.

    .. math:: \\min_f \\, E \\lVert f(g(y)) - g'(y) \\rVert^2
        + \\gamma \\, E \\lVert f(g(y)) - g'(y) - (g(f(y)) - g'(f(y))) \\rVert^2

    The second term makes up for that neighbours do not show the same; its f(y) gets no gradient. T. Huang, S. Li,
    X. Jia, H. Lu and J. Liu, "Neighbor2Neighbor: Self-supervised denoising from single noisy images", CVPR 2021.
    """

    def examples(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return the images with the masks of their two sub-images as further channels, and dummies."""
        masks = neighbor_masks(images.shape[:3], rng)
        return np.concatenate([images, masks], axis=-1), np.zeros((len(images), 1), np.float32)
