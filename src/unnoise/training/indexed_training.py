"""A model that is trained on data held beside it, batches being mere index vectors.

Keras' ``fit`` gathers every batch in Python or in the input pipeline and repeats the same shuffled order every epoch
when seeded with TensorFlow. Here the images lie in variables of the backend, ``fit`` gets a stream of indices, and the
batch is gathered inside the compiled step. Several batches may be trained on in one such step, since starting a step
takes as long as a small dense network's batch does.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class IndexedTraining(keras.Model):
    """Wraps ``model`` for training on ``inputs`` and ``targets`` by index.

    Args:
        model: The model to train.
        inputs: ``(N, ...)`` float32.
        targets: ``(N, ...)``, images or labels.
        group: How many batches one call of ``train_step`` trains on, one after the other; it is given the indices of
            all of them. More than one works on TensorFlow only.
    """

    def __init__(self, model: Any, inputs: Array, targets: Array, *, group: int = 1) -> None:
        super().__init__(name="training")
        self.model = model
        self.group = group
        self.inputs_held = self._hold(inputs, "inputs")
        self.targets_held = self._hold(targets, "targets")

    def _hold(self, array: Array, name: str) -> Any:
        return self.add_weight(
            shape=array.shape,
            dtype=str(array.dtype),
            initializer=lambda shape, dtype: array,
            trainable=False,
            name=name,
            autocast=False,
        )

    def train_step(self, *arguments: Any) -> Any:
        """Train on one batch, or on each of the group's."""
        step = super().train_step
        if self.group == 1:
            return step(*arguments)
        indices, _ = arguments[0]
        batches = keras.ops.reshape(indices, (self.group, -1))

        def one(number: Any, done: Any) -> Any:
            batch = keras.ops.take(batches, number, axis=0)
            step((batch, batch))
            return done + 1

        keras.ops.fori_loop(0, self.group, one, 0)
        return self.get_metrics_result()

    def call(self, indices: Any, training: bool | None = None) -> Any:
        """Give the model's output for the inputs at ``indices``, and the targets there.

        The targets are an output since only ``call`` sees the variables on every backend: JAX computes metrics outside.
        """
        inputs, targets = (keras.ops.take(held, indices, axis=0) for held in (self.inputs_held, self.targets_held))
        return self.model(inputs, training=training), targets

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Compute the loss of what ``call`` gave; ``y`` is not used."""
        output, targets = y_pred
        return super().compute_loss(x, targets, output, sample_weight, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Compute the metrics of what ``call`` gave; ``y`` is not used."""
        output, targets = y_pred
        return super().compute_metrics(x, targets, output, sample_weight)


def epoch_order(count: int, *, seed: int, epoch: int) -> Array:
    """Return the order in which ``epoch`` visits ``count`` images: different each epoch, equal for equal seeds."""
    return np.random.default_rng([seed, epoch]).permutation(count).astype(np.int32)


def index_stream(count: int, *, used: int, seed: int, first: int, last: int) -> Array:
    """Return the indices of the epochs ``first`` to ``last`` (excluded), ``used`` of ``count`` images each."""
    return np.concatenate([epoch_order(count, seed=seed, epoch=epoch)[:used] for epoch in range(first, last)])


def steps_in_epoch(count: int, batch_size: int, *, grouped: bool) -> tuple[int, int]:
    """Return how many full batches an epoch has and how many of them make a group, which one step trains on.

    The images that do not fill a batch are left out, other ones every epoch. With ``grouped``, the second number is a
    divisor of the first, up to 64; at most 7 batches more are left out to find a good one, and never more than 2 % of
    the epoch.
    """
    steps = count // batch_size
    if not grouped or steps <= 1:
        return steps, 1
    candidates = [steps - fewer for fewer in range(min(8, steps // 50 + 1))]
    best = {number: max(d for d in range(1, 65) if number % d == 0) for number in candidates}
    chosen = next((number for number in candidates if best[number] >= 16), max(candidates, key=lambda n: best[n]))
    return chosen, best[chosen]


def evaluation_batch(count: int, *, at_most: int = 1000) -> int:
    """Return the largest divisor of ``count`` up to ``at_most``: equal batches need compiling only once."""
    return max(d for d in range(1, min(count, at_most) + 1) if count % d == 0)
