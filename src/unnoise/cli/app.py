"""The commands put together, and what becomes of errors: one message on standard error and an exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import Annotated

import typer

from unnoise._version import __version__
from unnoise.cli.benchmark import benchmark
from unnoise.cli.demo import demo
from unnoise.cli.denoise import denoise
from unnoise.cli.doctor import doctor
from unnoise.cli.errors import describe, fail, missing_package
from unnoise.cli.evaluate import evaluate
from unnoise.cli.inspect import inspect
from unnoise.cli.models import models
from unnoise.cli.noise import noise
from unnoise.cli.options import with_address
from unnoise.cli.package import package
from unnoise.cli.recipes import recipes
from unnoise.cli.sweep import sweep
from unnoise.cli.train import train
from unnoise.cli.tune import tune
from unnoise.cli.web import web
from unnoise.errors import UnnoiseError

# The order of the help: what most people came for stands first.
COMMANDS = {
    "Images": (denoise, web, models, noise, doctor),
    "Models of your own": (demo, inspect, recipes, train, evaluate, package, sweep),
    "Comparisons": (benchmark, tune),
}

app = typer.Typer(
    name="unnoise",
    help="Remove noise from images with autoencoders. "
    "For a photograph: [bold]unnoise denoise photo.jpg[/bold]. To see all of it on bundled data: "
    "[bold]unnoise demo[/bold].",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unnoise {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    pass


for panel, commands in COMMANDS.items():
    for command in commands:
        app.command(command.__name__, rich_help_panel=panel)(command)


def unquoted(argument: str) -> str:
    """Return the argument without the single quotes around it, which cmd.exe takes for a part of it.

    Example:
        >>> unquoted("'noise=gaussian(0.3)'"), unquoted("it's")
        ('noise=gaussian(0.3)', "it's")
    """
    return argument[1:-1] if len(argument) > 1 and argument[0] == argument[-1] == "'" else argument


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 bad input or data, 2 wrong usage, 130 stopped by the user."""
    # TensorFlow's notices (start-up, retracing) would bury what unnoise prints.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        # Terminals and pipes of Windows may know neither × nor ±; a question mark is better than a stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if os.name == "nt":
        sys.argv[1:] = map(unquoted, sys.argv[1:])
    sys.argv[1:] = with_address(sys.argv[1:])
    try:
        app()
    except UnnoiseError as error:
        fail(describe(error), error.exit_code)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "unnoise":
            raise
        missing = missing_package(error, sys.argv[1])
        fail(str(missing), missing.exit_code)
    except KeyboardInterrupt:
        fail("Stopped.", 130)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(f"{place}{error.strerror or error}. Nothing half written is left.", 1)
