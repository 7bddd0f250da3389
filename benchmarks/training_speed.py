"""Trains the dense 784-32-784 autoencoder through unnoise and through plain Keras ``fit`` at its defaults.

Both get the same images, noise, batch size, epochs and validation images; compilation and validation are included,
loading and drawing noise are not. The two alternate, each in a process of its own; the medians are compared.

    python benchmarks/training_speed.py --epochs 30 --repeats 3 -o benchmarks/results/training_speed.csv
"""

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def one(method: str, epochs: int) -> None:
    import keras
    import numpy as np
    from rich.console import Console

    from unnoise.models import build
    from unnoise.training import load_recipe
    from unnoise.training.images import load_images

    recipe = load_recipe("fashion-dense", [f"training.epochs={epochs}"])
    images = load_images(recipe)
    clean, test = images.train.to_float(), images.test.to_float()
    noisy, noisy_test = images.noisy_train()[0], images.noisy_test()
    keras.utils.set_random_seed(recipe.seed)
    started = time.perf_counter()
    if method == "unnoise":
        from unnoise.training.fit import Examples, fit

        model = build("dense-autoencoder", (28, 28, 1), code=32)
        with tempfile.TemporaryDirectory() as folder:
            fit(
                model,
                Examples(lambda epoch: (noisy, clean), (noisy_test, test)),
                recipe.training,
                loss="binary_crossentropy",
                seed=0,
                dense=True,
                checkpoint=Path(folder) / "checkpoint.npz",
                console=Console(quiet=True),
            )
    else:
        x = keras.Input((28, 28, 1))
        code = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(x))
        pixels = keras.layers.Dense(784, activation="sigmoid")(code)
        model = keras.Model(x, keras.layers.Reshape((28, 28, 1))(pixels))
        model.compile(optimizer="adam", loss="binary_crossentropy")
        model.fit(
            noisy,
            clean,
            batch_size=recipe.training.batch_size,
            epochs=epochs,
            validation_data=(noisy_test, test),
            verbose=0,
        )
    seconds = time.perf_counter() - started
    predicted = np.clip(model.predict(noisy_test, batch_size=1000, verbose=0), 1e-7, 1 - 1e-7)
    loss = float(-np.mean(test * np.log(predicted) + (1 - test) * np.log1p(-predicted), dtype=np.float64))
    print(json.dumps({"method": method, "seconds": round(seconds, 2), "val_loss": round(loss, 5)}))


def machine() -> str:
    model = "unknown processor"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    from importlib.metadata import version

    packages = ", ".join(f"{name} {version(name)}" for name in ("keras", "tensorflow-cpu", "numpy"))
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--one", choices=("unnoise", "plain Keras fit"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one, arguments.epochs)
        return
    rows = []
    for repeat in range(arguments.repeats):
        for method in ("plain Keras fit", "unnoise"):
            command = [sys.executable, __file__, "--one", method, "--epochs", str(arguments.epochs)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append({"repeat": repeat + 1, "epochs": arguments.epochs, **json.loads(done.stdout.splitlines()[-1])})
            print(rows[-1], flush=True)
    plain, ours = (
        statistics.median(row["seconds"] for row in rows if row["method"] == method)
        for method in ("plain Keras fit", "unnoise")
    )
    print(f"medians {plain} s and {ours} s: unnoise is {plain / ours:.2f} times as fast")
    print(machine())
    if arguments.output:
        with open(arguments.output, "w", newline="") as handle:
            handle.write(f"# {machine()}\n")
            writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
