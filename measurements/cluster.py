"""Runs on a Ray cluster of this machine: speed beside the folder command, memory over many files, cost of a million.

    pip install '.[cluster]'
    python -m measurements.cluster speed [--images 500]      # with nothing else running
    python -m measurements.cluster memory [--images 20000]
    python -m measurements.cluster photograph [--repeats 5]
    python -m measurements.cluster page

- speed: PNG files of mixed sizes through the folder command and through `--cluster`, with and without what it takes to
  start; the better of two runs each, in turns.
- memory: small files through `--cluster`; the memory of the driver and of all workers, the median of each tenth of the
  files. Linux only, since it reads /proc.
- photograph: the processor time of one JPEG of 12 megapixels through a worker with one thread: fetching from a folder,
  decoding, noise analysis, network, encoding, storing. Processor time counts little more where the machine is busy.
- page: the table of time and cost in docs/cluster.md, from the figure of `photograph`.

Each writes its rows of measurements/results/cluster.csv and leaves the others.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import unnoise
from measurements.photo_speed import photograph as image_with_noise
from measurements.tables import RESULTS, machine, read_table
from unnoise.imaging import Image

TABLE = RESULTS / "cluster.csv"
PAGE = Path(__file__).parents[1] / "docs" / "cluster.md"
COMMAND = [sys.executable, "-m", "unnoise", "denoise", "--force"]
TENTHS = 10
# The photographs that the page reckons with.
PHOTOGRAPHS, WIDTH, HEIGHT = 1_000_000, 4000, 3000


def write(part: str, rows: dict[str, float]) -> None:
    """Put the rows of one part into the table, with the machine that they come from."""
    kept = [row for row in read_table(TABLE) if row["part"] != part] if TABLE.exists() else []
    made = [{"part": part, "what": what, "value": f"{value:g}", "machine": machine()} for what, value in rows.items()]
    with open(TABLE, "w", newline="", encoding="utf-8") as handle:
        table = csv.DictWriter(handle, ["part", "what", "value", "machine"], lineterminator="\n")
        table.writeheader()
        table.writerows(sorted([*kept, *made], key=lambda row: row["part"]))
    for row in made:
        print(row["part"], row["what"], row["value"], sep=": ")


def mixed_sizes(folder: Path, count: int) -> None:
    """Write PNG files of 0.04 to 0.8 megapixels."""
    whole, rng = image_with_noise(), np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        height, width = rng.integers(200, 900, 2)
        top, left = rng.integers(0, 2000 - height), rng.integers(0, 3000 - width)
        unnoise.write_image(
            folder / f"{number:05d}.png", Image(np.ascontiguousarray(whole[top : top + height, left : left + width]))
        )


def seconds_of(arguments: list[str | Path]) -> tuple[float, float]:
    """Return the seconds of a command, in all and from the line that says how many images there are."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    process.stdout.readline()
    begun = time.perf_counter()
    process.communicate()
    if process.returncode:
        raise SystemExit(f"the command ended with {process.returncode}")
    ended = time.perf_counter()
    return ended - started, ended - begun


def speed(work: Path, images: int) -> dict[str, float]:
    mixed_sizes(work / "in", images)
    found: dict[str, list[tuple[float, float]]] = {"the folder command": [], "--cluster": []}
    for _ in range(2):
        for kind, times in found.items():
            shutil.rmtree(work / "out", ignore_errors=True)
            more = ["--cluster"] if kind == "--cluster" else []
            times.append(seconds_of([work / "in", "-o", work / "out", *more]))
    best = {kind: min(times) for kind, times in found.items()}
    rows = {f"{images} images, seconds of {kind}": round(times[0], 1) for kind, times in best.items()}
    folder, cluster = best.values()
    rows[f"{images} images, speed beside the folder command"] = round(folder[0] / cluster[0], 3)
    rows["the same from the first line on, when Ray has started"] = round(folder[1] / cluster[1], 3)
    return rows


def memory_of(process: int) -> int:
    """Return what a process has for itself in MB (anonymous resident memory)."""
    try:
        found = re.search(r"RssAnon:\s*(\d+)", Path(f"/proc/{process}/status").read_text("ascii"))
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0


def workers() -> list[int]:
    """Return the processes that hold a network."""
    lines = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [int(line.split()[0]) for line in lines if "ray::MapWorker" in line or "ray::MapBatches" in line]


def memory(work: Path, images: int) -> dict[str, float]:
    pixels = image_with_noise()
    (work / "in").mkdir()
    for number in range(images):
        top, left = (number * 7) % 1900, (number * 13) % 2900
        unnoise.write_image(
            work / "in" / f"{number:05d}.png", Image(np.ascontiguousarray(pixels[top : top + 32, left : left + 32]))
        )
    driver = subprocess.Popen([*COMMAND, work / "in", "-o", work / "out", "--cluster"], stdout=subprocess.DEVNULL)
    samples: list[tuple[int, int, int]] = []
    while driver.poll() is None:
        done = sum(1 for _ in os.scandir(work / "out")) if (work / "out").exists() else 0
        if found := workers():
            samples.append((done, memory_of(driver.pid), sum(map(memory_of, found))))
        time.sleep(0.5)
    if driver.returncode:
        raise SystemExit(f"the command ended with {driver.returncode}")
    rows: dict[str, float] = {}
    for tenth in (1, TENTHS // 2, TENTHS - 1):
        here = [row for row in samples if tenth <= row[0] * TENTHS / images < tenth + 1]
        for place, who in ((1, "driver"), (2, "all workers")):
            rows[f"{images} files, MB of {who} in tenth {tenth + 1}"] = statistics.median(row[place] for row in here)
    return rows


def photograph(work: Path, repeats: int) -> dict[str, float]:
    from unnoise.cluster import Worker

    (work / "in").mkdir()
    tiled = np.tile(image_with_noise(), (2, 2, 1))[:HEIGHT, :WIDTH]
    unnoise.write_image(work / "in" / "photo.jpg", Image(np.ascontiguousarray(tiled)))
    worker = Worker(work / "in", work / "out", overwrite=True, threads=1)
    worker("photo.jpg")
    times = []
    for _ in range(repeats):
        started = time.process_time()
        row = worker("photo.jpg")
        times.append(time.process_time() - started)
        if row["status"] != "denoised":
            raise SystemExit(f"not denoised: {row}")
    return {
        "processor seconds a photograph of 12 megapixels": round(statistics.median(times), 2),
        "MB of the photograph": round((work / "in" / "photo.jpg").stat().st_size / 1e6, 2),
        "MB of its answer": round((work / "out" / "photo.jpg").stat().st_size / 1e6, 2),
    }


def page() -> None:
    """Write the table of time and cost, and the figures in the text around it."""
    rows = {row["what"]: row for row in read_table(TABLE) if row["part"] == "photograph"}
    seconds = float(rows["processor seconds a photograph of 12 megapixels"]["value"])
    hours = seconds * PHOTOGRAPHS / 3600
    processor = rows["processor seconds a photograph of 12 megapixels"]["machine"].split(",")[0]
    lines = [
        "<!-- cost -->",
        f"Measured: {seconds:.1f} seconds of one {processor} core for a photograph, all steps included. A million are",
        f"{hours:,.0f} core hours.",
        "",
        "| cores | time | at 0.01 a core hour | at 0.02 | at 0.05 |",
        "|---|---|---|---|---|",
    ]
    cost = " | ".join(f"{hours * price:,.0f}" for price in (0.01, 0.02, 0.05))
    for cores in (2, 16, 64, 256, 1024):
        needed = hours / cores
        told = f"{needed / 24:,.1f} days" if needed > 48 else f"{needed:,.1f} hours"
        lines.append(f"| {cores:,} | {told} | {cost} |")
    text = re.sub(
        r"<!-- cost -->.*<!-- /cost -->", "\n".join([*lines, "<!-- /cost -->"]), PAGE.read_text("utf-8"), flags=re.S
    )
    PAGE.write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["speed", "memory", "photograph", "page"])
    parser.add_argument("--images", type=int)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.part == "page":
            page()
        elif arguments.part == "speed":
            write("speed", speed(Path(folder), arguments.images or 500))
        elif arguments.part == "memory":
            write("memory", memory(Path(folder), arguments.images or 20_000))
        else:
            write("photograph", photograph(Path(folder), arguments.repeats))


if __name__ == "__main__":
    main()
