"""Speed and memory of the packaged photograph denoiser beside Intel Open Image Denoise and OpenCV, on one image size.

    pip install '.[benchmark]'
    python -m measurements.photo_speed [--repeats 5] [--threads 2]

All methods take turns, on 3000 × 2000 pixels in colour; the medians count. Ours is `unnoise.denoise` on uint8 with the
noise estimate, the model being loaded already, in a process of its own each time, whose peak memory is told. Open Image
Denoise runs its own benchmark program with its filter for images with albedo and normals (RT.ldr_alb_nrm), OpenCV
fastNlMeansDenoisingColored.
"""

from __future__ import annotations

import argparse
import csv
import functools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from measurements.tables import RESULTS
from unnoise.experiment.run_folder import processor

WIDTH, HEIGHT = 3000, 2000
OURS = """
import pathlib, re, sys, time, numpy as np, unnoise
file, model = sys.argv[1:]
image = np.load(file)
unnoise.denoise(image[:64, :64], model=model, sigma=0.1)
started = time.perf_counter()
unnoise.denoise(image, model=model)
seconds = time.perf_counter() - started
print(seconds, int(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024)
"""


def photograph() -> np.ndarray:
    """Return an image of the size with structures and noise."""
    from skimage import data

    tiled = np.tile(data.astronaut(), (-(-HEIGHT // 512), -(-WIDTH // 512), 1))[:HEIGHT, :WIDTH]
    noisy = tiled + np.random.default_rng(0).normal(0, 25, tiled.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def open_image_denoise(threads: int) -> float:
    """Return the seconds that one image takes."""
    import pyoidn

    folder = Path(pyoidn.__file__).parent / "oidn"
    program = [folder / "bin" / "oidnBenchmark", "-d", "cpu", "-r", "RT.ldr_alb_nrm.*", "-s", WIDTH, HEIGHT, "-n", 1]
    done = subprocess.run(
        [*map(str, program), "--threads", str(threads)],
        env={**os.environ, "LD_LIBRARY_PATH": str(folder / "lib")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"([\d.]+) msec/image", done.stdout)
    assert found, done.stdout
    return float(found[1]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--models", nargs="+", default=["photo", "photo-fast", "photo-awgn"])
    arguments = parser.parse_args()

    import cv2

    image = photograph()
    cv2.setNumThreads(arguments.threads)
    memory: dict[str, str] = {}

    def ours(model: str, file: Path) -> float:
        command = [sys.executable, "-c", OURS, str(file), model]
        seconds, megabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        memory[f"unnoise {model}"] = megabytes
        return float(seconds)

    def non_local_means() -> float:
        """Return the seconds with its defaults for colour and the strength that its documentation recommends."""
        started = time.perf_counter()
        cv2.fastNlMeansDenoisingColored(image, None, 10, 10, 7, 21)
        return time.perf_counter() - started

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.npy"
        np.save(file, image)
        methods = {f"unnoise {model}": functools.partial(ours, model, file) for model in arguments.models}
        methods["Open Image Denoise"] = functools.partial(open_image_denoise, arguments.threads)
        methods["OpenCV non-local means"] = non_local_means
        times: dict[str, list[float]] = {name: [] for name in methods}
        for _ in range(arguments.repeats):
            for name, run in methods.items():
                times[name].append(run())
                print(f"{name}: {times[name][-1]:.2f} s", flush=True)

    medians = {name: statistics.median(values) for name, values in times.items()}
    first = medians[f"unnoise {arguments.models[0]}"]
    megapixels = WIDTH * HEIGHT / 1e6
    rows = [
        [name, f"{m:.2f}", f"{megapixels / m:.2f}", f"{m / first:.2f}", memory.get(name, "")]
        for name, m in medians.items()
    ]
    with open(RESULTS / "photo_speed.csv", "w", newline="", encoding="utf-8") as handle:
        handle.write(f"# {processor()}, {arguments.threads} threads, {WIDTH}x{HEIGHT}, {arguments.repeats} repeats\n")
        table = csv.writer(handle)
        table.writerow(["method", "seconds", "megapixels a second", "time as a multiple of ours", "peak memory MB"])
        table.writerows(rows)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
