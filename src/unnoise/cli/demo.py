"""The demo: the whole lifecycle on the bundled data."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import make_console

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


def demo(
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Run folder; by default runs/demo, numbered where that exists."
        ),
    ] = None,
) -> None:
    """Train, measure, package and denoise on the bundled Fashion-MNIST mini set."""
    import numpy as np

    from unnoise import experiment, training
    from unnoise.cli.train import free_folder, measure
    from unnoise.experiment.images import load_images
    from unnoise.imaging import Image, write_image
    from unnoise.packaging.package_run import package_run

    started = time.perf_counter()
    console = make_console()
    recipe = experiment.load_recipe("demo")
    folder = output or free_folder(Path("runs") / "demo")
    run = training.train(recipe, folder, console=console)
    measure(run, console, None)

    console.rule("[bold]package and denoise")
    packaged = folder / "model.onnx"
    console.print(package_run(run, packaged), highlight=False, soft_wrap=True)
    images = load_images(recipe)
    clean = Image((images.test.to_float()[0, ..., 0] * 255).round().astype(np.uint8))
    noisy = clean.with_float(images.noisy_test()[0, ..., 0])
    write_image(folder / "clean.png", clean, overwrite=True)
    write_image(folder / "noisy.png", noisy, overwrite=True)
    command = [str(folder / "noisy.png"), "--model", str(packaged), "-o", str(folder / "denoised.png"), "--overwrite"]
    console.print(f"unnoise denoise {' '.join(command[:-1])}", highlight=False, soft_wrap=True)
    subprocess.run([sys.executable, "-c", DENOISE, *command], check=True)

    console.rule()
    console.print(f"done in {time.perf_counter() - started:.0f} s", highlight=False)
    console.print(
        f"Look at {run.report} and {folder / 'figures'}. Then try:\n"
        "  unnoise recipes                                  the labs, each with one line\n"
        "  unnoise train fashion-dense                      a lab on the full data set\n"
        "  unnoise sweep demo --set model.code=16,128      does a larger code help?\n"
        f"  unnoise evaluate {folder} --noise 'gaussian(0.3)'   how it does on weaker noise\n"
        "  unnoise noise IMAGE --noise 'gaussian(0.2)' -o NOISY.png   noise for your own images",
        highlight=False,
        soft_wrap=True,
    )
