"""Mutated uploads and headers: whatever is sent, the answer is an image or a clear refusal, and the server lives on."""

import random
import socket
from urllib.parse import urlsplit

import numpy as np
import pytest
from server_for_tests import picture

UPLOADS, HEADERS = 300, 100
WAYS = ("/api/denoise?model=half", "/api/estimate?model=half", "/api/denoise?model=half&strength=0.3&format=png")
NAMES = ("Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Origin", "Expect", "Connection", "X")
VALUES = (
    "127.0.0.1", "5", "-1", "99999999999999999999", "multipart/form-data; boundary=x", "multipart/form-data; boundary=",
    "chunked", "gzip, chunked", "null", "100-continue", "upgrade", "a" * 9000, "\x7f", "ü", "",
)  # fmt: skip


def mutated(content, rng):
    """Return a file with some bytes changed, cut out, doubled or put in."""
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 30))):
        place = rng.randrange(len(content) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            content[place : place + 1] = rng.randbytes(1)
        elif kind == 1:
            del content[place : place + rng.choice((1, 4, 100))]
        elif kind == 2:
            content[place:place] = content[place : place + rng.choice((4, 16, 200))]
        else:
            content[place : place + 4] = rng.choice((bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", rng.randbytes(4)))
    return bytes(content)


def sources():
    """Return small files of several formats."""
    kinds = [(suffix, np.uint8) for suffix in (".png", ".jpg", ".tif", ".webp", ".gif", ".bmp", ".ppm", ".avif")]
    return [
        picture(24, 18, dtype, suffix=suffix) for suffix, dtype in [*kinds, (".png", np.uint16), (".tif", np.uint16)]
    ]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_mutated_uploads_and_headers(client, seed):
    # Together with the slow ones they are more than two thousand.
    uploads, headers = (UPLOADS, HEADERS) if seed == 0 else (1500, 500)
    rng, files = random.Random(seed), sources()
    statuses = set()
    for _ in range(uploads):
        content = mutated(rng.choice(files), rng)
        given = {"files": {"file": ("a", content)}} if rng.random() < 0.3 else {"content": content}
        response = client.post(rng.choice(WAYS), **given)
        statuses.add(response.status_code)
        if response.status_code >= 400:
            assert response.json()["error"]["message"]
    assert statuses <= {200, 400, 413, 422, 503}
    assert {200, 422} <= statuses
    address = urlsplit(str(client.base_url))
    for _ in range(headers):
        status = answered(address, request(rng, files))
        assert status is None or 200 <= status < 500 or status == 503
    health = client.get("/api/health").json()
    assert (health["status"], health["waiting"]) == ("ok", 0)


def request(rng, files):
    """Return the bytes of a request whose headers are odd."""
    body = rng.choice(files)
    lines = [f"{rng.choice(('POST', 'POST', 'GET', 'PUT', 'p'))} {rng.choice((*WAYS, '/', '*', '//'))} HTTP/1.1"]
    if rng.random() < 0.8:
        lines += ["Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{rng.choice(NAMES)}: {rng.choice(VALUES)}" for _ in range(rng.randrange(4))]
    head = ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode("utf-8")
    return (mutated(head, rng) if rng.random() < 0.3 else head) + body


def answered(address, content):
    """Return the status of the answer; None where the server hangs up or waits for more."""
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        try:
            head = connection.recv(64)
        except (ConnectionResetError, TimeoutError):
            return None
    return int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else None
