"""Many clients at once on `unnoise web`: what they are answered, how fast, and what becomes of its memory.

Usage: python -m measurements.web_load [--clients 200] [--requests 2000] [-o web_load.csv]

Images of mixed sizes go to /api/denoise of a server on this machine; who is told to wait (429, 503) counts, and comes
again after a pause. The bare denoiser is `denoise_file` on the same images, two at a time. Loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import csv
import io
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from unnoise import denoise_file, load, write_image

SIDES = (64, 128, 192, 256)
MODEL = "photo-fast"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("-o", "--output", type=Path, default=Path("measurements/results/web_load.csv"))
    arguments = parser.parse_args()
    contents = images()
    bare = bare_speed(contents)
    command = [sys.executable, "-m", "unnoise", "web", "--port", "0", "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found is not None
        time.sleep(3)  # the server runs, its model is loaded
        first = time.perf_counter()
        httpx.post(f"{found[0]}api/denoise?model=photo&skip_clean=false", content=image(512), timeout=60)
        first = time.perf_counter() - first
        asyncio.run(load_of(found[0], contents, arguments.clients, arguments.requests // 4))  # what is loaded once
        before = memory(server.pid)
        started = time.perf_counter()
        statuses = asyncio.run(load_of(found[0], contents, arguments.clients, arguments.requests))
        seconds = time.perf_counter() - started
        drift = memory(server.pid) / before - 1
        alive = httpx.get(f"{found[0]}api/health").status_code == 200
    finally:
        server.terminate()
        server.wait(30)
    done = statuses[200] / seconds
    row = {
        "clients": arguments.clients,
        "answered": statuses[200],
        "told to wait": statuses[429] + statuses[503],
        "other": sum(count for status, count in statuses.items() if status not in (200, 429, 503)),
        "images a second": round(done, 1),
        "share of the bare denoiser": round(done / bare, 3),
        "memory drift": round(drift, 4),
        "first 512x512 image, seconds": round(first, 3),
        "alive": alive,
    }
    with arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    for name, value in row.items():
        print(f"{name}: {value}")


def image(side: int) -> bytes:
    """Return a noisy PNG."""
    sink = io.BytesIO()
    noisy = np.random.default_rng(side).normal(128, 15, (side, side, 3)).clip(0, 255).astype(np.uint8)
    write_image(sink, noisy, format=".png")
    return sink.getvalue()


def images() -> list[bytes]:
    """Return noisy images of mixed sizes."""
    return [image(side) for side in SIDES]


def bare_speed(contents: list[bytes]) -> float:
    """Return how many images a second two threads denoise without a server."""
    denoiser = load(MODEL)

    def one(number: int) -> None:
        denoise_file(contents[number % len(contents)], io.BytesIO(), model=denoiser)

    with ThreadPoolExecutor(2) as executor:
        list(executor.map(one, range(8)))
        started = time.perf_counter()
        list(executor.map(one, range(200)))
    return 200 / (time.perf_counter() - started)


async def load_of(url: str, contents: list[bytes], clients: int, requests: int) -> collections.Counter[int]:
    """Return how often each status came until as many requests as wished were answered with an image."""
    statuses: collections.Counter[int] = collections.Counter()
    left = iter(range(requests))

    async def client(http: httpx.AsyncClient) -> None:
        for number in left:
            while True:
                given = {"content": contents[number % len(contents)]}
                response = await http.post(f"{url}api/denoise?model={MODEL}", **given)
                statuses[response.status_code] += 1
                if response.status_code not in (429, 503):
                    break
                await asyncio.sleep(0.5)

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(timeout=300, limits=limits) as http:
        await asyncio.gather(*(client(http) for _ in range(clients)))
    return statuses


def memory(pid: int) -> int:
    """Return the memory that a process holds, in bytes; Linux alone tells it."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
