"""unnoise removes noise from images with autoencoders: describe, train, measure, package, denoise.

    >>> import unnoise
    >>> noisy = unnoise.noise.parse("gaussian(0.2)")  # doctest: +SKIP
    >>> denoiser = unnoise.load("model.onnx")  # doctest: +SKIP
    >>> clean = denoiser.denoise(image)  # doctest: +SKIP

Names are loaded when they are first used, so that ``import unnoise`` stays cheap.
"""

import importlib
from typing import TYPE_CHECKING, Any

from unnoise._version import __version__

if TYPE_CHECKING:
    from unnoise import datasets, errors, evaluation, metrics, models, noise, training
    from unnoise.imaging import read_image, write_image
    from unnoise.inference import load

__all__ = [
    "__version__",
    "datasets",
    "errors",
    "evaluation",
    "load",
    "metrics",
    "models",
    "noise",
    "read_image",
    "training",
    "write_image",
]

_ATTRIBUTES = {
    "load": "unnoise.inference",
    "read_image": "unnoise.imaging",
    "write_image": "unnoise.imaging",
}


def __getattr__(name: str) -> Any:
    if name in _ATTRIBUTES:
        return getattr(importlib.import_module(_ATTRIBUTES[name]), name)
    if name in __all__:
        return importlib.import_module(f"unnoise.{name}")
    raise AttributeError(f"module 'unnoise' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
