"""The command line: thin commands over the library. Heavy imports happen inside the commands' bodies."""

from unnoise.cli.app import main

__all__ = ["main"]
