"""``unnoise doctor``: whether this installation can denoise."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import typer

from unnoise._version import __version__
from unnoise.errors import UnnoiseError

PACKAGES = ("numpy", "onnxruntime", "pyvips", "pillow")
# Only for training and evaluation.
OPTIONAL = ("keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "onnx", "scikit-image")

# How far an accelerator's answer may lie from the processor's, for white = 1: some compute with 10 bits.
TOLERANCE = 2 / 255


def doctor() -> None:
    """Check this installation: versions, devices, the weights' checksums, and a self-test of every packaged model."""
    failed = [name for name, check in CHECKS.items() if not _passes(name, check)]
    if failed:
        raise UnnoiseError(f"Not in order: {', '.join(failed)}. Install unnoise again.")
    typer.echo("All is well.")


def _passes(name: str, check: Callable[[], str]) -> bool:
    """Print what the check finds; return whether it passes."""
    try:
        typer.echo(f"{name:<12}{check()}")
    except Exception as error:  # whatever is wrong with an installation, the other checks go on
        typer.echo(f"{name:<12}FAILED: {error}")
        return False
    return True


def _versions() -> str:
    import importlib.metadata
    import platform

    found = [f"unnoise {__version__}", f"Python {platform.python_version()}"]
    return ", ".join([*found, *(f"{package} {importlib.metadata.version(package)}" for package in PACKAGES)])


def _training() -> str:
    import importlib.metadata

    found = []
    for package in OPTIONAL:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found) or "not installed; pip install 'unnoise[train]' adds it"


def _images() -> str:
    from unnoise.imaging.codecs.vips import libvips
    from unnoise.imaging.formats import FORMATS

    vips = libvips()
    names = dict.fromkeys(format_.name for format_ in FORMATS.values())
    return f"libvips {vips.version(0)}.{vips.version(1)}.{vips.version(2)}: {', '.join(names)}"


def _devices() -> str:
    """Name the devices; raise where an accelerator answers otherwise than the processor, with black or wrong pixels."""
    import numpy as np

    from unnoise.inference import load
    from unnoise.inference.session import available_devices

    noisy = np.random.default_rng(0).normal(0.5, 0.1, (96, 96, 3)).astype(np.float32)
    expected = load(device="cpu").denoise(noisy)
    found = ["cpu"]
    for device in available_devices():
        if device == "cpu":
            continue
        try:
            answer = load(device=device).denoise(noisy)
        except UnnoiseError as error:
            found.append(f"{device}, which cannot be used ({error})")
            continue
        # Not a number is no small difference.
        wrong = float(np.abs(answer - expected).max())
        if not wrong < TOLERANCE:
            raise UnnoiseError(f"{device} differs from cpu by up to {wrong:.2g} of white; take --device cpu")
        found.append(f"{device}, which differs from cpu by at most {wrong:.1e}")
    return "; ".join(found)


def _weights() -> str:
    import hashlib

    from unnoise.inference.packaged import checksums, folder

    sums = checksums()
    for name, expected in sums.items():
        found = hashlib.sha256(Path(folder() / name).read_bytes()).hexdigest()
        if found != expected:
            raise UnnoiseError(f"{name} has the SHA-256 {found}, not {expected}")
    return ", ".join(f"{name} {expected[:12]}" for name, expected in sums.items())


def _licence() -> str:
    from unnoise.inference import load, packaged_models

    by_licence: dict[str, list[str]] = {}
    for name in packaged_models():
        by_licence.setdefault(load(name).metadata.licence, []).append(name)
    weights = (f"weights of {', '.join(names)}: {licence}" for licence, names in by_licence.items())
    return "; ".join(["code: MIT", *weights])


def _self_test() -> str:
    import numpy as np

    from unnoise.files import denoise
    from unnoise.inference import estimate_noise, packaged_models

    axis = np.linspace(0.2, 0.8, 192, dtype=np.float32)
    clean = np.stack(
        [axis + 0 * axis[:, np.newaxis], 0 * axis + axis[:, np.newaxis], np.full((192, 192), 0.5)], axis=-1
    )
    noisy = clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)
    level = estimate_noise(noisy)
    if not 0.08 < level < 0.12:
        raise UnnoiseError(f"noise of 0.1 was estimated as {level:.3f}")
    lines = []
    for model in packaged_models():
        started = time.perf_counter()
        left = float(np.sqrt(np.mean((denoise(noisy, model=model) - clean) ** 2)))
        if not left < 0.02:
            raise UnnoiseError(f"{model} leaves noise of {left:.3f} from 0.1 in a gradient")
        lines.append(f"{model} takes noise from 0.100 to {left:.3f} in {time.perf_counter() - started:.2f} s")
    return ", ".join(lines)


CHECKS: dict[str, Callable[[], str]] = {
    "versions": _versions,
    "training": _training,
    "images": _images,
    "devices": _devices,
    "weights": _weights,
    "licence": _licence,
    "self-test": _self_test,
}
