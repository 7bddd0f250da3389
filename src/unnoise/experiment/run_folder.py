"""The run folder: everything about one run, so that evaluation and packaging need nothing else."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import platform
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from unnoise.atomic import write_text
from unnoise.errors import InputError, OutputError
from unnoise.experiment.recipe import Recipe, load_recipe

PACKAGES = ("keras", "tensorflow-cpu", "tensorflow", "jax", "torch", "numpy", "onnxruntime", "scikit-image")


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Paths and contents of a run folder; see ``docs/architecture.md`` for what lies where."""

    path: Path

    @classmethod
    def create(cls, path: str | Path, recipe: Recipe, facts: Mapping[str, Any]) -> RunFolder:
        """Make a new run folder with the resolved recipe and the facts of the run.

        Raises:
            OutputError: the folder exists and holds something, or cannot be made.
        """
        folder = cls(Path(path))
        try:
            if folder.path.exists() and any(folder.path.iterdir()):
                raise OutputError(f"The run folder {path} exists already.", remedy="resume")
            for part in (folder.path, folder.checkpoints, folder.models, folder.figures):
                part.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot make the run folder {path}: {error.strerror}.", remedy="output") from error
        try:
            write_text(folder.path / "run.json", json.dumps(dict(facts), indent=2) + "\n")
            # Written last: a folder with a recipe is one that can be resumed.
            write_text(folder.path / "recipe.toml", recipe.to_toml())
        except OutputError:
            # It was empty or not there before.
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        return folder

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Return the run folder at ``path``.

        Raises:
            InputError: there is none; the message says what is expected.
        """
        folder = cls(Path(path))
        if not (folder.path / "recipe.toml").is_file():
            raise InputError(f"{path} is no run folder: it holds no recipe.toml. Give the folder that train printed.")
        return folder

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints, one file a stage."""
        return self.path / "checkpoints"

    @property
    def models(self) -> Path:
        """The folder of trained models, whole and weights alone."""
        return self.path / "models"

    @property
    def figures(self) -> Path:
        """The folder of PNG figures."""
        return self.path / "figures"

    @property
    def history_file(self) -> Path:
        """history.csv: one row a stage and epoch."""
        return self.path / "history.csv"

    @property
    def metrics_file(self) -> Path:
        """metrics.json: the key figures of the last evaluation."""
        return self.path / "metrics.json"

    @property
    def report(self) -> Path:
        """report.html."""
        return self.path / "report.html"

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        return load_recipe(self.path / "recipe.toml")

    @property
    def facts(self) -> dict[str, Any]:
        """What run.json holds: seed, versions, machine, data."""
        content: dict[str, Any] = json.loads((self.path / "run.json").read_text("utf-8"))
        return content

    def model_file(self, stage: str) -> Path:
        """Return the path of a stage's whole model."""
        return self.models / f"{stage}.keras"

    def weights_file(self, stage: str) -> Path:
        """Return the path of a stage's weights."""
        return self.models / f"{stage}.weights.h5"

    def checkpoint(self, stage: str) -> Path:
        """Return the path of a stage's checkpoint."""
        return self.checkpoints / f"{stage}.npz"

    def load_model(self, stage: str) -> Any:
        """Return the trained model of a stage: ``classifier``, ``autoencoder`` or ``composite``.

        Raises:
            InputError: training has not got so far.
        """
        from unnoise.models import load_model

        if not self.model_file(stage).is_file():
            raise InputError(
                f"The run {self.path} has no finished {stage}: its training was stopped.", remedy="unfinished"
            )
        return load_model(self.model_file(stage))

    def read_history(self) -> list[dict[str, str]]:
        """Return the rows of history.csv as text; empty where there is none yet."""
        if not self.history_file.is_file():
            return []
        with open(self.history_file, newline="", encoding="utf-8") as handle:
            return list(csv.DictReader(handle))

    def write_history(self, stage: str, history: list[dict[str, float]]) -> None:
        """Replace the rows of ``stage`` in history.csv."""
        rows: list[dict[str, Any]] = [row for row in self.read_history() if row["stage"] != stage]
        rows += [{"stage": stage} | row | {"epoch": int(row["epoch"])} for row in history]
        names = dict.fromkeys(name for row in rows for name in row if name != "seconds")
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, [*names, "seconds"], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.history_file, text.getvalue())


def environment() -> dict[str, Any]:
    """Return versions and machine, for run.json."""
    from unnoise._version import __version__

    versions = {"unnoise": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    machine = {"system": platform.platform(), "processor": processor(), "cores": os.cpu_count()}
    return {"versions": versions, "machine": machine}


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
