"""A curve around a frozen denoiser, learned from noisy images alone: Noise2VST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from unnoise.experiment.supervision.base import Array, Pair, registry
from unnoise.experiment.supervision.neighbor2neighbor import NoisyOnly

if TYPE_CHECKING:
    from unnoise.experiment.recipe import Recipe

# One pixel of every square of this side is hidden from the network.
GRID = 4


@registry.register("calibrate")
class Calibrate(NoisyOnly):
    """A monotone curve v in front of a packaged denoiser f of white noise, and its inverse, with a line, behind it.

    .. math:: \\min_v \\, E \\sum_{i \\in J} \\left( v^{-1}(f(v(y)_{J^c}))_i - y_i \\right)^2

    J is a grid of pixels that the network does not see: each is replaced by the mean of its four neighbours, so that
    only what they tell of it can lower the loss, not its own noise. The curve brings noise that depends on brightness
    to one strength, which the denoiser knows; a hundred and thirty numbers are learned, in minutes. S. Herbreteau and
    M. Unser, "Self-calibrated variance-stabilizing transformations for real-world image denoising", ICCV 2025; the
    blind spot: J. Batson and L. Royer, "Noise2Self", ICML 2019.
    """

    @classmethod
    def problem(cls, recipe: Recipe) -> str:
        """Return why a recipe does not suit, nothing where it does."""
        if not recipe.model.architecture.startswith("calibrated-"):
            return (
                f"its model has a curve: model.architecture calibrated-bias-free-unet, not {recipe.model.architecture}"
            )
        if recipe.training.start is None:
            return "the denoiser inside stays as it is: name it in training.start, such as photo-awgn"
        return super().problem(recipe)

    def examples(self, images: Array, partners: Array | None, rng: np.random.Generator) -> Pair:
        """Return the images with the grid of hidden pixels as a further channel, and dummies."""
        hidden = np.zeros((*images.shape[:3], 1), np.float32)
        for one, (row, column) in zip(hidden, rng.integers(0, GRID, (len(images), 2)), strict=True):
            one[row::GRID, column::GRID] = 1
        return np.concatenate([images, hidden], axis=-1), np.zeros((len(images), 1), np.float32)
