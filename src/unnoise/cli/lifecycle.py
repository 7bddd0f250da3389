"""The lifecycle's commands: recipes, train, sweep, evaluate, package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unnoise.cli.options import DataDir, Overrides, Overwrite
from unnoise.cli.options import console as make_console
from unnoise.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from unnoise.training import RunFolder


def recipes() -> None:
    """List the built-in recipes."""
    from rich.table import Table

    from unnoise.training import built_in_recipes

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, summary in built_in_recipes().items():
        table.add_row(name, summary)
    make_console().print(table, highlight=False)


def train(
    recipe: Annotated[str | None, typer.Argument(help="A built-in recipe's name, or a .toml file.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Run folder; by default runs/RECIPE, numbered where that exists."),
    ] = None,
    overrides: Overrides = None,
    resume: Annotated[Path | None, typer.Option("--resume", metavar="RUN", help="Continue this run folder.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a recipe's models, measure them, and write the run folder with its report."""
    from unnoise import training
    from unnoise.evaluation.baselines import require_known

    if (recipe is None) == (resume is None):
        raise UsageError("Give a recipe, or --resume RUN. `unnoise recipes` lists the recipes.")
    if resume is not None and (overrides or output):
        raise UsageError("--resume continues a run as it was begun: it takes neither --set nor -o.")
    console = make_console()
    if resume is not None:
        folder = training.RunFolder.open(resume).path
    else:
        assert recipe is not None
        described = training.load_recipe(recipe, overrides or ())
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
    from unnoise.evaluation.run_evaluation import evaluate_run

    console.rule("[bold]evaluation")
    result, report = evaluate_run(run, data_dir=data_dir)
    result.print(console)
    console.print(f"report: {report}", soft_wrap=True, highlight=False)


def sweep(
    recipe: Annotated[str, typer.Argument(help="A built-in recipe's name, or a .toml file.")],
    overrides: Annotated[
        list[str],
        typer.Option(
            "--set", metavar="FIELD=A,B,C", help="Values to try, such as model.code=16,32,64; may be repeated."
        ),
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the table, plot and runs.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a recipe once for every combination of values; give one table and one plot."""
    from unnoise.evaluation.sweep import run_sweep
    from unnoise.training import load_recipe

    name = load_recipe(recipe).name
    run_sweep(
        recipe,
        overrides,
        output or free_folder(Path("runs") / f"{name}-sweep"),
        data_dir=data_dir,
        console=make_console(),
    )


def evaluate(
    target: Annotated[Path, typer.Argument(metavar="RUN|MODEL", help="A run folder, or a packaged model (.onnx).")],
    dataset: Annotated[str | None, typer.Option("--dataset", help="Another data set than the recipe's.")] = None,
    noise: Annotated[str | None, typer.Option("--noise", help="Another noise, such as 'gaussian(0.2)'.")] = None,
    strengths: Annotated[
        str | None,
        typer.Option("--strengths", metavar="A,B,C", help="The run at each of these strengths of its noise."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Measure a run or a packaged model: MSE, PSNR, SSIM, accuracies, beside the baselines."""
    from unnoise.evaluation.run_evaluation import evaluate_packaged, evaluate_run
    from unnoise.training import RunFolder

    console = make_console()
    if strengths is not None:
        from unnoise.evaluation.strengths import evaluate_strengths, parse_strengths

        values = parse_strengths(strengths)
        if dataset is not None or noise is not None:
            raise UsageError("--strengths keeps the recipe's data and noise: it takes neither --dataset nor --noise.")
        if not target.is_dir():
            raise UsageError(f"--strengths needs a run folder; {target} is none. Give the folder that train printed.")
        evaluate_strengths(RunFolder.open(target), values, data_dir=data_dir, console=console)
        return
    if target.is_dir():
        run = RunFolder.open(target)
        result, report = evaluate_run(run, dataset=dataset, noise=noise, data_dir=data_dir)
        result.print(console)
        console.print(f"report: {report}", soft_wrap=True, highlight=False)
    else:
        evaluate_packaged(target, dataset=dataset, noise=noise, data_dir=data_dir).print(console)


def package(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, such as model.onnx.")],
    format: Annotated[str, typer.Option("--format", help="onnx, keras, litert or openvino.")] = "onnx",
    half: Annotated[bool, typer.Option("--half", help="Round the weights to 16 bits: half of the size.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Package a run as one file that denoises without Keras."""
    from unnoise.packaging.package_run import package_run
    from unnoise.training import RunFolder

    folder = RunFolder.open(run)
    text = package_run(folder, output, format=format, half=half, overwrite=overwrite)
    make_console().print(text, highlight=False, soft_wrap=True)
