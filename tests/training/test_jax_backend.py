"""Models and training on JAX: the same tests, in a process of their own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
@pytest.mark.skipif(os.environ.get("KERAS_BACKEND") == "jax", reason="this is JAX already")
def test_models_and_training_pass_on_jax(tmp_path):
    # Compilation takes nearly all the time: one kind of images is enough, and what was compiled is kept.
    files = ["tests/models/test_every_model.py", "tests/training"]
    command = [sys.executable, "-m", "pytest", "-m", "not slow", "-k", "not colour", *files]
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
