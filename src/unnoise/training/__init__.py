"""Training: recipes, the run folder, and ``train``, which runs every stage of a recipe and can be resumed.

Keras is imported when a run begins, not with this package.
"""

from unnoise.training.recipe import Recipe, built_in_recipes, load_recipe
from unnoise.training.run import resume, train
from unnoise.training.run_folder import RunFolder

__all__ = ["Recipe", "RunFolder", "built_in_recipes", "load_recipe", "resume", "train"]
