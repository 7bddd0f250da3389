"""From a trained run to a denoised file, through the command line."""

import json
import subprocess
import sys

import numpy as np
import pytest

from unnoise.imaging import Image, read_image, write_image

TINY = [
    "data.train_images=300",
    "data.validation=50",
    "data.test_images=40",
    "training.epochs=1",
    "classifier.training.epochs=1",
    "composite.training.epochs=1",
    "model.hidden=[32]",
]


def unnoise(*arguments, limit=None):
    def lower():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "unnoise", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=None if limit is None else lower, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    sets = [part for field in TINY for part in ("--set", field)]
    done = unnoise("train", "demo", "-o", folder, *sets)
    assert done.returncode == 0, done.stderr
    assert "images (250, 28, 28, 1)" in done.stdout
    return folder


@pytest.fixture(scope="module")
def composite(run):
    path = run / "model.onnx"
    done = unnoise("package", run, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def noisy(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    write_image(tmp_path / "noisy.png", Image(pixels))
    return tmp_path / "noisy.png"


def test_the_run_folder_holds_what_evaluation_and_packaging_need(run):
    for name in ("recipe.toml", "run.json", "history.csv", "metrics.json", "report.html", "figures/denoised.png"):
        assert (run / name).stat().st_size > 0, name
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["rows"][0]["name"] == "noisy (do nothing)"
    assert {"clean", "noisy", "composite"} <= {row["name"] for row in metrics["accuracies"]}


def test_the_packaged_composite_agrees_with_keras(run, composite):
    from unnoise.inference import load
    from unnoise.models import load_model

    images = np.random.default_rng(1).random((5, 28, 28, 1), np.float32)
    keras_model = load_model(run / "models" / "composite.keras")
    packaged = load(composite)
    assert packaged.metadata.classes[9] == "Ankle boot"
    assert packaged.metadata.licence == "MIT"
    assert packaged.metadata.parity <= 1e-5
    np.testing.assert_allclose(packaged.denoise(images), keras_model.denoise(images), atol=1e-5)
    expected = keras_model.predict(images, verbose=0)
    np.testing.assert_allclose(packaged.classify(images).probabilities, expected, atol=1e-5)


def test_denoise_writes_the_image_and_the_class(composite, noisy, tmp_path):
    done = unnoise("denoise", noisy, "--model", composite, "-o", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    assert "class: " in done.stdout
    denoised = read_image(tmp_path / "out.png").pixels
    assert denoised.shape == (28, 28)
    assert denoised.dtype == np.uint8
    assert denoised.astype(float).std() < read_image(noisy).pixels.astype(float).std()
    again = unnoise("denoise", noisy, "--model", composite, "-o", tmp_path / "out.png")
    assert again.returncode == 1
    assert "--overwrite" in again.stderr


def test_a_gray_composite_sees_colour_files_in_gray(composite, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 3), np.uint8)
    write_image(tmp_path / "colour.png", Image(pixels))
    out, report = tmp_path / "out.png", tmp_path / "report.json"
    done = unnoise("denoise", tmp_path / "colour.png", "--model", composite, "-o", out, "--report", report)
    assert done.returncode == 0, done.stderr
    assert "class: " in done.stdout
    assert read_image(out).pixels.shape == (28, 28, 3)
    assert json.loads(report.read_text())["files"][0]["status"] == "denoised"


def test_a_fixed_size_model_names_its_size_and_writes_nothing(composite, tmp_path):
    write_image(tmp_path / "large.png", Image(np.zeros((30, 44), np.uint8)))
    done = unnoise("denoise", tmp_path / "large.png", "--model", composite)
    assert done.returncode == 1
    assert "28×28" in done.stderr
    assert "30×44" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.png"]


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x08\x07" * 500])
def test_a_file_that_is_no_onnx_is_one_error(content, noisy, tmp_path):
    (tmp_path / "fake.onnx").write_bytes(content)
    done = unnoise("denoise", noisy, "--model", tmp_path / "fake.onnx", "-o", tmp_path / "out.png")
    assert done.returncode == 1
    assert "fake.onnx" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits to the size of files")
def test_a_disk_that_refuses_leaves_nothing_half_written(run, composite, noisy, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    for command in (
        ("package", run, "-o", tmp_path / "new.onnx"),
        ("denoise", noisy, "--model", composite, "-o", tmp_path / "out.png"),
    ):
        done = unnoise(*command, limit=200)
        assert done.returncode == 1, command
        assert done.stderr.startswith("unnoise: "), command
        assert sorted(path.name for path in tmp_path.iterdir()) == before, command


def test_evaluate_takes_the_packaged_model_alone(composite):
    done = unnoise("evaluate", composite)
    assert done.returncode == 0, done.stderr
    assert "composite" in done.stdout
    assert "noisy (do nothing)" in done.stdout


def test_a_second_evaluation_with_other_noise_keeps_the_first(run):
    before = (run / "metrics.json").read_bytes()
    done = unnoise("evaluate", run, "--noise", "gaussian(0.2)")
    assert done.returncode == 0, done.stderr
    assert (run / "metrics.json").read_bytes() == before
    assert "fashion-mnist-mini-gaussian-0-2" in done.stdout


def test_the_keras_format_and_an_unknown_one(run, tmp_path):
    assert unnoise("package", run, "-o", tmp_path / "m.keras", "--format", "keras").returncode == 0
    assert (tmp_path / "m.keras").stat().st_size > 0
    wrong = unnoise("package", run, "-o", tmp_path / "m.x", "--format", "kera")
    assert wrong.returncode == 2
    assert "'keras'" in wrong.stderr
