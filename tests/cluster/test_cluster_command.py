"""``unnoise denoise --cluster`` as far as it goes without a cluster: addresses, usage, and nothing left to do."""

import numpy as np
import PIL.Image
import pytest

from unnoise.cli.options import with_address

pytest.importorskip("fsspec", reason="the extra 'cluster' is not installed")
pytest.importorskip("pyarrow", reason="the extra 'cluster' is not installed")

import pyarrow.parquet


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["a", "--cluster"], ["a", "--cluster=local"]),
        (["--cluster", "s3://in", "-o", "out"], ["--cluster=local", "s3://in", "-o", "out"]),
        (["a", "--cluster", "-o", "out"], ["a", "--cluster=local", "-o", "out"]),
        (["a", "--cluster", "auto"], ["a", "--cluster", "auto"]),
        (["--cluster", "10.0.0.5:6379", "a"], ["--cluster", "10.0.0.5:6379", "a"]),
        (["--cluster", "ray://head:10001", "a"], ["--cluster", "ray://head:10001", "a"]),
        (["--cluster=head:1", "a"], ["--cluster=head:1", "a"]),
        (["denoise", "a"], ["denoise", "a"]),
    ],
)
def test_the_address_may_be_left_out(given, meant):
    assert with_address(given) == meant


@pytest.fixture
def folders(tmp_path):
    """A folder with an image and another in which it is done."""
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / name / "a.png")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("in", "--cluster"), 2, "takes one folder, and with -o the one to write to"),
        (("in", "out", "-o", "new", "--cluster"), 2, "takes one folder"),
        (("in", "-o", "in", "--cluster"), 1, "is the input folder"),
        (("in", "-o", "nosuch://out", "--cluster"), 2, "nosuch://out cannot be opened"),
        (("in", "-o", "new", "--cluster", "--model", "none.onnx"), 1, "no model file none.onnx"),
        (("in", "-o", "new", "--cluster", "--report", "report.json"), 2, "its name ends in .parquet"),
        (("new", "-o", "other", "--cluster"), 1, "There are no images in"),
        (("in", "-o", "new", "--cluster", "ray://127.0.0.1:1"), 2, "host and port of its head"),
        (("in", "-o", "new", "--cluster", "127.0.0.1:1"), 1, "No Ray cluster answers at 127.0.0.1:1"),
    ],
)
def test_what_is_wrong_ends_it_in_one_line(unnoise, folders, monkeypatch, arguments, code, text):
    monkeypatch.chdir(folders)
    found, _, errors = unnoise("denoise", *arguments)
    assert text in errors
    assert (found, errors.count("\n")) == (code, 1)
    assert not (folders / "new").exists()


def test_where_all_is_done_no_cluster_is_needed(unnoise, folders, monkeypatch):
    monkeypatch.chdir(folders)
    report = ("--report", "report.parquet")
    code, printed, errors = unnoise("denoise", "in", "-o", "out", "--cluster", "127.0.0.1:1", *report)
    assert (code, errors) == (0, "")
    assert printed.startswith("0 written, 1 done before")
    rows = pyarrow.parquet.read_table("report.parquet").to_pylist()
    assert [(row["status"], row["width"]) for row in rows] == [("done before", None)]
    assert rows[0]["source"] == str(folders / "in" / "a.png")
