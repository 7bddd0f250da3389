"""``unnoise sweep``: a recipe trained for every combination of values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import DataDir, make_console
from unnoise.cli.train import free_folder


def sweep(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="One that `unnoise recipes` lists, or a .toml file.")],
    overrides: Annotated[
        list[str],
        typer.Option(
            "--set", metavar="FIELD=A,B,C", help="Values to try, such as model.code=16,32,64; may be repeated."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="For the runs, the table and the plot; by default runs/RECIPE-sweep, numbered where that exists.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Train a recipe once for every combination of values, for one table and one plot.

    Example: unnoise sweep demo --set model.code=16,64,128
    """
    from unnoise.experiment import load_recipe
    from unnoise.lifecycle.sweep import run_sweep

    name = load_recipe(recipe).name
    run_sweep(
        recipe,
        overrides,
        output or free_folder(Path("runs") / f"{name}-sweep"),
        data_dir=data_dir,
        console=make_console(),
    )
