"""The record of a run: its recipe, its folder, its images and their noise. Evaluation and packaging need this alone."""

from unnoise.experiment.images import RunImages, load_images
from unnoise.experiment.recipe import Recipe, built_in_recipes, load_recipe
from unnoise.experiment.run_folder import RunFolder

__all__ = ["Recipe", "RunFolder", "RunImages", "built_in_recipes", "load_images", "load_recipe"]
