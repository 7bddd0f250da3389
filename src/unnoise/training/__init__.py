"""Training: ``train`` runs every stage of a recipe, and ``resume`` goes on with a run that was stopped.

Keras is imported when a run begins, not with this package.
"""

from unnoise.training.run import resume, train

__all__ = ["resume", "train"]
