"""The commands put together, and what becomes of errors: one message on standard error and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from unnoise._version import __version__
from unnoise.cli import benchmark, demo, doctor, images, lifecycle
from unnoise.errors import MissingExtraError, UnnoiseError

app = typer.Typer(
    name="unnoise",
    help="Remove noise from images with autoencoders: describe, train, measure, package, denoise.",
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


app.command("demo")(demo.demo)
app.command("recipes")(lifecycle.recipes)
app.command("train")(lifecycle.train)
app.command("sweep")(lifecycle.sweep)
app.command("evaluate")(lifecycle.evaluate)
app.command("benchmark")(benchmark.benchmark)
app.command("tune")(benchmark.tune)
app.command("package")(lifecycle.package)
app.command("denoise")(images.denoise)
app.command("models")(images.models)
app.command("noise")(images.noise)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 an error, 2 wrong usage, 130 stopped by the user."""
    # TensorFlow's notices (start-up, retracing) would bury what unnoise prints.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        app()
    except UnnoiseError as error:
        _fail(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "unnoise":
            raise
        extra = "benchmark" if sys.argv[1:2] in (["benchmark"], ["tune"]) else "train"
        missing = MissingExtraError(
            f"This needs the package {error.name!r}, which is not installed. Install: pip install 'unnoise[{extra}]'"
        )
        _fail(str(missing), missing.exit_code)
    except KeyboardInterrupt:
        _fail("Stopped.", 130)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}. Nothing half written is left.", 1)


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"unnoise: {message}\n")
    raise SystemExit(code)
