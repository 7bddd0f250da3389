"""A run over noise strengths: what is measured, where it is written, and what is refused before anything is loaded."""

import csv
import io
import math

import numpy as np
import pytest
from rich.console import Console

from unnoise import noise
from unnoise.baselines import fit_baselines
from unnoise.evaluation import evaluate_subject
from unnoise.evaluation.strengths import evaluate_strengths, strength
from unnoise.experiment import RunFolder, load_recipe
from unnoise.experiment.images import load_images
from unnoise.reporting.figures import sweep_plot
from unnoise.training import train

RECIPE = """
name = "tiny"
summary = "A few images"
seed = 5
noise = "gaussian(0.3)"
[data]
dataset = "fashion-mnist-mini"
validation = 100
train_images = 600
test_images = 60
[training]
learning_rate = 0.01
batch_size = 50
epochs = 2
[evaluation]
images = 40
baselines = ["median"]
"""
DENSE = """
[model]
architecture = "dense-autoencoder"
code = 8
[classifier.model]
architecture = "mlp-classifier"
hidden = [16]
[classifier.training]
batch_size = 50
epochs = 2
[composite.training]
batch_size = 100
epochs = 1
"""
WITHOUT_CODE = """
[model]
architecture = "bias-free-unet"
filters = [2, 2]
blocks = 1
"""
METHODS = ["clean", "noisy", "dense-autoencoder", "median", "linear", "pca", "composite"]


def recipe(folder, text, *overrides):
    path = folder / "tiny.toml"
    path.write_text(text)
    return load_recipe(path, overrides)


def trained(folder, text):
    return train(recipe(folder, text), folder / "run", console=Console(file=io.StringIO()))


def measured(run, strengths):
    console = Console(file=io.StringIO(), width=120)
    return evaluate_strengths(run, strengths, console=console), console.file.getvalue()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("strengths"), RECIPE + DENSE)


@pytest.fixture(scope="module")
def result(run):
    """Rows and printed text at four strengths, one of them the recipe's, one without noise."""
    return measured(run, [0.6, 0.1, 0.0, 0.3, 0.1])


def column(rows, method, what):
    return [row[what] for row in rows if row["method"] == method]


def test_the_strength_is_the_first_parameter():
    assert strength(noise.parse("uniform(0.9, clip=false)")) == ("high", 0.9)
    assert strength(noise.parse("poisson-gaussian(peak=30, sigma=0.02)")) == ("peak", 30.0)


def test_one_row_a_strength_in_order_and_a_method_and_the_same_in_the_file(run, result):
    rows, _ = result
    assert [(row["strength"], row["method"]) for row in rows] == [(s, m) for s in (0.0, 0.1, 0.3, 0.6) for m in METHODS]
    folder = run.path / "evaluations" / "strengths"
    with open(folder / "strengths.csv", newline="") as handle:
        written = list(csv.DictReader(handle))
    assert list(written[0]) == ["strength", "method", "psnr", "ssim", "accuracy"]
    assert written == [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
    assert (folder / "strengths.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in folder.iterdir()} == {"strengths.csv", "strengths.png"}


def test_noise_does_what_noise_does(result):
    rows, _ = result
    noisy = column(rows, "noisy", "psnr")
    assert noisy[0] == math.inf
    assert noisy == sorted(noisy, reverse=True)
    assert len(set(noisy)) == 4
    similarity = column(rows, "noisy", "ssim")
    assert similarity[0] == 1.0
    assert similarity == sorted(similarity, reverse=True)
    assert len(set(column(rows, "clean", "accuracy"))) == 1
    assert column(rows, "noisy", "accuracy")[0] == column(rows, "clean", "accuracy")[0]
    for method in ("clean", "composite"):
        assert set(column(rows, method, "psnr") + column(rows, method, "ssim")) == {None}
    assert all(0 <= row["accuracy"] <= 1 for row in rows)


def test_at_the_recipes_own_strength_the_figures_are_those_of_the_evaluation(run, result):
    here = {row["method"]: row for row in result[0] if row["strength"] == 0.3}
    table = evaluate_subject(run).table
    assert table.images == 40
    for row, method in zip(table.rows, ("noisy", "dense-autoencoder", "median"), strict=True):
        assert (here[method]["psnr"], here[method]["ssim"]) == (round(row.psnr, 5), round(row.ssim, 5))
    for row, method in zip(
        table.accuracies, ("clean", "noisy", "dense-autoencoder", "median", "composite"), strict=True
    ):
        assert here[method]["accuracy"] == row.accuracy


def test_elsewhere_the_network_and_the_baselines_are_those_of_the_recipes_strength(run, result):
    images = load_images(run.recipe)
    clean, noisy = images.test.to_float()[:40], images.noisy_test("gaussian(0.6)")[:40]
    training = (*images.noisy_train(), *images.noisy_validation())
    baselines = fit_baselines(*training, names=["linear", "pca"], code_size=8)
    denoised = {name: fitted.denoise_batch(noisy, 0.6) for name, fitted in baselines.fitted.items()}
    denoised["dense-autoencoder"] = run.load_model("autoencoder").predict(noisy, verbose=0)
    for method, there in denoised.items():
        error = np.mean((there - clean).astype(np.float64) ** 2, axis=(1, 2, 3))
        assert column(result[0], method, "psnr")[3] == pytest.approx(np.mean(-10 * np.log10(error)), abs=1e-3)


def test_the_printed_table_has_methods_down_and_strengths_across(run, result):
    rows, text = result
    lines = [line.split() for line in text.splitlines()]
    assert "gaussian(0.3); 40 test images" in text
    assert ["0", "0.1", "0.3", "0.6"] in lines
    for method in METHODS:
        assert [method, *(f"{100 * value:.1f}" for value in column(rows, method, "accuracy"))] in lines
    assert str(run.path / "evaluations" / "strengths" / "strengths.csv") in text.replace("\n", "")


def test_a_run_without_code_or_classifier_has_no_pca_and_no_accuracy(tmp_path):
    run = trained(tmp_path, RECIPE + WITHOUT_CODE)
    rows, text = measured(run, [0.2, 0.4])
    assert [row["method"] for row in rows] == ["noisy", "bias-free-unet", "median", "linear"] * 2
    assert {row["accuracy"] for row in rows} == {None}
    assert "PSNR" in text
    assert "accuracy" not in text
    assert "pca left out: the network has no code" in text


def test_a_panel_each_with_the_lines_that_it_has_and_one_legend():
    rows = [
        {"s": s, "psnr": psnr, "accuracy": s, "method": m}
        for s in (1, 2)
        for m, psnr in (("clean", None), ("net", 9), ("noisy", math.inf))
    ]
    figure = sweep_plot(rows, "s", ["accuracy", "psnr"], group="method", y_label=["a", "b"], mark=(1.5, "trained"))
    figure.canvas.draw()
    accuracy, psnr = figure.axes
    assert [axes.get_ylabel() for axes in (accuracy, psnr)] == ["a", "b"]
    # The mark is a line too.
    assert [line.get_label() for line in accuracy.lines[:-1]] == ["clean", "net", "noisy"]
    assert [line.get_label() for line in psnr.lines[:-1]] == ["net"]
    assert psnr.lines[0].get_color() == accuracy.lines[1].get_color()
    assert accuracy.get_legend() is None
    assert [text.get_text() for text in psnr.get_legend().get_texts()] == ["clean", "net", "noisy"]
    for axes in figure.axes:
        assert list(axes.lines[-1].get_xdata()) == [1.5, 1.5]
        assert axes.texts[0].get_text() == "trained"


def test_the_command_measures_a_run_folder(unnoise, run):
    code, out, err = unnoise("evaluate", run.path, "--strengths", "0.2")
    assert (code, err) == (0, "")
    assert "strengths.png" in out
    with open(run.path / "evaluations" / "strengths" / "strengths.csv", newline="") as handle:
        assert [row["strength"] for row in csv.DictReader(handle)] == ["0.2"] * 7


@pytest.mark.parametrize(
    ("spelling", "options", "expected"),
    [
        ("gaussian(0.3)", ["--strengths", "0.1,much"], "'0.1,much'"),
        ("gaussian(0.3)", ["--strengths", ""], "--strengths takes numbers"),
        ("gaussian(0.3)", ["--strengths", "-0.1,0.2"], "sigma must be a number, 0 to 10; received -0.1"),
        ("gaussian(0.3)", ["--strengths", "0.1,nan"], "received '0.1,nan'"),
        ("gaussian(0.3)", ["--strengths", "0.1", "--noise", "gaussian(0.2)"], "neither --dataset nor --noise"),
        ("gaussian(0.3)", ["--strengths", "0.1", "--dataset", "mnist"], "neither --dataset nor --noise"),
        ("none", ["--strengths", "0.1"], "the recipe's noise is none"),
        ("gaussian(0.1)|masking(0.5)", ["--strengths", "0.1"], "--noise"),
        ("gaussian(0.1)+masking(0.5)", ["--strengths", "0.1"], "a single noise, such as gaussian(0.5)"),
    ],
)
def test_wrong_usage_exits_with_2_before_models_are_looked_for(unnoise, tmp_path, spelling, options, expected):
    run = RunFolder.create(tmp_path / "run", recipe(tmp_path, RECIPE + DENSE, f"noise={spelling}"), {})
    code, _, err = unnoise("evaluate", run.path, *options)
    assert code == 2
    assert expected in err
    assert len(err.splitlines()) == 1
    assert not (run.path / "evaluations").exists()


def test_strengths_are_for_run_folders(unnoise, tmp_path):
    code, _, err = unnoise("evaluate", tmp_path / "model.onnx", "--strengths", "0.1")
    assert code == 2
    assert "--strengths needs a run folder" in err


def test_an_unfinished_run_is_told(unnoise, tmp_path):
    run = RunFolder.create(tmp_path / "run", recipe(tmp_path, RECIPE + DENSE), {})
    code, _, err = unnoise("evaluate", run.path, "--strengths", "0.1")
    assert code == 1
    assert "has no finished classifier" in err
    assert not (run.path / "evaluations").exists()
