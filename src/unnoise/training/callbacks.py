"""Keras callbacks: fresh examples, the epoch's record (history, best weights, early stopping, checkpoint), its line."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from unnoise.errors import DataError
from unnoise.training.checkpoint import TrainingState, save_checkpoint

Array = npt.NDArray[Any]


class FreshExamples(keras.callbacks.Callback):
    """Replaces training inputs and targets at the beginning of every epoch.

    Those of the next epoch are drawn in a thread while this one's are trained on.
    """

    def __init__(self, train: Callable[[int], tuple[Array, Array]], validation: tuple[Array, Array]) -> None:
        super().__init__()
        self.train, self.validation = train, validation
        self.worker = ThreadPoolExecutor(1)
        self.drawn: Future[tuple[Array, Array]] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take the inputs and targets of this epoch, and have those of the next one drawn."""
        examples = self.train(epoch) if self.drawn is None else self.drawn.result()
        held = (self.model.inputs_held, self.model.targets_held)
        for variable, fresh, validation in zip(held, examples, self.validation, strict=True):
            variable.assign(np.concatenate([fresh, validation], dtype=str(variable.dtype)))
        del examples, fresh
        last = epoch + 1 == self.params["epochs"]
        self.drawn = None if last else self.worker.submit(self.train, epoch + 1)

    def close(self) -> None:
        """End the thread."""
        self.worker.shutdown(cancel_futures=True)


class Recorder(keras.callbacks.Callback):
    """Keeps history and best weights, stops early, and writes one checkpoint an epoch that holds all of it."""

    def __init__(
        self, path: Path, state: TrainingState, best: list[Array], *, epochs: int, patience: int | None
    ) -> None:
        super().__init__()
        self.path, self.state, self.best = path, state, best
        self.epochs, self.patience = epochs, patience
        self.on_record: Callable[[TrainingState], None] = lambda state: None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record the epoch and write the checkpoint."""
        row = {"epoch": float(epoch + 1)} | {name: float(np.asarray(value)) for name, value in (logs or {}).items()}
        if not math.isfinite(row["loss"]) or not math.isfinite(row["val_loss"]):
            raise DataError(
                f"The loss is no finite number after epoch {epoch + 1} "
                f"(loss {row['loss']}, val_loss {row['val_loss']}). "
                "Use a lower training.learning_rate; the last good checkpoint is kept."
            )
        row["seconds"] = round(time.perf_counter() - self.started, 3)
        network = self.model.model
        if self.state.record(row, epochs=self.epochs, patience=self.patience):
            self.best = network.get_weights()
        save_checkpoint(self.path, network, self.model.optimizer, self.best, self.state)
        self.on_record(self.state)
        if self.state.finished:
            self.model.stop_training = True


def epoch_line(row: dict[str, float], epochs: int) -> str:
    """Return the one line that an epoch prints: its number, losses, metrics and time."""
    shown = [f"{name} {value:.4f}" for name, value in row.items() if name not in ("epoch", "seconds")]
    return f"epoch {int(row['epoch']):>3}/{epochs}  " + "  ".join(shown) + f"  {row['seconds']:.1f} s"


class EpochLines(keras.callbacks.Callback):
    """Prints one line an epoch; on a terminal also a progress bar within the epoch."""

    def __init__(self, console: Console, recorder: Recorder, *, steps: int) -> None:
        super().__init__()
        self.console, self.recorder, self.steps = console, recorder, steps
        self.bar: Progress | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Show the bar where there is a terminal."""
        if self.console.is_terminal:
            columns = (TextColumn(f"epoch {epoch + 1:>3}/{self.recorder.epochs}"), BarColumn(), TimeRemainingColumn())
            self.bar = Progress(*columns, console=self.console, transient=True)
            self.task = self.bar.add_task("", total=self.steps)
            self.bar.start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(self.task, completed=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Replace the bar by the epoch's line."""
        self.close()
        self.console.print(
            epoch_line(self.recorder.state.history[-1], self.recorder.epochs), highlight=False, soft_wrap=True
        )

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
