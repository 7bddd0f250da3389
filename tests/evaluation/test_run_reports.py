"""What the report of a run says: the command that repeats it, harm, and data of other classes."""

import html
import json
import re
import shlex
import shutil

import pytest

from unnoise.errors import UsageError
from unnoise.evaluation import evaluate_subject
from unnoise.experiment import Recipe, RunFolder, load_recipe
from unnoise.training import train

CONTENT = {
    "name": "tiny",
    "summary": "A test",
    "noise": "gaussian(0.3)",
    "data": {"dataset": "digits", "train_images": 400, "validation": 50, "test_images": 40},
    "model": {"architecture": "dense-autoencoder", "code": 4},
    "training": {"epochs": 1},
    "classifier": {"model": {"architecture": "mlp-classifier", "hidden": [16]}, "training": {"epochs": 1}},
    "evaluation": {"baselines": []},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train(Recipe.model_validate(CONTENT), tmp_path_factory.mktemp("runs") / "with blank")


def command_in(report):
    """Return the words of the command that a report gives."""
    (text,) = re.findall(r"<pre><code>(unnoise [^<]*)</code></pre>", report.read_text("utf-8"))
    return shlex.split(html.unescape(text))


def test_repeat_it_names_the_recipe_of_the_run_wherever_it_is_pasted(run, tmp_path, monkeypatch):
    report = evaluate_subject(run).report
    monkeypatch.chdir(tmp_path)
    program, command, recipe = command_in(report)
    assert (program, command) == ("unnoise", "train")
    assert load_recipe(recipe) == run.recipe


def test_repeat_it_of_another_noise_evaluates_again(run, unnoise, tmp_path, monkeypatch):
    result = evaluate_subject(run, noise="gaussian(0.1)")
    monkeypatch.chdir(tmp_path)
    words = command_in(result.report)
    assert words[1] == "evaluate"
    code, out, err = unnoise(*words[1:])
    assert code == 0, err
    assert f"{result.table.rows[0].psnr:.2f}" in out


def test_a_network_below_do_nothing_is_called_harmful_in_report_and_terminal(run, unnoise):
    # Hardly trained, it cannot copy what is nearly clean already.
    result = evaluate_subject(run, noise="gaussian(0.001)")
    assert "does harm" in result.report.read_text("utf-8")
    _, out, _ = unnoise("evaluate", run.path, "--noise", "gaussian(0.001)")
    assert "does harm" in out
    assert "does harm" not in evaluate_subject(run, noise="gaussian(3)").report.read_text("utf-8")


def test_images_of_other_classes_are_refused(run, tmp_path):
    other = tmp_path / "run"
    shutil.copytree(run.path, other)
    facts = json.loads((other / "run.json").read_text("utf-8"))
    (other / "run.json").write_text(json.dumps(facts | {"class_names": ["cat", "dog"]}), "utf-8")
    with pytest.raises(UsageError, match=r"tells apart cat, dog; digits has .*same classes"):
        evaluate_subject(RunFolder.open(other))
