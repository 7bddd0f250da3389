"""``unnoise demo``: the whole lifecycle on the bundled data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import make_console


def demo(
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Run folder; by default runs/demo, numbered where that exists."
        ),
    ] = None,
) -> None:
    """Train, measure, package and denoise on the bundled Fashion-MNIST mini set."""
    from unnoise.cli.train import free_folder
    from unnoise.lifecycle.demo import run_demo

    console = make_console()
    run = run_demo(output or free_folder(Path("runs") / "demo"), console=console)
    console.print(
        f"Look at {run.report} and {run.figures}. Then try:\n"
        "  unnoise recipes                                  the labs, each with one line\n"
        "  unnoise train fashion-dense                      a lab on the full data set\n"
        "  unnoise sweep demo --set model.code=16,128      does a larger code help?\n"
        f"  unnoise evaluate {run.path} --noise 'gaussian(0.3)'   how it does on weaker noise\n"
        "  unnoise noise IMAGE --noise 'gaussian(0.2)' -o NOISY.png   noise for your own images",
        highlight=False,
        soft_wrap=True,
    )
