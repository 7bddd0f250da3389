"""Files and folders through the command: start-up, memory of large images, memory and speed of a folder.

    python -m measurements.photo_files [--parts start large stack folder] [--images 500] [--python PLAIN/bin/python]

- start: a cold process that denoises a PNG of 512 × 512 pixels, median of nine; with `--python` that of an environment
  made by `pip install .`, which has fewer packages to look through.
- large: the peak memory of denoising 100 megapixels, as 8-bit JPEG and as 16-bit TIFF.
- stack: the peak memory of denoising an ImageJ stack of 1,000 pages of 512 × 512 pixels of 16 bits.
- folder: PNG files of mixed sizes; the memory (median of samples) while the first and the last fifth are written, and
  megapixels a second beside `unnoise.denoise` on the same images in memory. Linux only, since it reads /proc.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import unnoise
from measurements.photo_speed import photograph
from measurements.tables import RESULTS
from unnoise.experiment.run_folder import processor
from unnoise.imaging import Image

COMMAND = [sys.executable, "-m", "unnoise", "denoise", "--force"]


def start(folder: Path, python: str) -> list[list[str]]:
    unnoise.write_image(folder / "start.png", Image(photograph()[:512, :512]))
    times = []
    for _ in range(9):
        started = time.perf_counter()
        subprocess.run([python, *COMMAND[1:], folder / "start.png", "--overwrite"], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return [["512×512 PNG, cold process", "seconds", f"{statistics.median(times):.2f}"]]


def memory_of(process: int, what: str) -> int:
    """Return the resident memory of a process in MB, now (VmRSS) or at its highest (VmHWM); 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(what)), 0)


def peak_of(arguments: list[str | Path]) -> tuple[int, float]:
    """Return the peak memory in MB and the seconds of a command."""
    started = time.perf_counter()
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid, "VmHWM"))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{arguments} failed")
    return peak, time.perf_counter() - started


def large(folder: Path) -> list[list[str]]:
    rows = []
    pixels = np.tile(photograph(), (5, 4, 1))[:10000, :10000]
    for name, kind, array in (
        ("large.jpg", "JPEG", pixels),
        ("large.tif", "16-bit TIFF", pixels.astype(np.uint16) * 257),
    ):
        unnoise.write_image(folder / name, Image(array))
        del array
        memory, seconds = peak_of([folder / name])
        rows.append([f"100 megapixels, {kind}", "peak MB", str(memory)])
        rows.append([f"100 megapixels, {kind}", "seconds", f"{seconds:.0f}"])
        print(*rows[-2:], flush=True)
        for file in folder.glob("large*"):
            file.unlink()
    return rows


def stack(folder: Path) -> list[list[str]]:
    import tifffile

    rng, count = np.random.default_rng(0), 1000
    page = photograph()[:512, :512, 1].astype(np.float64) * 257
    pages = (np.clip(page + rng.normal(0, 2000, page.shape), 0, 65535).astype(np.uint16) for _ in range(count))
    tifffile.imwrite(folder / "stack.tif", pages, shape=(count, 512, 512), dtype=np.uint16, imagej=True)
    memory, _ = peak_of([folder / "stack.tif", "-o", folder / "denoised.tif"])
    with tifffile.TiffFile(folder / "denoised.tif") as file:
        if len(file.pages) != count:
            raise SystemExit("pages are missing")
    return [[f"stack of {count} pages of 512×512, 16 bit", "peak MB", str(memory)]]


def many(folder: Path, count: int) -> list[list[str]]:
    rng = np.random.default_rng(0)
    source, target = folder / "in", folder / "out"
    source.mkdir()
    whole = photograph()
    images = []
    for number in range(count):
        height, width = (int(side) for side in rng.integers(200, 900, 2))
        top, left = int(rng.integers(0, 2000 - height)), int(rng.integers(0, 3000 - width))
        images.append(whole[top : top + height, left : left + width])
        unnoise.write_image(source / f"{number:04}.png", Image(images[-1]))
    megapixels = sum(image.shape[0] * image.shape[1] for image in images) / 1e6
    # Half before and half after the command, so that a machine that changes its pace does not decide.
    bare = timed(images[::2])
    started = time.perf_counter()
    process = subprocess.Popen([*COMMAND, source, "-o", target], stdout=subprocess.DEVNULL)
    samples: list[tuple[float, int]] = []
    while process.poll() is None:
        done = len(os.listdir(target)) if target.is_dir() else 0
        samples.append((done / count, memory_of(process.pid, "VmRSS")))
        time.sleep(0.05)
    seconds = time.perf_counter() - started
    if process.returncode or len(list(target.glob("*.png"))) != count:
        raise SystemExit("the folder was not denoised")
    bare += timed(images[1::2])
    first = statistics.median(memory for share, memory in samples if 0 < share <= 0.2 and memory)
    last = statistics.median(memory for share, memory in samples if share >= 0.8 and memory)
    return [
        [f"folder of {count} images", "MB in the first fifth", f"{first:.0f}"],
        [f"folder of {count} images", "MB in the last fifth", f"{last:.0f}"],
        [f"folder of {count} images", "MP/s", f"{megapixels / seconds:.2f}"],
        ["the same in memory", "MP/s", f"{megapixels / bare:.2f}"],
    ]


def timed(images: list[np.ndarray]) -> float:
    unnoise.denoise(images[0])
    started = time.perf_counter()
    for image in images:
        unnoise.denoise(image)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ["start", "large", "stack", "folder"]
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--python", default=sys.executable, help="interpreter for the start")
    arguments = parser.parse_args()
    measure = {
        "start": lambda folder: start(folder, arguments.python),
        "large": large,
        "stack": stack,
        "folder": lambda folder: many(folder, arguments.images),
    }
    with open(RESULTS / "photo_files.csv", newline="", encoding="utf-8") as handle:
        found = {(case, what): value for case, what, value in list(csv.reader(handle))[2:]}
    with tempfile.TemporaryDirectory() as name:
        for part in arguments.parts:
            found |= {(case, what): value for case, what, value in measure[part](Path(name))}
    rows = [[*key, value] for key, value in found.items()]
    with open(RESULTS / "photo_files.csv", "w", newline="", encoding="utf-8") as handle:
        handle.write(f"# {processor()}, {os.cpu_count()} processors\n")
        table = csv.writer(handle)
        table.writerow(["case", "what", "value"])
        table.writerows(rows)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
