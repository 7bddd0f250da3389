"""Whole runs on Ray: a cluster of this machine, and one of two nodes with an S3 server, of which one is killed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import PIL.Image
import pytest

from onnx_models import build

pytest.importorskip("ray", reason="the extra 'cluster' is not installed")
pytest.importorskip("s3fs", reason="the extra 'cluster' is not installed")

import pyarrow.parquet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the processes of a cluster are found in /proc"),
]

COUNT = 60


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with images, one of them damaged, a model, and what the folder command makes of the images."""
    folder = tmp_path_factory.mktemp("cluster")
    onnx.save(build("identity", input_shape=(None, None, 3), stride=8, receptive_field=33), folder / "identity.onnx")
    rng = np.random.default_rng(0)
    (folder / "in" / "sub").mkdir(parents=True)
    for number in range(COUNT):
        height, width = rng.integers(100, 500, 2)
        name = f"{'sub/' if number % 3 else ''}{number:02d}{('.png', '.jpg', '.tif')[number % 3]}"
        PIL.Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(folder / "in" / name)
    (folder / "in" / "sub" / "bad.png").write_bytes(b"no image")
    (folder / "home").mkdir()
    (folder / "short").symlink_to(tempfile.mkdtemp(dir="/tmp"))  # names of sockets are short
    done = run(folder, "in", "-o", "whole")
    assert "1 of 61 images could not be denoised" in done.stderr
    yield folder
    shutil.rmtree((folder / "short").resolve(), ignore_errors=True)


def command(*arguments):
    options = ("-r", "--force", "--model", "identity.onnx")
    return [sys.executable, "-m", "unnoise", "denoise", *options, *arguments]


def environment(folder, **variables):
    return {**os.environ, "HOME": str(folder / "home"), "TMPDIR": str((folder / "short").resolve()), **variables}


def run(folder, *arguments, **variables):
    done = subprocess.run(
        command(*arguments), cwd=folder, env=environment(folder, **variables), capture_output=True, text=True,
        timeout=280,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 1, done.stderr
    return done


def files(folder):
    return {str(path.relative_to(folder)): path for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def contents(folder):
    return {name: path.read_bytes() for name, path in files(folder).items()}


def processes(folder):
    """Return the processes that were started with the home of these tests: their numbers, and what they are."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"HOME={folder}/home".encode() in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
    return found


def end(folder):
    """Wait for these processes to end, and end those that are left after 20 seconds."""
    deadline = time.time() + 20
    while found := processes(folder):
        for number in found if time.time() > deadline else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.2)


def test_a_killed_driver_goes_on_and_does_nothing_twice(work):
    """Also: the same files, messages and exit code as the folder command, and nothing left on the machine."""
    killed = subprocess.Popen(
        command("in", "-o", "out", "--cluster"), cwd=work, env=environment(work), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.time() + 200
        while len(files(work / "out")) < 10:
            assert time.time() < deadline
            assert killed.poll() is None
            time.sleep(0.05)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    whole = contents(work / "whole")
    end(work)  # most end with their driver, agents of Ray's dashboard not always
    first = {
        name: path.stat().st_mtime_ns for name, path in files(work / "out").items() if not path.name.startswith(".")
    }
    assert 10 <= len(first) <= COUNT
    assert all((work / "out" / name).read_bytes() == whole[name] for name in first)

    done = run(work, "in", "-o", "out", "--cluster", "--report", "report.parquet")
    assert done.stderr.splitlines() == [
        "Cannot read in/sub/bad.png: it is not an image. Give a JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP or PPM file."
        .replace("in/sub", f"{work}/in/sub"),
        f"unnoise: 1 of 61 images could not be denoised: {work}/in/sub/bad.png. See the lines above.",
    ]  # fmt: skip
    assert f"{COUNT - len(first)} written, {len(first)} done before" in done.stdout
    assert contents(work / "out") == whole
    assert {name: (work / "out" / name).stat().st_mtime_ns for name in first} == first
    status = pyarrow.parquet.read_table(work / "report.parquet")["status"].to_pylist()
    assert sorted(status) == sorted(["done before"] * len(first) + ["denoised"] * (COUNT - len(first)) + ["error"])
    assert list((work / "home").iterdir()) == []
    deadline = time.time() + 60
    while processes(work):
        assert time.time() < deadline, list(processes(work).values())
        time.sleep(0.2)
    assert len(list((work / "short").iterdir())) == 1, "only the killed run leaves its log"


@pytest.fixture(scope="module")
def bucket():
    """An S3 server of this machine with the bucket ``scans``; what it gives is the environment for it."""
    server = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "key-in-no-message",
        "AWS_SECRET_ACCESS_KEY": "secret-in-no-message", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        import s3fs

        fs = s3fs.S3FileSystem(skip_instance_cache=True)
        fs.mkdir("scans")
        yield fs, variables
    server.stop()


TWO_NODES = """
import json, os, sys, threading, time
os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_TOKEN": "0" * 64})
import ray
from ray.cluster_utils import Cluster
import s3fs

store = 80_000_000
cluster = Cluster(
    initialize_head=True,
    head_node_args={"num_cpus": 1, "object_store_memory": store, "include_dashboard": False},
)
second = cluster.add_node(num_cpus=1, object_store_memory=store)
cluster.wait_for_nodes()
killed = []

def kill():
    fs = s3fs.S3FileSystem(skip_instance_cache=True)
    while True:
        fs.invalidate_cache()
        try:
            made = len(fs.find("scans/out"))
        except FileNotFoundError:
            made = 0
        if made >= 12:
            break
        time.sleep(0.1)
    cluster.remove_node(second, allow_graceful=False)
    killed.append(made)

threading.Thread(target=kill, daemon=True).start()
from unnoise.cli import main
sys.argv = ["unnoise", *sys.argv[1:], "--cluster", cluster.address]
try:
    main()
except SystemExit as stop:
    code = stop.code
print(json.dumps({"code": code, "made": killed}))
cluster.shutdown()
os._exit(0)
"""


def test_one_of_two_nodes_is_killed(work, bucket):
    fs, variables = bucket
    fs.put(f"{work}/in/", "scans/in/", recursive=True)
    arguments = command("s3://scans/in/", "-o", "s3://scans/out/", "--report", "s3://scans/report.parquet")[3:]
    (work / "short" / "ray").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", TWO_NODES, *arguments], cwd=work,
        env=environment(work, **variables, RAY_TMPDIR=str((work / "short").resolve())), capture_output=True, text=True,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    end = json.loads(done.stdout.splitlines()[-1])
    assert "1 of 61 images could not be denoised: s3://scans/in/sub/bad.png." in done.stderr
    assert end["code"] == 1
    assert end["made"], "no node was killed"
    assert end["made"][0] < COUNT
    fs.invalidate_cache()
    made = {name.removeprefix("scans/out/"): fs.cat_file(name) for name in fs.find("scans/out")}
    assert made == contents(work / "whole")
    with fs.open("scans/report.parquet") as handle:
        table = pyarrow.parquet.read_table(handle)
    assert sorted(table["source"].to_pylist()) == sorted(f"s3://scans/in/{name}" for name in files(work / "in"))
    rows = {row["source"]: row for row in table.to_pylist()}
    assert {row["status"] for row in rows.values()} <= {"denoised", "done before", "error"}
    assert [name for name, row in rows.items() if row["status"] == "error"] == ["s3://scans/in/sub/bad.png"]
    assert "in-no-message" not in done.stdout + done.stderr


def test_what_is_wrong_is_told_before_the_first_file(work, bucket):
    _, variables = bucket
    told = {
        ("in", "-o", "new", "--cluster", "127.0.0.1:1"): "No Ray cluster answers at 127.0.0.1:1",
        ("s3://nosuch/in", "-o", "new", "--cluster"): "no images in s3://nosuch/in",
        ("in", "-o", "s3://nosuch/out", "--cluster"): "Cannot write to s3://nosuch/out",
        ("in", "-o", "new", "--cluster", "--model", "in/sub/bad.png"): "is not an ONNX model",
    }
    for arguments, text in told.items():
        done = run(work, *arguments, **variables)
        assert text in done.stderr
        assert done.stderr.count("\n") == 1
        assert "in-no-message" not in done.stderr
        assert files(work / "new") == {}
