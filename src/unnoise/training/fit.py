"""Trains one model: Keras' ``fit``, with resumable checkpoints and the speed settings that fit the model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from rich.console import Console

from unnoise.errors import RecipeError
from unnoise.experiment.sections import Training
from unnoise.training.callbacks import EpochLines, FreshExamples, Recorder
from unnoise.training.checkpoint import TrainingState, load_checkpoint
from unnoise.training.indexed_training import IndexedTraining, evaluation_batch, index_stream, steps_in_epoch
from unnoise.training.losses import loss_function
from unnoise.training.optimizers import optimizer

Array = npt.NDArray[Any]

# XLA's compilation takes some seconds; shorter runs of dense networks do not earn them back.
STEPS_WORTH_COMPILING = 3000


@dataclasses.dataclass(frozen=True)
class Examples:
    """Inputs and targets of training and validation.

    Attributes:
        train: Gives the training inputs ``(N, ...)`` and targets, ``(N, ...)`` images or ``(N,)`` labels, of an epoch
            (from 0); called once only unless ``fresh``.
        validation: Inputs and targets for validation.
        fresh: Whether training inputs or targets differ from epoch to epoch.
    """

    train: Callable[[int], tuple[Array, Array]]
    validation: tuple[Array, Array]
    fresh: bool = False


def speed_settings(*, dense: bool, total_steps: int) -> dict[str, Any]:
    """Return ``jit_compile`` and whether batches are grouped, by model kind and length of the run.

    On TensorFlow and a CPU, XLA and grouped batches make small dense networks several times faster and do nothing
    for convolutions, whose oneDNN kernels XLA would replace by slower ones.
    """
    if keras.backend.backend() != "tensorflow":
        return {"jit_compile": "auto", "grouped": False}
    return {"jit_compile": dense and total_steps >= STEPS_WORTH_COMPILING, "grouped": dense}


def fit(
    model: Any,
    examples: Examples,
    training: Training,
    *,
    loss: str,
    metrics: tuple[str, ...] = (),
    seed: int,
    dense: bool,
    checkpoint: Path,
    console: Console,
    on_epoch: Callable[[TrainingState], None] = lambda state: None,
) -> TrainingState:
    """Train ``model``; at the end it holds the weights that ``training.keep`` asks for.

    Where ``checkpoint`` exists, training goes on from it exactly: orders, noise, optimizer, early stopping and history.

    Args:
        model: A built ``keras.Model``.
        examples: Inputs and targets.
        training: Optimizer, batch size, epochs, patience.
        loss: ``psnr``, or a loss of Keras by name.
        metrics: Metrics of Keras by name.
        seed: Seed of the order of the images.
        dense: Whether the model is made of matrix products (chooses the speed settings).
        checkpoint: File for the checkpoint.
        console: Where the epochs' lines go.
        on_epoch: Called with the state after every epoch, when its checkpoint is written.

    Returns:
        The training state with the history.

    Raises:
        RecipeError: fewer training images than one batch.
        DataError: the loss ceased to be finite, or the checkpoint is damaged.
    """
    drawn = examples.train(0)
    count = len(drawn[1])
    if count < training.batch_size:
        raise RecipeError(
            f"training.batch_size is {training.batch_size}, but there are only {count} training images. "
            "Use a smaller batch."
        )
    speed = speed_settings(dense=dense, total_steps=training.epochs * (count // training.batch_size))
    steps, group = steps_in_epoch(count, training.batch_size, grouped=speed["grouped"])
    inputs, targets = (np.concatenate(both) for both in zip(drawn, examples.validation, strict=True))
    held = IndexedTraining(model, inputs.astype(np.float32, copy=False), targets, group=group)
    # They are held now; large sets are not kept twice.
    del drawn, inputs, targets
    held.compile(
        optimizer=optimizer(training, steps),
        loss=loss_function(loss),
        metrics=list(metrics),
        jit_compile=speed["jit_compile"],
    )
    held.optimizer.build(held.trainable_variables)

    best, state = load_checkpoint(checkpoint, model, held.optimizer) if checkpoint.exists() else ([], TrainingState())
    if not state.finished:
        recorder = Recorder(checkpoint, state, best, epochs=training.epochs, patience=training.patience)
        recorder.on_record = on_epoch
        fresh = [FreshExamples(examples.train, examples.validation)] if examples.fresh else []
        lines = EpochLines(console, recorder, steps=steps // group)
        stream = index_stream(
            count, used=steps * training.batch_size, seed=seed, first=state.epoch, last=training.epochs
        )
        validation = np.arange(count, count + len(examples.validation[1]), dtype=np.int32)
        try:
            held.fit(
                stream,
                stream,
                batch_size=group * training.batch_size,
                epochs=training.epochs,
                initial_epoch=state.epoch,
                steps_per_epoch=steps // group,
                shuffle=False,
                validation_data=(validation, validation),
                validation_batch_size=evaluation_batch(len(validation)),
                callbacks=[*fresh, recorder, lines],
                verbose=0,
            )
        finally:
            lines.close()
            for callback in fresh:
                callback.close()
            best = recorder.best
    if training.keep == "best":
        model.set_weights(best)
    return state
