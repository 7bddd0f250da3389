"""How long a step of training takes on this machine, measured in a few seconds."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from unnoise.experiment import Recipe
from unnoise.experiment.supervision import registry

# Steps that are timed, after one that compiles.
TIMED = 3


def seconds_a_step(recipe: Recipe, channels: int) -> float:
    """Return the seconds that a step of the recipe's autoencoder takes, by a few steps on random patches.

    Args:
        recipe: With ``data.patch``.
        channels: Of the images.
    """
    import keras

    from unnoise.models import build
    from unnoise.training.calibration import Calibration
    from unnoise.training.losses import mean_square
    from unnoise.training.neighbors import NeighborResiduals

    side = recipe.data.patch
    assert side is not None
    noisy = np.random.default_rng(0).random((recipe.training.batch_size, side, side, channels), np.float32)
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.training.precision)
    try:
        network = build(recipe.model.architecture, (None, None, channels), **recipe.model.parameters)
    finally:
        keras.config.set_dtype_policy(usual)
    supervision = registry.get(recipe.supervision.method)(recipe)
    inputs, targets = noisy, noisy
    if supervision.gives_residuals:
        inputs, targets = supervision.examples(noisy, None, np.random.default_rng(0))
        network = (
            Calibration(network, noisy) if recipe.supervision.method == "calibrate" else NeighborResiduals(network)
        )
    network.compile("adam", loss=mean_square if supervision.gives_residuals else "mse", jit_compile=False)
    network.train_on_batch(inputs, targets)
    started = time.perf_counter()
    for _ in range(TIMED):
        network.train_on_batch(inputs, targets)
    return (time.perf_counter() - started) / TIMED


def sixteen_bits() -> bool:
    """Return whether this processor multiplies 16-bit numbers faster, as far as that can be told."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
