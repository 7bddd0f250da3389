"""Options that several commands share."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unnoise.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="FOLDER", envvar="UNNOISE_DATA", help="Folder in which data sets are looked for first."
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change a field of the recipe, such as training.epochs=5; may be repeated.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing output file.")]


def finite(value: float | None) -> float | None:
    """Refuse NaN and infinity, which the ranges of options let pass; a callback for them."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number.")
    return value


def with_address(arguments: list[str]) -> list[str]:
    """Return a command's arguments with the address that ``--cluster`` alone stands for.

    Example:
        >>> with_address(["--cluster", "s3://in", "-o", "s3://out"])
        ['--cluster=local', 's3://in', '-o', 's3://out']
        >>> with_address(["in", "--cluster", "10.0.0.5:6379"])
        ['in', '--cluster', '10.0.0.5:6379']
    """
    found = list(arguments)
    for place, argument in enumerate(arguments):
        after = arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument == "--cluster" and not re.fullmatch(r"auto|local|(ray://)?[^/]+:\d+", after):
            found[place] = "--cluster=local"
    return found


def listed(text: str | None) -> list[str]:
    """Return what stands between the commas of an option's text."""
    return [] if text is None else [part.strip() for part in text.split(",") if part.strip()]


def numbers(option: str, text: str, *, example: str = "0.1,0.2,0.5") -> list[float]:
    """Return the numbers between the commas of an option's text.

    Raises:
        UsageError: something between the commas is no finite number.

    Example:
        >>> numbers("--strengths", "0.5, 0.1,0.50")
        [0.5, 0.1, 0.5]
    """
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(map(math.isfinite, found)):
        raise UsageError(f"{option} takes numbers with commas between, such as {example}; received {text!r}.")
    return found


def make_console() -> Console:
    """Return the console that commands print on; wide enough for the tables where there is no terminal."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal else Console(width=120)
