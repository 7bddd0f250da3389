"""``unnoise train``: from a recipe to a measured run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unnoise.cli.options import DataDir, Overrides, make_console
from unnoise.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from unnoise.experiment import RunFolder


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="One that `unnoise recipes` lists, or a .toml file.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Run folder; by default runs/RECIPE, numbered where that exists."
        ),
    ] = None,
    overrides: Overrides = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a recipe's models, measure them, and write a run folder with a report.

    Example: unnoise train demo --set training.epochs=5 --set 'noise=gaussian(0.3)'
    """
    from unnoise import experiment, training
    from unnoise.baselines.baseline import require_known

    if (recipe is None) == (resume is None):
        raise UsageError("Give a recipe, or --resume RUN. `unnoise recipes` lists the recipes.")
    if resume is not None and (overrides or output):
        raise UsageError("--resume continues a run as it was begun: it takes neither --set nor -o.")
    console = make_console()
    if resume is not None:
        folder = experiment.RunFolder.open(resume).path
    else:
        assert recipe is not None
        described = experiment.load_recipe(recipe, overrides or ())
        require_known(described.evaluation.baselines)
        folder = output or free_folder(Path("runs") / described.name)
    try:
        if resume is not None:
            run = training.resume(folder, data_dir=data_dir, console=console)
        else:
            run = training.train(described, folder, data_dir=data_dir, console=console)
        measure(run, console, data_dir)
    except KeyboardInterrupt:
        if (folder / "recipe.toml").exists():
            console.print(f"\nStopped. What is done is kept; continue with: unnoise train --resume {folder}")
        raise


def free_folder(wanted: Path) -> Path:
    """Return ``wanted``, or the first of wanted-2, wanted-3, ... that does not exist."""
    number, folder = 1, wanted
    while folder.exists():
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


def measure(run: RunFolder, console: Console, data_dir: Path | None) -> None:
    """Evaluate a finished run and print its tables and where the report is."""
    from unnoise.evaluation import evaluate_subject

    console.rule("[bold]evaluation")
    evaluate_subject(run, data_dir=data_dir).print(console)
