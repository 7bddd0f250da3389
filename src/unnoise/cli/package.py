"""``unnoise package``: a run as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import DataDir, Overwrite, make_console


def package(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run folder that train wrote.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write, such as model.onnx.")
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="onnx, keras, litert or openvino; by default the output's suffix tells."
        ),
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="Round the weights to 16 bits: half of the size.")] = False,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
) -> None:
    """Package a run as one file that denoises without Keras.

    Example: unnoise package runs/demo -o model.onnx, then unnoise denoise IMAGE --model model.onnx
    """
    from unnoise.experiment import RunFolder
    from unnoise.packaging.package_run import package_run

    folder = RunFolder.open(run)
    text = package_run(folder, output, format=format, half=half, overwrite=overwrite, data_dir=data_dir)
    make_console().print(text, highlight=False, soft_wrap=True)
