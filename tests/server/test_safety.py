"""What an attacker, a broken program or another site may try."""

import json
import socket
import struct
import sys
import time
import zlib
from urllib.parse import urlsplit

import pytest
from server_for_tests import picture, served

from unnoise.imaging.formats import FORMATS
from unnoise.server.page import denoised_name

HUGE = 60_000  # a side, of more pixels than the limit


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb():
    """A PNG of a few kilobytes that says it has 3,600 megapixels."""
    rows = zlib.compress(bytes(10_000_000))
    header = struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_with(kind, head):
    """A small PNG with a chunk that would unpack to half a gigabyte."""
    whole = picture()
    packer = zlib.compressobj(9)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(512)), packer.flush()])
    return whole[:33] + chunk(kind, head + bomb) + whole[33:]


def tiff(width, height, packed):
    """A gray TIFF of one deflated strip."""
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8), (277, 3, 1),
        (278, 4, height), (279, 4, len(packed)),
    ]  # fmt: skip
    place = 8 + len(packed)
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHI", tag, kind, 1) + (struct.pack("<I", value) if kind == 4 else struct.pack("<HH", value, 0))
        for tag, kind, value in entries
    )
    return b"II*\0" + struct.pack("<I", place) + packed + directory + bytes(4)


def peak(pid="self"):
    """Return the most memory that the process has held, in bytes; 0 where only Linux would tell it."""
    if sys.platform != "linux":
        return 0
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


@pytest.mark.parametrize(
    ("name", "content", "statuses"),
    [
        ("png", png_bomb(), {413}),
        ("tiff", tiff(HUGE, HUGE, zlib.compress(bytes(10_000_000))), {413}),
        ("tiff that unpacks to more than it says", tiff(40, 30, zlib.compress(bytes(300_000_000), 9)), {200, 422}),
        ("png with a text", png_with(b"zTXt", b"a\0\0"), {200, 422}),
        ("png with a profile", png_with(b"iCCP", b"a\0\0"), {200, 422}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bombs_take_no_memory(client, name, content, statuses):
    client.post("/api/denoise", params={"model": "half"}, content=picture())  # what is loaded once
    before = peak()
    response = client.post("/api/denoise", params={"model": "half"}, content=content)
    assert response.status_code in statuses
    assert peak() - before < 200 << 20


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    ],
)
def test_another_site_cannot_use_the_server(client, headers):
    for method, way in (
        ("POST", "/api/denoise"),
        ("POST", "/api/answers"),
        ("GET", "/api/models"),
        ("GET", "/metrics"),
    ):
        response = client.request(method, way, headers=headers)
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers


def test_the_page_itself_and_programs_can(client):
    port = urlsplit(str(client.base_url)).port
    for headers in ({}, {"Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}, {"Host": "localhost"}):
        assert client.get("/api/models", headers=headers).status_code == 200
    # A link on another site may open the page, but no frame may show it.
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=link | {"Sec-Fetch-Dest": "document"}).status_code == 200
    assert client.get("/", headers=link | {"Sec-Fetch-Dest": "iframe"}).status_code == 403


def test_every_answer_binds_the_browser(client):
    for way in ("/", "/api/models", "/nothing"):
        headers = client.get(way).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "way",
    [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd",
        "/static/page.js%00.css", "/../../etc/passwd", "/api/answers/..%2f..%2fetc%2fpasswd",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(client, way):
    address = urlsplit(str(client.base_url))
    answer = exchange(address, f"GET {way} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert int(answer.split()[1]) in (400, 404)
    assert b"root:" not in answer
    assert b"import" not in answer


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("../../etc/cron.d/job", "job.denoised.png"),
        ("..\\..\\windows\\x.PNG", "x.denoised.PNG"),
        ("C:evil.png", "C_evil.denoised.png"),
        ("..", "image.denoised.png"),
        ("", "image.denoised.png"),
        ("a\0b\n\u202egnp.exe", "a_b__gnp.denoised.png"),
        ("é" * 900 + ".png", "é" * 120 + ".denoised.png"),
    ],
)
def test_names_in_a_zip_are_names_alone(given, expected):
    assert denoised_name(given, FORMATS[".png"]) == expected


def exchange(address, data, seconds=5.0):
    """Send bytes as they are and return what comes until the server hangs up."""
    with socket.create_connection((address.hostname, address.port), timeout=seconds) as connection:
        connection.sendall(data)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


def test_huge_and_broken_headers_are_refused(client):
    address = urlsplit(str(client.base_url))
    start = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for request in (
        start + b"X: " + b"a" * 200_000,
        start + b"".join(b"X%d: a\r\n" % n for n in range(20_000)),
        b"GET /" + b"a" * 200_000,
        b"\x00\xff\x16\x03\x01" * 50,
        start + b"Content-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ):
        answer = exchange(address, request)
        assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 403")
    assert client.get("/api/health").status_code == 200


def test_slow_clients_are_sent_away(models):
    with served(models, silence_seconds=0.4, upload_seconds=1.0) as url:
        address = urlsplit(url)
        started = time.monotonic()
        assert exchange(address, b"GET / HTTP/1.1\r\nHost: 127", seconds=20) == b""
        assert time.monotonic() - started < 10
        assert b"408" in exchange(address, upload(b"Content-Length: 100\r\n\r\nabc")).split(b"\r\n")[0]
        # A little now and then does not help.
        with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
            connection.sendall(upload(b"Content-Length: 1000\r\n\r\n"))
            for _ in range(8):
                time.sleep(0.2)
                connection.sendall(b"a")
            assert b"408" in connection.recv(65536)
        with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            text = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"unnoise_waiting_images 0\n" in text


def upload(rest):
    return b"POST /api/denoise HTTP/1.1\r\nHost: 127.0.0.1\r\n" + rest


def test_an_upload_that_is_broken_off_leaves_nothing(client):
    address = urlsplit(str(client.base_url))
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(upload(b"Content-Length: 1000000\r\n\r\n" + bytes(1000)))
    deadline = time.monotonic() + 10
    while 'status="400"' not in client.get("/metrics").text and time.monotonic() < deadline:
        time.sleep(0.05)
    text = client.get("/metrics").text
    assert 'unnoise_responses_total{status="400"} 1\n' in text
    assert "unnoise_waiting_images 0\n" in text


def test_deeply_nested_and_many_wishes_for_a_zip_are_refused(client):
    for body in ("[" * 100_000, json.dumps([{"id": "x", "name": "y"}] * 2000), json.dumps([{"id": "x"}]), "{}"):
        response = client.post("/api/zip", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 404)
