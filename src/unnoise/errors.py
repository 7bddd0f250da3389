"""The exception tree. Every message states the rule, the value received and the cause.

UnnoiseError
├── UsageError          a wrong name, value or combination of them (the command line exits with 2)
│   └── RecipeError     a recipe with a wrong field, or an unknown one
├── InputError          an array, image or file that cannot be used
│   ├── DataError       a data set: missing, truncated, corrupt
│   └── ModelFileError  a model file that is not one, or does not fit the image
├── OutputError         an output that cannot be written, or that exists already
└── MissingExtraError   an optional dependency that is not installed
"""


class UnnoiseError(Exception):
    """Base of every error that unnoise raises on purpose. Its text is one or a few plain lines.

    Args:
        message: The rule, the value received and the cause; no option of the command line.
        remedy: The parameter that mends it, such as ``overwrite``: the command line says how it is given there.
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class UsageError(UnnoiseError):
    """A wrong name, value or combination of values."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe that does not describe a training run."""


class InputError(UnnoiseError):
    """An array, image or file that cannot be used as given."""


class DataError(InputError):
    """A data set that is missing, truncated or corrupt."""


class ModelFileError(InputError):
    """A file that is not a packaged model, or a model that does not fit the image."""


class OutputError(UnnoiseError):
    """An output that cannot be written, or an existing file without ``overwrite``."""


class MissingExtraError(UnnoiseError):
    """A feature whose optional dependencies are not installed."""
