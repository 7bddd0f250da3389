"""From a recipe to a packaged model in one go: train, measure, package."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from unnoise.evaluation import evaluate_subject
from unnoise.experiment import Recipe, RunFolder
from unnoise.packaging import package_run
from unnoise.training import resume, train

MODEL = "model.onnx"
"""The packaged model in its run folder."""


def model_run(recipe: Recipe | None, folder: Path, *, data_dir: Path | None = None, console: Console) -> RunFolder:
    """Train and measure a recipe's models and package them as ``model.onnx`` in the run folder.

    Args:
        recipe: What to do; None: to go on with the run in ``folder``.
        folder: The run folder, new unless ``recipe`` is None.
        data_dir: Where data sets are looked for first.
        console: Where to print.

    Raises:
        DataError, InputError, RecipeError, OutputError: as training, evaluation and packaging do.
    """
    if recipe is None:
        run = resume(folder, data_dir=data_dir, console=console)
    else:
        run = train(recipe, folder, data_dir=data_dir, console=console)
    console.rule("[bold]evaluation")
    evaluate_subject(run, data_dir=data_dir).print(console)
    console.rule("[bold]package")
    console.print(
        package_run(run, run.path / MODEL, overwrite=recipe is None, data_dir=data_dir),
        highlight=False,
        soft_wrap=True,
    )
    return run
