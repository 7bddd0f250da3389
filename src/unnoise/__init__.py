"""unnoise removes noise from images with autoencoders: describe, train, measure, package, denoise.

    >>> import unnoise
    >>> answer = unnoise.denoise(image)  # a photograph, uint8, uint16 or float  # doctest: +SKIP
    >>> denoiser = unnoise.load("model.onnx")  # a packaged model of your own  # doctest: +SKIP
    >>> answer = denoiser.denoise(image)  # doctest: +SKIP

Names are loaded when they are first used, so that ``import unnoise`` stays cheap.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from unnoise._version import __version__

if TYPE_CHECKING:
    from unnoise import (
        baselines,
        datasets,
        errors,
        evaluation,
        experiment,
        files,
        frames,
        imaging,
        inference,
        metrics,
        models,
        noise,
        packaging,
        reporting,
        training,
    )
    from unnoise.files import denoise, denoise_file, denoise_folder
    from unnoise.imaging import Image, read_image, write_image
    from unnoise.inference import DenoiseOptions, estimate_noise, load

# TensorFlow takes oneDNN by itself only on newer processors; convolutions train up to twice as fast with it on all.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# When it is imported, ONNX Runtime writes a device id and events into the user's cache folder, to be sent; telling it
# afterwards comes too late. Its versions differ in which of the two they heed.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("ORT_TELEMETRY_DISABLED", "1")

__all__ = [
    "DenoiseOptions",
    "Image",
    "__version__",
    "baselines",
    "datasets",
    "denoise",
    "denoise_file",
    "denoise_folder",
    "errors",
    "estimate_noise",
    "evaluation",
    "experiment",
    "files",
    "frames",
    "imaging",
    "inference",
    "load",
    "metrics",
    "models",
    "noise",
    "packaging",
    "read_image",
    "reporting",
    "training",
    "write_image",
]

_ATTRIBUTES = {
    "DenoiseOptions": "unnoise.inference",
    "Image": "unnoise.imaging",
    "denoise": "unnoise.files",
    "denoise_file": "unnoise.files",
    "denoise_folder": "unnoise.files",
    "estimate_noise": "unnoise.inference",
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
