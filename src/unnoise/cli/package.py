"""``unnoise package``: a run as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import DataDir, Overwrite, make_console


def package(
    run: Annotated[Path, typer.Argument(help="The run folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write, such as model.onnx.")],
    format: Annotated[
        str | None,
        typer.Option("--format", help="onnx, keras, litert or openvino; by default the output's suffix tells."),
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="Round the weights to 16 bits: half of the size.")] = False,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
) -> None:
    """Package a run as one file that denoises without Keras."""
    from unnoise.experiment import RunFolder
    from unnoise.packaging.package_run import package_run

    folder = RunFolder.open(run)
    text = package_run(folder, output, format=format, half=half, overwrite=overwrite, data_dir=data_dir)
    make_console().print(text, highlight=False, soft_wrap=True)
