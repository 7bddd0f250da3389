"""Training: ``train`` runs every stage of a recipe, and ``resume`` goes on with a run that was stopped.

Keras is imported when a run begins, not with this package.
"""

from unnoise.training.run import check_models, resume, train

__all__ = ["check_models", "resume", "train"]
