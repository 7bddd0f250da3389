"""Checkpoints: everything that training needs to go on as if it had never stopped, in one file.

A checkpoint is an uncompressed ``.npz``: the model's and the optimizer's variables, the weights of the best epoch, and
the training state as JSON. It is written to a temporary name and renamed, so that at any moment the last whole one is
there.
"""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.atomic import atomic_path
from unnoise.errors import DataError

Array = npt.NDArray[Any]


@dataclasses.dataclass
class TrainingState:
    """What training knows between two epochs.

    Attributes:
        history: One dict an epoch: epoch (from 1), loss, val_loss, other metrics, seconds.
        best_epoch, best_loss: The epoch of the lowest validation loss, and that loss; 0 and None before the first.
        waited: Epochs since the best one (early stopping's count).
        finished: Whether training ended, by the number of epochs or by early stopping.
    """

    history: list[dict[str, float]] = dataclasses.field(default_factory=list)
    best_epoch: int = 0
    best_loss: float | None = None
    waited: int = 0
    finished: bool = False

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.history)

    def record(self, row: dict[str, float], *, epochs: int, patience: int | None) -> bool:
        """Take in one epoch's figures; return whether it is the best so far."""
        self.history.append(row)
        improved = self.best_loss is None or row["val_loss"] < self.best_loss
        if improved:
            self.best_loss, self.best_epoch, self.waited = row["val_loss"], self.epoch, 0
        else:
            self.waited += 1
        self.finished = self.epoch >= epochs or (patience is not None and self.waited >= patience)
        return improved


def save_checkpoint(path: Path, model: Any, optimizer: Any, best: list[Array], state: TrainingState) -> None:
    """Write the checkpoint to ``path``, whole or not at all."""
    arrays = {f"model/{i}": variable.numpy() for i, variable in enumerate(model.variables)}
    arrays |= {f"optimizer/{i}": np.asarray(variable) for i, variable in enumerate(optimizer.variables)}
    arrays |= {f"best/{i}": weight for i, weight in enumerate(best)}
    text = json.dumps(dataclasses.asdict(state)).encode()
    with atomic_path(path) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, state=np.frombuffer(text, np.uint8), **arrays)


def load_checkpoint(path: Path, model: Any, optimizer: Any) -> tuple[list[Array], TrainingState]:
    """Set the variables of ``model`` and ``optimizer`` from ``path``; return the best weights and the training state.

    Raises:
        DataError: the file is damaged, or belongs to another model.
    """
    try:
        # Opened here: NumPy leaves a file that is no whole archive open.
        with open(path, "rb") as handle, np.load(handle, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        state = TrainingState(**json.loads(arrays.pop("state").tobytes()))
        for prefix, variables in (("model", model.variables), ("optimizer", optimizer.variables)):
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{prefix}/{i}"])
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The checkpoint {path} cannot be used: {error}. Delete it to train this stage from its start."
        ) from error
    best = [arrays[f"best/{i}"] for i in range(sum(name.startswith("best/") for name in arrays))]
    return best, state
