"""Folders: mirrored, past bad files, resumed, and never with half written files."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import onnx
import PIL.Image
import pytest
import pyvips

from onnx_models import build
from unnoise.errors import InputError, OutputError, UsageError
from unnoise.files import denoise_folder, plan
from unnoise.imaging.image_file import open_image
from unnoise.inference import DenoiseOptions, load

KINDS = (
    (".jpg", {}), (".png", {}), (".tif", {"compression": "deflate"}), (".tif", {}), (".webp", {"lossless": True}),
    (".webp", {}), (".avif", {}), (".gif", {}),
)  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "identity.onnx"
    onnx.save(build("identity", input_shape=(None, None, 3), stride=8, receptive_field=33), path)
    return path


def contents(seed=0):
    """Return small images in every format, as (suffix, bytes)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 20, 3), np.uint8)
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    found = [(suffix, image.write_to_buffer(suffix, **options)) for suffix, options in KINDS]
    for suffix in (".bmp", ".ppm"):
        buffer = io.BytesIO()
        PIL.Image.fromarray(pixels).save(buffer, suffix[1:])
        found.append((suffix, buffer.getvalue()))
    return found


def run(*arguments):
    done = subprocess.run([sys.executable, "-m", "unnoise", *map(str, arguments)], capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_a_thousand_damaged_files_among_good_ones(tmp_path, model):
    rng = np.random.default_rng(1)
    whole = contents()
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    never = set()
    for number in range(1000):
        suffix, content = whole[number % len(whole)]
        changed = bytearray(content)
        kind = rng.choice(["flip", "cut", "header", "other"])
        if kind == "flip":
            for place in rng.integers(0, len(changed), rng.integers(1, 6)):
                changed[place] ^= 1 << rng.integers(8)
        elif kind == "cut":
            changed = changed[: rng.integers(0, len(changed))]
        elif kind == "header":
            changed[: rng.integers(1, 12)] = rng.bytes(rng.integers(1, 12))
        else:
            choices = [b"", b"plain text, with commas\n" * 20, rng.bytes(400), b"%PDF-1.4 something", b"<html></html>"]
            changed = bytearray(choices[rng.integers(len(choices))])
        name = f"{number:04d}-{kind}{suffix}"
        (source / name).write_bytes(bytes(changed))
        if kind in ("cut", "other"):
            never.add(name)
    for number, (suffix, content) in enumerate(contents(2)):
        (source / f"good-{number}{suffix}").write_bytes(content)
    done = run("denoise", source, "-o", target, "--model", model, "--force", "--report", tmp_path / "report.json")
    assert done.returncode == 1
    files = json.loads((tmp_path / "report.json").read_text())["files"]
    entries = {entry["source"].rsplit(os.sep)[-1]: entry for entry in files}
    assert len(entries) == 1010
    written = {path.name for path in target.iterdir()}
    assert written == {name for name, entry in entries.items() if entry["status"] != "error"}
    assert not never & written
    assert {name for name in entries if name.startswith("good")} <= written
    for name in written:
        before, after = open_image(source / name), open_image(target / name)
        assert (after.width, after.height) == (before.width, before.height)
        after.read()
    for entry in entries.values():
        if entry["status"] == "error":
            assert entry["error"].count("\n") == 0
            assert entry["source"] in entry["error"]


def test_the_tree_is_mirrored(tmp_path, model):
    content = contents()[0][1]
    for name in ("a.jpg", "sub/b.jpg", "sub/deep/c.JPG", ".hidden.jpg", ".cache/d.jpg", "notes.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    inside = tmp_path / "in" / "out"
    inside.mkdir()
    (inside / "old.jpg").write_bytes(content)
    jobs = plan(tmp_path / "in", inside, recursive=True)
    names = [str(job.target.relative_to(inside)) for job in jobs]
    assert names == ["a.jpg", "sub/b.jpg", "sub/deep/c.JPG"]
    assert [str(job.target.relative_to(inside)) for job in plan(tmp_path / "in", inside)] == ["a.jpg"]
    options = DenoiseOptions(skip_clean=False)
    outcomes = denoise_folder(tmp_path / "in", inside, recursive=True, model=load(model), options=options)
    assert [outcome.job for outcome in outcomes] == jobs
    assert all(outcome.report is not None for outcome in outcomes)
    assert sorted(path.name for path in inside.rglob("*") if path.is_file()) == ["a.jpg", "b.jpg", "c.JPG", "old.jpg"]


@pytest.mark.parametrize("format_", ["png", ".png"])
def test_another_format_for_all(tmp_path, model, format_):
    (tmp_path / "in").mkdir()
    for number, (suffix, content) in enumerate(contents()[:3]):
        (tmp_path / "in" / f"{number}{suffix}").write_bytes(content)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no image")
    outcomes = denoise_folder(tmp_path / "in", tmp_path / "out", model=model, format=format_)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.png", "1.png", "2.png"]
    assert [outcome.error is None for outcome in outcomes] == [True, True, True, False]
    assert "bad.jpg" in str(outcomes[-1].error)


def test_what_cannot_be_planned_is_told_before_anything_is_written(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    with pytest.raises(InputError, match="no images in") as caught:
        plan(source, tmp_path / "out")
    assert caught.value.remedy == "recursive"
    for name in ("a.jpg", "a.png"):
        (source / name).touch()
    with pytest.raises(InputError, match=r"both be written to .*a\.webp"):
        plan(source, tmp_path / "out", suffix=".webp")
    with pytest.raises(UsageError, match="unknown suffix"):
        plan(source, tmp_path / "out", suffix=".xyz")
    with pytest.raises(OutputError, match="is the input folder"):
        plan(source, source)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file"):
        plan(source, tmp_path / "file")
    with pytest.raises(InputError, match="is not a folder"):
        plan(tmp_path / "missing", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_killed_run_is_resumed_to_the_same_files(tmp_path, model):
    source = tmp_path / "in"
    source.mkdir()
    rng = np.random.default_rng(3)
    for number in range(12):
        height, width = rng.integers(200, 500, 2)
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        suffix = (".png", ".jpg", ".tif")[number % 3]
        pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").write_to_file(str(source / f"{number}{suffix}"))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    command = ["denoise", source, "--model", model, "--force"]
    assert run(*command, "-o", whole).returncode == 0
    for moment in (0.3, 0.5, 0.6, 0.7, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "unnoise", *map(str, command), "-o", str(cut), "--resume"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(moment)
        process.kill()
        process.wait()
        for path in cut.iterdir() if cut.exists() else ():
            if not path.name.startswith("."):
                assert path.read_bytes() == (whole / path.name).read_bytes()
    assert run(*command, "-o", cut, "--resume").returncode == 0
    after = {path.name: path.read_bytes() for path in cut.iterdir()}  # nothing else is left of the killed runs
    assert after == {path.name: path.read_bytes() for path in whole.iterdir()}
    again = run(*command, "-o", cut, "--resume")
    assert "0 written, 12 done before" in again.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process")
def test_ctrl_c_ends_with_130_and_whole_files(tmp_path, model):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (600, 700, 3), np.uint8)
    for number in range(40):
        pyvips.Image.new_from_array(pixels).copy(interpretation="srgb").write_to_file(str(source / f"{number}.png"))
    # Whoever starts the tests in the background has SIGINT ignored.
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import unnoise.cli as c; c.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "denoise", str(source), "-o", str(target), "--model", str(model), "--force"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.time() + 60
    while not (target.exists() and any(not path.name.startswith(".") for path in target.iterdir())):
        assert time.time() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    names = [path.name for path in target.iterdir()]
    assert 0 < len(names) < 40
    for name in names:
        np.testing.assert_array_equal(open_image(target / name).read(), pixels)


def test_a_network_that_fails_does_not_end_the_folder(tmp_path):
    onnx.save(build("blocks", input_shape=(None, None, 3), stride=1, receptive_field=1), tmp_path / "model.onnx")
    (tmp_path / "in").mkdir()
    for name, side in (("a.png", 41), ("b.png", 40), ("c.png", 43)):
        PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, 40, 3), np.uint8)).save(
            tmp_path / "in" / name
        )
    report = tmp_path / "report.json"
    arguments = ("--model", tmp_path / "model.onnx", "--force", "--report", report)
    done = run("denoise", tmp_path / "in", "-o", tmp_path / "out", *arguments)
    assert done.returncode == 1
    assert [entry["status"] for entry in json.loads(report.read_text())["files"]] == ["error", "denoised", "error"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b.png"]


def test_what_lies_on_its_side_is_done_when_it_was_set_upright(tmp_path, model):
    (tmp_path / "in").mkdir()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    PIL.Image.fromarray(pixels).save(tmp_path / "in" / "a.jpg", exif=exif)
    arguments = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--format", "avif", "--model", model, "--resume")
    assert run(*arguments).returncode == 0
    made = open_image(tmp_path / "out" / "a.avif")
    assert (made.width, made.height) == (30, 40)
    again = run(*arguments)
    assert again.returncode == 0, again.stderr
    assert "1 done before" in again.stdout
