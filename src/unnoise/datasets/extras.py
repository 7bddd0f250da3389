"""Optional dependencies, imported when a data set needs them."""

from __future__ import annotations

import importlib
from types import ModuleType

from unnoise.errors import MissingExtraError


def import_extra(module: str, purpose: str) -> ModuleType:
    """Give the imported ``module``.

    Args:
        module: Dotted name, ``"scipy.io"``.
        purpose: What it is needed for; the error says it.

    Raises:
        MissingExtraError: the module's package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # the package is there, but broken inside: another story
        raise MissingExtraError(
            f"{purpose} needs {package}, which is not installed. Install it with: pip install 'unnoise[train]'"
        ) from error
