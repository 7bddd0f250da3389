"""What the command line makes of a library error: its text, and the option that mends it.

The library states the rule, the value it received and the cause; only here are options known by name.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from unnoise.errors import MissingExtraError, UnnoiseError

REMEDIES = {
    "cluster": "Give the address of its head with --cluster, or --cluster alone for one of this machine.",
    "data_dir": "Give the folder that has it with --data-dir, or set UNNOISE_DATA.",
    "dataset": "Name another with --set data.dataset=FOLDER (train) or --dataset FOLDER (evaluate); "
    "--data-dir is looked through, too.",
    "frames": "Choose one with --frames, such as --frames first.",
    "least_memory": "Give more with --max-memory, which counts megabytes, or leave it out.",
    "max_memory": "Lower --max-memory, or shrink the image.",
    "max_pixels": "Raise the limit with --max-pixels, or shrink the image.",
    "output": "Choose another place with -o.",
    "methods": "Give --models or --methods, and --sigmas or --noise.",
    "model": "`unnoise models` lists the models of unnoise; `unnoise package RUN -o FILE` makes one from a run.",
    "noise": "Measure other noises one by one with --noise.",
    "overwrite": "Choose another name, or replace it with --overwrite.",
    "package": "Package the run first: unnoise package RUN -o model.onnx",
    "pairs": "Give both: unnoise train --pairs NOISY CLEAN",
    "recursive": "With -r the images of its sub-folders count.",
    "white": "Give the value of white with --white.",
    "threads": "Give a worker fewer with --threads.",
    "resume": "Choose another folder with -o, or continue it with --resume.",
    "port": "Choose another with --port.",
    "unfinished": "Finish it: unnoise train --resume RUN",
}
"""What the user can do, by the parameter that an error of the library names as its remedy."""

_TRAINING = ("keras", "tensorflow", "onnx", "tf2onnx")
_CLUSTER = ("fsspec", "pyarrow", "ray")


def describe(error: UnnoiseError) -> str:
    """Return the error's text, followed by the option that mends it where one does."""
    if error.remedy is None:
        return str(error)
    text = str(error)
    return text + ("\n" if "\n" in text else " ") + REMEDIES[error.remedy]


def missing_package(error: ModuleNotFoundError, command: str) -> MissingExtraError:
    """Return the error for a package that a command needs and that is not installed."""
    package = (error.name or "").split(".")[0]
    extra = {"benchmark": "benchmark", "tune": "benchmark", "web": "web"}.get(command, "train")
    extra = "train" if package in _TRAINING else "cluster" if package in _CLUSTER else extra
    return MissingExtraError(
        f"`unnoise {command}` needs the package {package!r}, which is not installed. "
        f"Install it: pip install 'unnoise[{extra}]'"
    )


def fail(message: str, code: int) -> NoReturn:
    """Print one message on standard error and stop with the exit code."""
    sys.stderr.write(f"unnoise: {message}\n")
    raise SystemExit(code)
