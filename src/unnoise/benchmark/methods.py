"""The methods of a benchmark: packaged models, and the registered baselines with values tuned on other photographs."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unnoise import baselines
from unnoise.baselines.baseline import Images
from unnoise.baselines.classical import ClassicalFilter
from unnoise.baselines.tuned import FilterTunedBySigma
from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.inference.self_ensemble import COUNTS
from unnoise.registry import suggestion

Denoise = Callable[[Images, float], Any]
"""Noisy image ``(H, W, C)`` and the noise's standard deviation, which blind methods do not look at, to the answer."""

DEFAULT = ("do-nothing", "median", "bilateral", "tv", "wavelet", "nlm", "opencv-nlm", "open-image-denoise")
"""The baselines of a benchmark that names none; BM3D takes minutes an image and is asked for by name."""

TITLES = {
    "do-nothing": "noisy (do nothing)",
    "median": "median",
    "bilateral": "bilateral",
    "tv": "total variation",
    "wavelet": "wavelet (BayesShrink)",
    "nlm": "non-local means",
    "opencv-nlm": "non-local means (OpenCV)",
    "bm3d": "BM3D",
    "open-image-denoise": "Open Image Denoise",
}


@dataclass(frozen=True)
class Method:
    """A way to denoise single images.

    Args:
        name: As it is asked for.
        denoise: What it does.
        identity: Of a model, the checksum of its file; of a tuned filter, its values. Results of one name and another
            identity are not mixed.
    """

    name: str
    denoise: Denoise
    identity: str = ""


def names() -> list[str]:
    """Return the baselines that denoise single images of any size."""
    return [name for name in baselines.registry if name not in ("linear", "pca")]


def is_model(name: str) -> bool:
    """Return whether a method's name means a packaged model."""
    return name not in names()


def title_of(name: str) -> str:
    """Return what to call a method in tables and figures."""
    model, passes = _split(name)
    title = TITLES.get(name) or (model[:-5] if model.endswith(".onnx") else f"unnoise {model}")
    return title if passes == 1 else f"{title}, {passes} passes"


def checked_name(name: str) -> str:
    """Return the name of a method; nothing is loaded.

    Raises:
        UsageError: neither a baseline, a model that comes with unnoise, nor a .onnx file, or no such number of passes.
        ModelFileError: no such file.
    """
    from unnoise.inference import packaged_models

    model, passes = _split(name)
    if passes not in COUNTS:
        raise UsageError(f"{name} asks for {passes} passes. Write {model}@2, {model}@4 or {model}@8.")
    if Path(model).suffix == ".onnx":
        if not Path(model).is_file():
            raise ModelFileError(f"There is no model file {model}. Check the name; `unnoise package` makes one.")
    elif model not in packaged_models() and name not in names():
        allowed = [*packaged_models(), *names()]
        raise UsageError(f"Unknown method or model {name!r}. {suggestion(model, allowed)} Or give a .onnx file.")
    return name


def _split(name: str) -> tuple[str, int]:
    """Return the model and the number of passes of ``MODEL@PASSES``; 1 where none is given."""
    found = re.fullmatch(r"(.+)@(\d+)", name)
    return (found[1], int(found[2])) if found else (name, 1)


def make(name: str, tuned: Mapping[str, Any] | None = None) -> Method:
    """Return a method, loaded and ready.

    Args:
        name: A baseline, a model that comes with unnoise, or a packaged file; a model perhaps with ``@2``, ``@4`` or
            ``@8`` behind it, the number of passes.
        tuned: Tuned values as :func:`unnoise.benchmark.tuning.tune` gives them; None for the committed ones.

    Raises:
        BaselineError: it needs a package that is not installed.
        ModelFileError, UsageError: no packaged model.
    """
    if is_model(name):
        return _model(name)
    baseline = baselines.build(name)
    if isinstance(baseline, ClassicalFilter):
        denoiser = FilterTunedBySigma(name, baseline, committed() if tuned is None else tuned)
        # A package that is missing is told now, not in the middle.
        denoiser.denoise(np.zeros((16, 16, 1), np.float32), 0.1)
        return Method(name, denoiser.denoise, identity=denoiser.identity)
    nothing = np.empty((0, 1, 1, 1), np.float32)
    return Method(name, baseline.fit(nothing, nothing, nothing, nothing).denoise)


@functools.cache
def committed() -> dict[str, Any]:
    """Return the tuned values that come with unnoise: by colour or gray, filter and sigma in 255ths."""
    return tomllib.loads(importlib.resources.files(__package__).joinpath("tuned.toml").read_text("utf-8"))


def read_tuned(path: str | Path) -> dict[str, Any]:
    """Return the tuned values of a file that ``unnoise tune`` wrote.

    Raises:
        InputError: no such file, or not one of tuned values.
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
        for kind in ("colour", "gray"):
            for table in content[kind].values():
                assert all(float(sigma) > 0 and value > 0 for sigma, value in table.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} is no file of tuned values ({reason}). Make one with `unnoise tune`.") from None
    return content


def _model(name: str) -> Method:
    from unnoise.inference import DenoiseOptions, load
    from unnoise.inference.packaged import model_file

    model, passes = _split(checked_name(name))
    denoiser = load(model)
    identity = hashlib.sha256(model_file(model).read_bytes()).hexdigest()[:12]

    def denoise(noisy: Images, sigma: float) -> Any:
        # As unnoise.denoise does it: the estimate of the noise, by which clean images are left as they are, takes its
        # time.
        return denoiser.denoise(noisy, DenoiseOptions(self_ensemble=passes))

    return Method(name, denoise, identity=identity)
