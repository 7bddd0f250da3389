"""Speed and memory of the packaged photograph denoiser beside Intel Open Image Denoise and OpenCV, on one image size.

    pip install '.[benchmark]'
    python benchmarks/photo_speed.py [--repeats 5] [--threads 2]

All methods take turns, on 3000 × 2000 pixels in colour; the medians count. Ours is `unnoise.denoise` on uint8 with the
noise estimate, the model being loaded already. Open Image Denoise runs its own benchmark program with its filter for
images with albedo and normals (RT.ldr_alb_nrm), OpenCV fastNlMeansDenoisingColored. The peak memory is that of a
process of its own that denoises one image.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from unnoise.training.run_folder import processor

WIDTH, HEIGHT = 3000, 2000
RESULTS = Path(__file__).parent / "results"
MEMORY = """
import pathlib, re, numpy as np, unnoise
image = np.random.default_rng(0).integers(0, 256, ({height}, {width}, 3), np.uint8)
unnoise.denoise(image, model={model!r})
print(int(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024)
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

    import unnoise

    image = photograph()
    cv2.setNumThreads(arguments.threads)

    def timed(run) -> float:
        started = time.perf_counter()
        run()
        return time.perf_counter() - started

    methods = {
        f"unnoise {model}": lambda m=model: timed(lambda: unnoise.denoise(image, model=m)) for model in arguments.models
    }
    methods["Open Image Denoise"] = lambda: open_image_denoise(arguments.threads)
    # Its defaults for colour, with the strength that its documentation recommends.
    non_local_means = lambda: cv2.fastNlMeansDenoisingColored(image, None, 10, 10, 7, 21)  # noqa: E731
    methods["OpenCV non-local means"] = lambda: timed(non_local_means)
    for model in arguments.models:
        unnoise.denoise(image[:64, :64], model=model, sigma=0.1)
    times: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(arguments.repeats):
        for name, run in methods.items():
            times[name].append(run())
            print(f"{name}: {times[name][-1]:.2f} s", flush=True)

    medians = {name: statistics.median(values) for name, values in times.items()}
    ours = medians[f"unnoise {arguments.models[0]}"]
    megapixels = WIDTH * HEIGHT / 1e6
    rows = [[name, f"{m:.2f}", f"{megapixels / m:.2f}", f"{m / ours:.2f}"] for name, m in medians.items()]
    for row, model in zip(rows, arguments.models, strict=False):
        script = MEMORY.format(height=HEIGHT, width=WIDTH, model=model)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        row.append(done.stdout.strip())
    with open(RESULTS / "photo_speed.csv", "w", newline="", encoding="utf-8") as handle:
        handle.write(f"# {processor()}, {arguments.threads} threads, {WIDTH}x{HEIGHT}, {arguments.repeats} repeats\n")
        table = csv.writer(handle)
        table.writerow(["method", "seconds", "megapixels a second", "time as a multiple of ours", "peak memory MB"])
        table.writerows(rows)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
