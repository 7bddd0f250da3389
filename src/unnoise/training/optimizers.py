"""Optimizers and learning-rate schedules by the names that recipes use."""

from __future__ import annotations

from typing import Any

import keras

from unnoise.experiment.sections import Training

# Shares of the steps in which the trapezoid rises and falls.
_RISE, _FALL = 0.01, 0.5


def optimizer(training: Training, steps: int) -> Any:
    """Return the optimizer of ``training``, whose epochs have ``steps`` steps each."""
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, training.epochs * steps)
    elif training.schedule == "trapezoid":
        rate = Trapezoid(rate, training.epochs * steps)
    if training.optimizer == "muon":
        return Muon(learning_rate=rate)
    return keras.optimizers.get({"class_name": training.optimizer, "config": {"learning_rate": rate}})


class Trapezoid(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is constant for half of the steps, and then falls linearly to 0.

    It rises in the first 1 %. Unlike with a cosine, the steps before the fall do not depend on how many will follow.
    Haegele et al., *Scaling laws and compute-optimal training beyond fixed training durations*, NeurIPS 2024.

    Args:
        learning_rate: The constant rate.
        steps: All steps.
    """

    def __init__(self, learning_rate: float, steps: int) -> None:
        super().__init__()
        self.learning_rate, self.steps = learning_rate, steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at ``step``, counted from 0."""
        done = (keras.ops.cast(step, "float32") + 1) / self.steps
        share = keras.ops.minimum(done / _RISE, keras.ops.minimum(1.0, (1 - done) / _FALL))
        return self.learning_rate * keras.ops.maximum(share, 0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"learning_rate": self.learning_rate, "steps": self.steps}


class Muon(keras.optimizers.Muon):
    """Keras' Muon, which orthogonalises the updates of matrices, for the kernels of convolutions as well.

    A kernel (height, width, in, out) counts as the matrix with a row for each of the first three. Variables of fewer
    than two axes are left to AdamW. Jordan et al., *Muon: an optimizer for hidden layers in neural networks*, 2024.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) < 2

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, gradient + m * (self.momentum - 1))
        direction = gradient + self.momentum * m if self.nesterov else m
        matrix = keras.ops.reshape(direction, (-1, variable.shape[-1]))
        update = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, keras.ops.reshape(update, variable.shape))
