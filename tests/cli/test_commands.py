"""The command line's answers: what it prints, its exit codes, and its one-line messages."""

import os
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

import unnoise as package
from unnoise.cli.app import app, unquoted
from unnoise.experiment import built_in_recipes
from unnoise.imaging import Image, read_image, write_image

COMMANDS = [
    "demo", "recipes", "train", "sweep", "evaluate", "benchmark", "tune", "package", "denoise", "models", "noise",
    "doctor", "inspect", "web",
]  # fmt: skip


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(60, 200, (20, 30, 3), np.uint8)
    write_image(tmp_path / "clean.png", Image(pixels))
    return tmp_path / "clean.png"


def test_version(unnoise):
    assert unnoise("--version") == (0, f"unnoise {package.__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(unnoise, option):
    code, out, err = unnoise(option)
    assert (code, err) == (0, "")
    assert [name for name in COMMANDS if name not in out] == []


def test_every_registered_command_is_tested_here():
    assert sorted(command.name for command in app.registered_commands) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(command):
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_without_a_command_the_help_is_shown(unnoise):
    code, out, err = unnoise()
    assert code == 2
    assert "recipes" in out + err


@pytest.mark.parametrize(
    "arguments",
    [
        ["trian"],
        ["recipes", "--all"],
        ["noise", "a.png"],
        ["denoise", "a.png", "--model", "m.onnx", "--strength", "101"],
        ["train"],
        ["train", "demo", "--resume", "runs/demo"],
        ["train", "--resume", "runs/demo", "--set", "seed=1"],
        ["train", "--resume", "runs/demo", "-o", "other"],
        ["evaluate", "nowhere"],
        ["denoise", "a.png", "--model", "foto"],
        ["denoise", "a.png", "--passes", "3"],
        ["denoise", "a.png", "--strength", "nan"],
        ["models", "foto"],
        ["denoise", ".", "--model", "photo"],
        ["sweep", "demo"],
        ["sweep", "demo", "--set", "model.code"],
        ["sweep", "demo", "--set", "model.code=4,,8"],
    ],
)
def test_wrong_usage_exits_with_2_and_writes_nothing(unnoise, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = unnoise(*arguments)
    assert code == 2
    assert err.strip()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["train", "demo", "--set", "training.epoch=3"], "Did you mean 'epochs'?"),
        (["train", "demo", "--set", "training.epochs=three"], "training.epochs"),
        (["train", "demo", "--set", "data.dataset=fashion-mnits"], "Did you mean 'fashion-mnist'?"),
        (["train", "demo", "--set", "noise=gausian(0.1)"], "Did you mean 'gaussian'?"),
        (["train", "demo", "--set", 'evaluation.baselines=["median", "liner"]'], "Did you mean 'linear'?"),
        (["train", "demo", "--set", "model.code=-3"], "model: code must be"),
        (["train", "dmo"], "Did you mean 'demo'?"),
        (["sweep", "demo", "--set", "model.cod=4,8"], "Did you mean 'code'?"),
    ],
)
def test_a_wrong_name_or_value_exits_with_2_and_one_message_and_writes_nothing(
    unnoise, arguments, expected, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, _, err = unnoise(*arguments)
    assert code == 2
    assert err.startswith("unnoise: ")
    assert expected in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["train", "missing.toml"], "Cannot read the recipe missing.toml"),
        (["train", "--resume", "nowhere"], "nowhere is no run folder"),
        (["evaluate", "nowhere.onnx"], "There is no model file nowhere.onnx"),
        (["denoise", "missing.png"], "missing.png"),
        (["models", "missing.onnx"], "missing.onnx"),
        (["package", "nowhere", "-o", "m.onnx"], "nowhere is no run folder"),
        (["denoise", "missing.png", "--model", "missing.onnx"], "missing"),
        (["denoise", "a.png", "--model", "model.keras"], "There is no model file model.keras"),
        (["noise", "missing.png", "--noise", "none", "-o", "out.png"], "missing.png"),
    ],
)
def test_bad_input_exits_with_1_and_one_message_and_writes_nothing(unnoise, arguments, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = unnoise(*arguments)
    assert code == 1
    assert err.startswith("unnoise: ")
    assert expected in err
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_recipes_lists_all_with_their_summaries(unnoise):
    code, out, err = unnoise("recipes")
    assert (code, err) == (0, "")
    listed = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert {name: text.strip() for name, text in listed.items()} == built_in_recipes()


def test_noise_writes_an_image_that_the_seed_repeats(unnoise, picture, tmp_path):
    def noisy(name, *options):
        code, out, err = unnoise("noise", picture, "--noise", "gaussian(0.1)", "-o", tmp_path / name, *options)
        assert (code, err) == (0, "")
        assert name in out
        assert "gaussian" in out
        return read_image(tmp_path / name).to_float()

    first, again, other = noisy("a.png"), noisy("b.png", "--seed", "0"), noisy("c.png", "--seed", "1")
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    difference = first - read_image(picture).to_float()
    assert first.shape == (20, 30, 3)
    assert difference.std() == pytest.approx(0.1, rel=0.1)
    assert abs(difference.mean()) < 0.01


def test_no_noise_leaves_every_pixel(unnoise, picture, tmp_path):
    assert unnoise("noise", picture, "--noise", "none", "-o", tmp_path / "same.png")[0] == 0
    np.testing.assert_array_equal(read_image(tmp_path / "same.png").to_float(), read_image(picture).to_float())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--noise", "gausian(0.1)"], "Did you mean 'gaussian'?"),
        (["--noise", "gaussian("], "gaussian("),
        (["--noise", "none", "--seed", "-1"], "received -1"),
    ],
)
def test_an_unknown_noise_or_seed_exits_with_2(unnoise, picture, tmp_path, options, expected):
    code, _, err = unnoise("noise", picture, *options, "-o", tmp_path / "out.png")
    assert code == 2
    assert expected in err
    assert not (tmp_path / "out.png").exists()


def test_an_existing_output_is_replaced_only_with_overwrite(unnoise, picture, tmp_path):
    target = tmp_path / "out.png"
    target.write_bytes(b"precious")
    command = ["noise", picture, "--noise", "none", "-o", target]
    code, _, err = unnoise(*command)
    assert code == 1
    assert "exists already" in err
    assert "--overwrite" in err
    assert target.read_bytes() == b"precious"
    assert unnoise(*command, "--overwrite")[0] == 0
    assert read_image(target).to_float().shape == (20, 30, 3)


def test_an_image_that_is_none_is_told(unnoise, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    code, _, err = unnoise("noise", tmp_path / "text.png", "--noise", "none", "-o", tmp_path / "out.png")
    assert code == 1
    assert "text.png" in err
    assert "Traceback" not in err


def test_ctrl_c_exits_with_130(unnoise, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("unnoise.experiment.built_in_recipes", interrupted)
    code, _, err = unnoise("recipes")
    assert code == 130
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("called", "package", "command", "extra"),
    [
        ("unnoise.experiment.load_recipe", "keras.ops", ["train", "demo"], "train"),
        ("unnoise.experiment.load_recipe", "pydantic", ["train", "demo"], "train"),
        ("unnoise.benchmark.run.run_benchmark", "cv2", ["benchmark"], "benchmark"),
        ("unnoise.benchmark.run.run_benchmark", "skimage", ["benchmark"], "benchmark"),
    ],
)
def test_a_missing_package_names_what_to_install(unnoise, monkeypatch, tmp_path, called, package, command, extra):
    def missing(*_, **__):
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    monkeypatch.setattr(called, missing)
    code, _, err = unnoise(*command, "-o", tmp_path / "out")
    assert code == 1
    assert package.split(".")[0] in err
    assert f"pip install 'unnoise[{extra}]'" in err


@pytest.mark.parametrize(
    ("given", "meant"),
    [("'gaussian(0.2)'", "gaussian(0.2)"), ("gaussian(0.2)", "gaussian(0.2)"), ("it's", "it's"), ("'", "'"), ("", "")],
)
def test_single_quotes_of_the_guides_work_in_windows_cmd(given, meant):
    assert unquoted(given) == meant


def test_a_terminal_that_lacks_a_character_stops_nothing():
    command = [sys.executable, "-m", "unnoise", "models", "photo"]
    done = subprocess.run(
        command, capture_output=True, check=True, env=os.environ | {"PYTHONIOENCODING": "cp437", "PYTHONUTF8": "0"}
    )
    text = done.stdout.decode("cp437")
    assert "PSNR" in text
    assert "?" in text


def test_the_module_is_the_command_too():
    command = [sys.executable, "-m", "unnoise", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"unnoise {package.__version__}\n"
