"""What version 0.1 wrote and what its users wrote still loads: noises, recipes, run folders."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from unnoise.experiment import RunFolder, load_recipe
from unnoise.noise import (
    BlindGaussian,
    CorrelatedGaussian,
    Gaussian,
    RandomJpeg,
    Uniform,
    parse,
    registry,
)

HERE = Path(__file__).parent
NOISES = (HERE / "noises-0.1.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("text", NOISES)
def test_a_noise_loads_and_is_drawn(text):
    noise = parse(text)
    noisy = noise(np.full((2, 16, 16, 3), 0.5, np.float32), np.random.default_rng(0))
    assert np.isfinite(noisy).all()
    assert parse(str(noise)) == noise


def test_every_kind_of_then_is_among_them_and_still_there():
    kinds = {word.split("(")[0] for text in NOISES for part in text.split("|") for word in part.split("+")}
    assert kinds == {
        "none", "gaussian", "blind-gaussian", "correlated-gaussian", "camera", "uniform", "poisson", "poisson-gaussian",
        "speckle", "salt-and-pepper", "masking", "jpeg", "random-jpeg",
    }  # fmt: skip
    assert kinds <= set(registry)


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        ("gaussian(factor=0.5)", Gaussian(sigma=0.5)),
        ("blind-gaussian(highest=0.2)", BlindGaussian(max_sigma=0.2)),
        ("correlated-gaussian(factor=0.1, blur=2)", CorrelatedGaussian(sigma=0.1, blur=2)),
        ("uniform(factor=0.9, clip=false)", Uniform(high=0.9, clip=False)),
        ("random-jpeg(lowest=60)", RandomJpeg(min_quality=60)),
    ],
)
def test_a_renamed_parameter_means_what_it_meant(text, noise):
    assert text in NOISES
    assert parse(text) == noise


def test_a_recipe_loads():
    recipe = load_recipe(HERE / "recipe-0.1.toml")
    assert recipe.noise == "gaussian(0.5)|uniform(0.9)+random-jpeg(60)"
    assert recipe.stages == ["classifier", "autoencoder", "composite"]
    assert (recipe.seed, recipe.training.patience, recipe.evaluation.noisy_accuracy) == (7, 5, 0.5)


def test_a_run_folder_is_measured_and_packaged(tmp_path, unnoise):
    shutil.copytree(HERE / "run-0.1", tmp_path / "run")
    run = RunFolder.open(tmp_path / "run")
    assert run.facts["versions"]["unnoise"] == "0.1.0"
    assert [row["stage"] for row in run.read_history()] == ["classifier", "autoencoder", "autoencoder", "composite"]
    code, out, err = unnoise("evaluate", run.path)
    assert code == 0, err
    assert "denoised (deep-dense-autoencoder)" in out
    code, _, err = unnoise("package", run.path, "-o", tmp_path / "model.onnx")
    assert code == 0, err
    code, out, err = unnoise("models", tmp_path / "model.onnx")
    assert code == 0, err
    assert "gaussian(0.5)" in out
