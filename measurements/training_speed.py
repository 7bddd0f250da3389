"""Measures an epoch of each lab's autoencoder: unnoise's ``fit``, Keras' ``fit`` at its defaults, a loop in PyTorch.

    python -m measurements.training_speed [--recipes fashion-dense cifar10-conv] [--repeats 3] [--epochs 3] [--images N]
        [--torch PYTHON] [-o measurements/results/training_speed.csv]

All get the same network, images, batch size, loss and Adam; they take turns, each in a process of its own. The noise is
drawn beforehand, though many recipes draw it afresh every epoch. unnoise has the recipe's schedule and the speed
settings that it chooses for the whole lab; it writes its checkpoint every epoch, which counts. Keras and PyTorch have a
constant learning rate. An epoch's time is that from the end of the one before, the median of all but the first, so
that compilation is not in it; validation is on one batch. ``start_seconds`` is what the first epoch takes longer, from
``compile`` on. Samples are the images trained on; unnoise leaves out those that do not fill a batch or a group.

``gflops`` counts 2 operations for each multiply-add of the layers, and 3 times the forward pass for training;
``share_of_peak`` divides it by the rate of NumPy's float32 product of 2048 × 2048 matrices on all cores.

PyTorch runs in the interpreter given by --torch (see torch_loops.py); this one by default, if it has PyTorch.
Measure on an idle machine: PyTorch's threads wait for each other, and fall far behind where others use the cores.
With --whole, the recipe's epochs are trained to the end on all images with its whole validation set, and epoch_seconds
is the whole time divided by the epochs; val_loss tells whether the methods learn equally (schedule aside).
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

UNNOISE, KERAS, TORCH = "unnoise", "plain Keras fit", "PyTorch loop"
TITLES = {KERAS: "Keras", TORCH: "PyTorch", UNNOISE: "unnoise"}
RECIPES = [
    "fashion-dense",
    "fashion-deep",
    "fashion-conv",
    "fashion-kpi",
    "fashion-unet",
    "mnist-deep",
    "cifar10-conv",
    "faces",
]
CONVOLUTIONAL_IMAGES = 12_800
ENVIRONMENT = dict(os.environ)  # unnoise, once imported, adds a setting of TensorFlow's to it


def network(job: dict[str, Any], shape: tuple[int, ...]) -> Any:
    """Build the job's network for images of ``shape``, with the same first weights every time."""
    import keras

    from unnoise.models import build

    keras.utils.set_random_seed(job["seed"])
    return build(job["architecture"], shape, **job["parameters"])


def unnoise_fit(job: dict[str, Any], held: dict[str, np.ndarray], folder: Path) -> dict[str, Any]:
    """Train as ``unnoise train`` does; stop after the epochs to measure."""
    from rich.console import Console

    from unnoise.experiment import load_recipe
    from unnoise.models import registry
    from unnoise.training.fit import Examples, fit, speed_settings
    from unnoise.training.indexed_training import steps_in_epoch

    training = load_recipe(job["recipe"]).training.model_copy(update={"epochs": job["lab_epochs"], "patience": None})
    count, dense = len(held["clean"]), registry.get(job["architecture"]).dense
    grouped = speed_settings(dense=dense, total_steps=0)["grouped"]
    model = network(job, held["clean"].shape[1:])
    ends: list[float] = []

    def epoch_ended(state: Any) -> None:
        ends.append(time.perf_counter() - started)
        state.finished = len(ends) == job["epochs"]

    started = time.perf_counter()
    state = fit(
        model,
        Examples(lambda epoch: (held["noisy"], held["clean"]), (held["validation_noisy"], held["validation_clean"])),
        training,
        loss=job["loss"],
        seed=job["seed"],
        dense=dense,
        checkpoint=folder / f"{time.time_ns()}.npz",
        console=Console(quiet=True),
        on_epoch=epoch_ended,
    )
    images = steps_in_epoch(count, training.batch_size, grouped=grouped)[0] * training.batch_size
    return {"images": images, "ends": ends, "val_loss": state.history[-1]["val_loss"]}


def keras_fit(job: dict[str, Any], held: dict[str, np.ndarray], folder: Path) -> dict[str, Any]:
    """Train as Keras does when told nothing more than it needs."""
    import keras  # before unnoise, which would have TensorFlow use oneDNN where it would not by default

    model = network(job, held["clean"].shape[1:])
    ends: list[float] = []
    started = time.perf_counter()
    model.compile(optimizer=keras.optimizers.Adam(job["learning_rate"]), loss=job["loss"])
    done = model.fit(
        held["noisy"],
        held["clean"],
        batch_size=job["batch_size"],
        epochs=job["epochs"],
        validation_data=(held["validation_noisy"], held["validation_clean"]),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter() - started))],
        verbose=0,
    )
    return {"images": len(held["clean"]), "ends": ends, "val_loss": done.history["val_loss"][-1]}


def one(method: str, folder: Path) -> None:
    """Run one method on the job in ``folder`` and print what it measured."""
    with np.load(folder / "images.npz") as stored:
        held = {name: stored[name] for name in stored.files}
    run = {UNNOISE: unnoise_fit, KERAS: keras_fit}[method]
    print(json.dumps(run(json.loads((folder / "job.json").read_text("utf-8")), held, folder)))


def multiply_adds(model: Any) -> int:
    """Return the multiply-adds of one image's way through dense, convolutional and transposed layers."""
    import keras

    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += multiply_adds(layer)
        elif isinstance(layer, (keras.layers.Dense, keras.layers.Conv2D, keras.layers.Conv2DTranspose)):
            side = layer.input if isinstance(layer, keras.layers.Conv2DTranspose) else layer.output
            total += math.prod(layer.kernel.shape) * math.prod(side.shape[1:-1])
    return total


def prepare(name: str, arguments: argparse.Namespace, folder: Path) -> int:
    """Write the job of a recipe and its images to ``folder``; return the network's multiply-adds."""
    from unnoise.experiment import load_recipe
    from unnoise.experiment.images import load_images
    from unnoise.models import parameters_of, registry

    recipe = load_recipe(name)
    training, architecture = recipe.training, recipe.model.architecture
    images = load_images(recipe)
    noisy, clean = images.noisy_train()
    everything = len(clean)
    limit = everything if registry.get(architecture).dense or arguments.whole else CONVOLUTIONAL_IMAGES
    count = min(arguments.images or limit, everything)
    validation = slice(None if arguments.whole else training.batch_size)
    np.savez(
        folder / "images.npz",
        noisy=noisy[:count],
        clean=clean[:count],
        validation_noisy=images.noisy_validation()[validation],
        validation_clean=images.clean_validation()[validation],
    )
    epochs = training.epochs if arguments.whole else arguments.epochs
    job = {
        "recipe": name,
        "seed": recipe.seed,
        "architecture": architecture,
        "parameters": {**parameters_of(architecture), **recipe.model.parameters},
        "loss": training.loss,
        "learning_rate": training.learning_rate,
        "batch_size": training.batch_size,
        "epochs": epochs,
        # With fewer images, so many epochs have as many steps as the lab, by which unnoise chooses its settings.
        "lab_epochs": max(epochs, math.ceil(training.epochs * everything / count)),
    }
    model = network(job, clean.shape[1:])
    (folder / "job.json").write_text(json.dumps(job | {"parameter_count": model.count_params()}), "utf-8")
    return multiply_adds(model)


def measure(method: str, folder: Path, torch: str | None) -> dict[str, Any]:
    """Return what one process measured."""
    command = [sys.executable, __file__, "--one", method, str(folder)]
    if method == TORCH:
        command = [str(torch), str(Path(__file__).with_name("torch_loops.py")), str(folder)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{method}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def peak() -> float:
    """Return the billions of operations a second of NumPy's float32 matrix product."""
    a, b = np.random.default_rng(0).random((2, 2048, 2048), np.float32)
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return 2 * 2048**3 / statistics.median(seconds[1:]) / 1e9


def machine(torch: str | None) -> str:
    """Return processor, Python and packages."""
    from unnoise.experiment.run_folder import processor

    packages = [f"{name} {version(name)}" for name in ("keras", "tensorflow-cpu", "numpy")]
    if torch:
        script = "import torch; print('torch', torch.__version__)"
        packages.append(subprocess.check_output([torch, "-c", script], text=True).strip())
    return f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(packages)}"


def speed_table(rows: list[dict[str, Any]]) -> Any:
    """Return the medians of each recipe as a table: samples a second, the multiples that unnoise is of it, its share.

    Args:
        rows: As they are in the file that is written; numbers may be text.
    """
    from unnoise.reporting.tables import Cell, TextTable

    measured: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        measured.setdefault(row["recipe"], {}).setdefault(row["method"], []).append(row)
    methods = [method for method in TITLES if all(method in by_method for by_method in measured.values())]
    others = [method for method in methods if method != UNNOISE]
    table = []
    for recipe, by_method in measured.items():

        def median(method: str, column: str, by_method: dict[str, list[dict[str, Any]]] = by_method) -> float:
            return statistics.median(float(row[column]) for row in by_method[method])

        speeds = {method: median(method, "samples_per_second") for method in methods}
        fastest = max(speeds.values())
        cells = [Cell(recipe), *(Cell(f"{speed:,.0f}", speed == fastest) for speed in speeds.values())]
        cells += [Cell(f"{speeds[UNNOISE] / speeds[method]:.1f}") for method in others]
        cells.append(Cell(f"{100 * median(UNNOISE, 'share_of_peak'):.0f} %"))
        table.append(tuple(cells))
    header = ("samples a second", *methods, *(f"{UNNOISE} ÷ {TITLES[method]}" for method in others), "share of peak")
    return TextTable("Training speed", header, tuple(table))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", default=RECIPES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="at least 2: the first one does not count")
    parser.add_argument("--images", type=int, help=f"training images; all, {CONVOLUTIONAL_IMAGES} for convolutions")
    parser.add_argument("--torch", metavar="PYTHON", help="an interpreter that has PyTorch")
    parser.add_argument("--whole", action="store_true", help="train the recipes to the end")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], Path(arguments.one[1]))
        return
    if arguments.epochs < 2:
        parser.error("--epochs is at least 2: the first one does not count")
    torch = arguments.torch or (sys.executable if importlib.util.find_spec("torch") else None)
    methods = [KERAS, TORCH, UNNOISE] if torch else [KERAS, UNNOISE]
    fastest = peak()
    header = f"# {machine(torch)}, {fastest:.0f} GFLOPS in NumPy's matrix product\n"
    print(header, end="", flush=True)

    rows: list[dict[str, Any]] = []
    for recipe in arguments.recipes:
        with tempfile.TemporaryDirectory() as folder:
            operations = 3 * 2 * prepare(recipe, arguments, Path(folder))
            for turn in range(arguments.repeats * len(methods)):
                method = methods[turn % len(methods)]
                found = measure(method, Path(folder), torch)
                ends = found["ends"]
                usual = statistics.median(np.diff(ends))
                seconds = ends[-1] / len(ends) if arguments.whole else usual
                gflops = operations * found["images"] / seconds / 1e9
                row = {
                    "recipe": recipe,
                    "method": method,
                    "repeat": turn // len(methods) + 1,
                    "images": found["images"],
                    "epoch_seconds": round(seconds, 4),
                    "samples_per_second": round(found["images"] / seconds, 1),
                    "gflops": round(gflops, 2),
                    "share_of_peak": round(gflops / fastest, 4),
                    "start_seconds": round(ends[0] - usual, 2),
                }
                rows.append(row | ({"val_loss": round(found["val_loss"], 5)} if arguments.whole else {}))
                print(*rows[-1].values(), sep=",", flush=True)
                if arguments.output:
                    with open(arguments.output, "w", newline="", encoding="utf-8") as handle:
                        handle.write(header)
                        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
                        writer.writeheader()
                        writer.writerows(rows)
    from unnoise.reporting.tables import to_markdown

    print(f"\n{to_markdown(speed_table(rows))}")


if __name__ == "__main__":
    main()
