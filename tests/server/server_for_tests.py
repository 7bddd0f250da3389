"""A server for tests: within the process, and as a process of its own that listens on this machine."""

import io
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import numpy as np

from unnoise.server import Limits, create_app
from unnoise.server.serve import configured


@contextmanager
def client_of(models, **limits):
    """Give a client of a server with other limits, which runs in a thread and listens on this machine alone."""
    with served(models, **limits) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@contextmanager
def served(models, **limits):
    """Give the address of a server with other limits, in a thread."""
    server = configured(create_app(models, limits=Limits(**limits)))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
        listening.close()


@contextmanager
def process_of(*arguments):
    """Give the address and the process of ``unnoise web``, which is told to stop at the end if it has not been."""
    process = subprocess.Popen(
        [sys.executable, "-m", "unnoise", "web", "--port", "0", "--no-browser", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert "http://" in line, process.communicate()
        yield line.split()[3].rstrip("/"), process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=40)


def picture(width=40, height=30, dtype=np.uint8, seed=0, suffix=".png", **fields):
    """Return the content of an image file of random pixels."""
    from unnoise.imaging import Image, write_image

    white = np.iinfo(dtype).max
    pixels = np.random.default_rng(seed).integers(0, white, (height, width, 3), dtype, endpoint=True)
    sink = io.BytesIO()
    write_image(sink, Image(pixels, **fields), format=suffix)
    return sink.getvalue()
