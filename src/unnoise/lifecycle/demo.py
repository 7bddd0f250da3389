"""The demo: the whole lifecycle on the bundled data."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from unnoise.experiment import RunFolder, load_images, load_recipe
from unnoise.imaging import Image, write_image
from unnoise.lifecycle.model_run import model_run

# Runs in a process of its own, to show that a packaged model needs no Keras.
DENOISE = """
import sys
from unnoise.cli import main
sys.argv = ["unnoise", "denoise", *sys.argv[1:]]
try:
    main()
finally:
    heavy = sorted({"keras", "tensorflow", "jax", "torch"} & set(sys.modules))
    print("imported in that process:", ", ".join(heavy) or "neither Keras nor TensorFlow")
"""


def run_demo(folder: Path, *, console: Console) -> RunFolder:
    """Train, measure and package the recipe ``demo``, and denoise an image with it in a process without Keras.

    Args:
        folder: A new run folder; it gets ``model.onnx`` and clean.png, noisy.png and denoised.png, too.
        console: Where to print.

    Raises:
        OutputError: the folder holds something already.
    """
    started = time.perf_counter()
    recipe = load_recipe("demo")
    run = model_run(recipe, folder, console=console)
    images = load_images(recipe)
    clean = Image((images.test.to_float()[0, ..., 0] * 255).round().astype(np.uint8))
    noisy = clean.with_float(images.noisy_test()[0, ..., 0])
    write_image(folder / "clean.png", clean, overwrite=True)
    write_image(folder / "noisy.png", noisy, overwrite=True)
    command = [str(folder / "noisy.png"), "--model", str(folder / "model.onnx"), "-o", str(folder / "denoised.png")]
    console.print(f"unnoise denoise {' '.join(command)}", highlight=False, soft_wrap=True)
    subprocess.run([sys.executable, "-c", DENOISE, *command, "--overwrite"], check=True)
    console.rule()
    console.print(f"done in {time.perf_counter() - started:.0f} s", highlight=False)
    return run
