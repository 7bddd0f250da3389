"""``unnoise inspect``: what a folder of images is like, before anything is trained on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import make_console


def inspect(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Images; or sub-folders noisy and clean with pairs; or one sub-folder of shots for each scene.",
        ),
    ],
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="A PNG file to draw the figures into.")
    ] = None,
) -> None:
    """Look at a folder of images: size, depth, range in use, noise, and which training fits.

    Example: unnoise inspect scans/ --picture look.png
    """
    from unnoise.lifecycle.inspection import inspect as look

    look(folder, console=make_console(), picture=picture)
