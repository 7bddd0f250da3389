"""A worker: what the folder command makes of a file, from and to any place; rows, batches and reports of them."""

import dataclasses
import pickle

import numpy as np
import onnx
import PIL.Image
import pytest

from onnx_models import build
from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.files import FileReport, denoise_folder
from unnoise.inference import DenoiseOptions

pytest.importorskip("fsspec", reason="the extra 'cluster' is not installed")
pytest.importorskip("pyarrow", reason="the extra 'cluster' is not installed")

import pyarrow.parquet
from fsspec.implementations.memory import MemoryFileSystem

from unnoise.cluster import Worker
from unnoise.cluster.report import ParquetReport
from unnoise.cluster.run import batches


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "identity.onnx"
    onnx.save(build("identity", input_shape=(None, None, 3), stride=8, receptive_field=33), path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Images, one of them damaged, in a folder and in memory."""
    rng = np.random.default_rng(0)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.png", "b.jpg", "sub/c.tif"):
        PIL.Image.fromarray(rng.integers(0, 256, (40, 56, 3), np.uint8)).save(tmp_path / "in" / name)
    (tmp_path / "in" / "bad.png").write_bytes(b"no image")
    fs = MemoryFileSystem()
    fs.store.clear()
    fs.put(f"{tmp_path}/in/", "/store/in/", recursive=True)
    yield tmp_path
    fs.store.clear()


NAMES = ["a.png", "b.jpg", "bad.png", "sub/c.tif"]
FORCE = DenoiseOptions(skip_clean=False)


@pytest.mark.parametrize("kind", ["folder", "memory"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_worker_does_what_the_folder_command_does(folder, model, kind, threads):
    outcomes = denoise_folder(folder / "in", folder / "whole", model=model, options=FORCE, recursive=True)
    base = str(folder) if kind == "folder" else "memory://store"
    made = Worker(f"{base}/in", f"{base}/out", model=model, options=FORCE, threads=threads)
    worker = pickle.loads(pickle.dumps(made))  # as it travels
    rows = {row["name"]: row for row in worker.rows(NAMES)}
    assert sorted(rows) == NAMES
    for name, outcome in zip(NAMES, outcomes, strict=True):
        row = rows[name]
        assert (row["source"], row["target"]) == (f"{base}/in/{name}", f"{base}/out/{name}")
        if name == "bad.png":
            assert row["error"] == str(outcome.error).replace(f"{folder}/in", f"{base}/in")
            continue
        told = dataclasses.asdict(outcome.report)
        for field in set(told) - {"source", "target", "seconds"}:
            assert row[field] == told[field], field
        if kind == "folder":
            content = (folder / "out" / name).read_bytes()
        else:
            content = MemoryFileSystem().cat_file(f"/store/out/{name}")
        assert content == (folder / "whole" / name).read_bytes()
    again = {row["name"]: row["status"] for row in worker.rows(NAMES)}
    assert again == {"a.png": "done before", "b.jpg": "done before", "bad.png": "error", "sub/c.tif": "done before"}


def test_another_format_and_what_is_wrong_before_the_first_file(folder, model, tmp_path):
    worker = Worker("memory://store/in", "memory://store/png", model=model, suffix=".png")
    row = worker("sub/c.tif")
    assert row["target"] == "memory://store/png/sub/c.png"
    assert MemoryFileSystem().cat_file("/store/png/sub/c.png").startswith(b"\x89PNG")
    worker.check(["missing.png", "a.png"])
    with pytest.raises(Exception, match=r"Cannot read memory://store/in/missing\.png"):
        worker.check(["missing.png"])
    with pytest.raises(ModelFileError, match="no model file"):
        Worker("memory://store/in", "memory://store/out", model=tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelFileError, match="not an ONNX model"):
        Worker("memory://store/in", "memory://store/out", model=tmp_path / "text.onnx")


def test_batches_hold_every_file_once_by_bytes_and_count():
    rng = np.random.default_rng(1)
    sizes = {f"{number}.png": int(size) for number, size in enumerate(rng.integers(1, 30_000_000, 3000))}
    for workers in (1, 16, 1000):
        found = batches(sizes, workers)
        assert [name for batch in found for name in batch] == list(sizes)
        assert all(sum(sizes[name] for name in batch) <= 64_000_000 or len(batch) == 1 for batch in found)
        assert len(found) >= min(len(sizes), 8 * workers)
    assert batches({"a": 0, "b": 0}, 1) == [["a"], ["b"]]


def test_the_report_has_a_row_a_file_and_is_whole_or_not_there(folder, model):
    worker = Worker("memory://store/in", "memory://store/out", model=model, options=FORCE)
    rows = [worker(name) for name in NAMES]
    with ParquetReport(f"{folder}/report.parquet") as report:
        report.add(rows)
        report.add([{"source": "x", "target": "y", "status": "done before"}])
        assert not (folder / "report.parquet").exists()
    table = pyarrow.parquet.read_table(folder / "report.parquet")
    fields = [field.name for field in dataclasses.fields(FileReport)]
    assert table.column_names == [*fields[:2], "status", "error", *fields[2:]]
    assert table["status"].to_pylist() == ["denoised", "denoised", "error", "denoised", "done before"]
    assert table["width"].to_pylist() == [56, 56, None, 56, None]
    assert table["metadata_lost"].to_pylist()[0] == []

    stopped = pytest.raises(KeyboardInterrupt)
    with stopped, ParquetReport("memory://store/stopped.parquet") as report:
        report.add(rows)
        raise KeyboardInterrupt
    assert not MemoryFileSystem().exists("/store/stopped.parquet")
    with pytest.raises(UsageError, match=r"ends in \.parquet"):
        ParquetReport(f"{folder}/report.json")


def test_a_cluster_without_room_or_of_no_address_is_told(monkeypatch):
    from unnoise.cluster import ray_cluster

    monkeypatch.setattr(ray_cluster, "_nodes", lambda: [{"Resources": {"CPU": 4.0}}, {"Resources": {"CPU": 7.0}}, {}])
    assert [ray_cluster.workers_of(threads) for threads in (1, 3, 7)] == [11, 3, 1]
    with pytest.raises(InputError, match="has 8 CPUs for a worker; the largest has 7") as caught:
        ray_cluster.workers_of(8)
    assert caught.value.remedy == "threads"
    for address in ("here", "ray://10.0.0.5:10001", "10.0.0.5", ":6379"):
        with pytest.raises(UsageError, match="address of a cluster"), ray_cluster.joined(address):
            pass
    with (
        pytest.raises(InputError, match=r"No Ray cluster answers at 127\.0\.0\.1:1"),
        ray_cluster.joined("127.0.0.1:1"),
    ):
        pass


def test_what_loses_its_worker_is_given_out_alone_and_told_in_the_end(folder, model, monkeypatch):
    """Ray Data is replaced here: a batch that holds the bad file is lost with its worker."""
    from unnoise.cluster import run

    worker = Worker("memory://store/in", "memory://store/out", model=model, options=FORCE)
    given = []

    def through_ray(shares, worker, workers, *, in_flight):
        for share in shares:
            given.append(share)
            if "bad.png" not in share:
                yield list(worker.rows(share))

    monkeypatch.setattr(run, "_through_ray", through_ray)
    monkeypatch.setattr(run, "_TURNS", 1)
    rows = [row for rows in run.denoise_on_cluster(dict.fromkeys(NAMES, 1), worker, workers=2) for row in rows]
    assert given == [["a.png", "b.jpg"], ["bad.png", "sub/c.tif"], ["bad.png"], ["sub/c.tif"], ["bad.png"]]
    assert sorted(row["name"] for row in rows) == NAMES
    assert {row["name"]: row["status"] for row in rows}["bad.png"] == "error"
    assert "its worker was lost each time" in rows[-1]["error"]
