"""``unnoise train``: from a recipe to a measured run folder, or from people's own images to a packaged model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unnoise.cli.options import DataDir, Overrides, make_console
from unnoise.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from unnoise.experiment import RunFolder
    from unnoise.lifecycle.own_images import OwnImages

OWN = "Your own images"


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
    images: Annotated[
        Path | None,
        typer.Option("--images", metavar="CLEAN", rich_help_panel=OWN, help="Clean images; noise is added to them."),
    ] = None,
    noise: Annotated[
        str | None,
        typer.Option(
            "--noise", metavar="NOISE", rich_help_panel=OWN, help="The noise for --images, see docs/noise.md."
        ),
    ] = None,
    pairs: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--pairs", metavar="NOISY CLEAN", rich_help_panel=OWN, help="Noisy images and clean ones of the same names."
        ),
    ] = None,
    shots: Annotated[
        Path | None,
        typer.Option(
            "--shots", metavar="SCENES", rich_help_panel=OWN, help="A folder for each scene, several shots in each."
        ),
    ] = None,
    noisy: Annotated[
        Path | None, typer.Option("--noisy", metavar="NOISY", rich_help_panel=OWN, help="Noisy images alone.")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="NAME",
            rich_help_panel=OWN,
            help="For --noisy: calibrate (the default, in minutes) or neighbor2neighbor.",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.01, rich_help_panel=OWN, help="How long to train; 30, or 5 for calibrate."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            rich_help_panel=OWN,
            help="Whose weights to begin with: a model's name, a packaged file, a run, or scratch.",
        ),
    ] = None,
) -> None:
    """Train a recipe's models, measure them, and write a run folder with a report.

    With images of your own, the model is also packaged, as model.onnx in the run folder.

    Examples: unnoise train demo --set training.epochs=5 --set 'noise=gaussian(0.3)'; unnoise train --noisy scans/
    """
    from unnoise import experiment, training
    from unnoise.baselines.baseline import require_known
    from unnoise.lifecycle.model_run import model_run

    own = _own(images, noise, pairs, shots, noisy, method, minutes, start)
    if sum(given is not None for given in (recipe, resume, own)) != 1:
        raise UsageError(
            "Give a recipe, --resume RUN, or one of --images, --pairs, --shots and --noisy. "
            "`unnoise recipes` lists the recipes."
        )
    if resume is not None and (overrides or output):
        raise UsageError("--resume continues a run as it was begun: it takes neither --set nor -o.")
    console = make_console()
    if own is not None:
        _train_own(own, overrides or [], output, console)
        return
    if resume is not None:
        folder = experiment.RunFolder.open(resume).path
    else:
        assert recipe is not None
        described = experiment.load_recipe(recipe, overrides or ())
        require_known(described.evaluation.baselines)
        folder = output or free_folder(Path("runs") / described.name)
    try:
        if resume is not None:
            if experiment.RunFolder.open(folder).recipe.supervision.method != "synthetic":
                model_run(None, folder, data_dir=data_dir, console=console)
                return
            run = training.resume(folder, data_dir=data_dir, console=console)
        else:
            run = training.train(described, folder, data_dir=data_dir, console=console)
        measure(run, console, data_dir)
    except KeyboardInterrupt:
        _tell_stopped(folder, console)
        raise


def _own(
    images: Path | None,
    noise: str | None,
    pairs: tuple[Path, Path] | None,
    shots: Path | None,
    noisy: Path | None,
    method: str | None,
    minutes: float | None,
    start: str | None,
) -> OwnImages | None:
    """Return what the options say of people's own images; None where they say nothing."""
    from unnoise.lifecycle.own_images import OwnImages

    given = {"--images": images, "--pairs": pairs, "--shots": shots, "--noisy": noisy}
    named = [option for option, value in given.items() if value is not None]
    for option, value, needs in (("--noise", noise, "--images"), ("--method", method, "--noisy")):
        if value is not None and given[needs] is None:
            raise UsageError(f"{option} goes with {needs}.")
    if not named:
        if minutes is not None or start is not None:
            raise UsageError("--minutes and --from go with --images, --pairs, --shots or --noisy.")
        return None
    if len(named) > 1:
        raise UsageError(f"Give one of {' and '.join(named)}.")
    if method not in (None, "calibrate", "neighbor2neighbor"):
        raise UsageError(f"--method is calibrate or neighbor2neighbor; received {method!r}.")
    if images is not None:
        return OwnImages("synthetic", images, noise=noise, start=start, minutes=minutes)
    if pairs is not None:
        return OwnImages("pairs", pairs[1], noisy=pairs[0], start=start, minutes=minutes)
    if shots is not None:
        return OwnImages("noise2noise", shots, start=start, minutes=minutes)
    assert noisy is not None
    return OwnImages(method or "calibrate", noisy, start=start, minutes=minutes)


def _train_own(own: OwnImages, overrides: list[str], output: Path | None, console: Console) -> None:
    from unnoise.lifecycle.model_run import MODEL, model_run
    from unnoise.lifecycle.own_images import plan

    chosen = plan(own, overrides)
    for reason in chosen.reasons:
        console.print(reason + ("" if reason.endswith(".") else "."), highlight=False, soft_wrap=True, markup=False)
    if chosen.seconds is not None:
        console.print(f"Time to expect: about {max(1, round(chosen.seconds / 60))} min.", highlight=False)
    folder = output or free_folder(Path("runs") / chosen.recipe.name)
    try:
        run = model_run(chosen.recipe, folder, console=console)
    except KeyboardInterrupt:
        _tell_stopped(folder, console)
        raise
    console.print(
        f"The model is {run.path / MODEL}. Denoise with it: unnoise denoise IMAGE --model {run.path / MODEL}\n"
        f"The recipe is {run.path / 'recipe.toml'}: change it and run it again with unnoise train.",
        highlight=False,
        soft_wrap=True,
    )


def _tell_stopped(folder: Path, console: Console) -> None:
    if (folder / "recipe.toml").exists():
        console.print(f"\nStopped. What is done is kept; continue with: unnoise train --resume {folder}")


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
