"""Tables in cards and README are those of the committed results."""

import re
from pathlib import Path

import pytest

from tools import fill_tables
from unnoise.inference import packaged_models

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    return fill_tables


@pytest.mark.parametrize("model", packaged_models())
def test_the_card_has_the_figures_of_the_results(tool, model):
    card = (tool.WEIGHTS / f"{model}.md").read_text("utf-8")
    assert tool.filled(model) == card
    rows = [row for row in tool.read("photographs/summary.csv") if row["method"] == model]
    psnr = {(row["set"], row["noise"]): row["psnr"] for row in rows}
    assert len(psnr) == 12
    for (name, _), value in psnr.items():
        line = next(line for line in card.splitlines() if line.startswith(f"| {tool.NAMES[name]}"))
        assert value in line


def test_readme_and_guide_have_the_figures_of_the_results(tool):
    assert tool.filled_readme() == tool.README.read_text("utf-8")
    guide = tool.GUIDE.read_text("utf-8")
    assert tool.filled_guide() == guide
    for name in ("photographs", "robustness"):
        rows = tool.read(f"{name}/summary.csv")
        assert rows
        assert all(row["psnr"] in guide for row in rows)


def test_the_guide_to_photographs_has_the_figures_of_the_results(tool):
    guide = tool.PHOTOGRAPHS.read_text("utf-8")
    assert tool.filled_photographs() == guide
    for row in tool.read("real_pairs.csv"):
        assert f"| {row['psnr']} |" in guide
    for row in tool.read("clean_images.csv"):
        assert any(line.startswith(f"| {row['kind']} | {row['images']} | ") for line in guide.splitlines())


def test_results_that_documents_name_are_there():
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "src").rglob("*.md")]
    named = {name for file in documents for name in re.findall(r"measurements/[\w./-]*\w", file.read_text("utf-8"))}
    assert "measurements/results" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_what_is_measured_on_photographs_is_said_of_one_model_in_its_card(tool):
    of_all, of_one = tool.real_pairs(), tool.real_pairs("photo")
    assert "| BM3D" in of_one or "| bilateral" in of_one
    assert "| unnoise photo |" in of_one
    assert "| unnoise photo-" not in of_one
    assert set(of_one.splitlines()) <= set(of_all.splitlines())


@pytest.mark.parametrize("name", ["photographs", "robustness"])
def test_the_means_are_those_of_the_images(tool, name):
    found = {(m.set, m.noise, m.method): m for m in tool.means(tool.read_rows(tool.RESULTS / name / "images.csv"))}
    rows = tool.read(f"{name}/summary.csv")
    assert len(found) == len(rows)
    for row in rows:
        mean = found[row["set"], row["noise"], row["method"]]
        assert float(row["psnr"]) == pytest.approx(mean.psnr, abs=0.006)
        assert int(row["images"]) == mean.images


def test_the_guide_quotes_strengths_as_they_were_measured(tool):
    text = (ROOT / "docs" / "evaluation.md").read_text("utf-8")
    section = re.search(r"^## Over noise strengths$(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    rows = [row for name in ("fashion", "mnist") for row in tool.read(f"strengths_{name}.csv")]
    accuracies = {f"{100 * float(row['accuracy']):.1f}" for row in rows}
    ratios = {f"{float(row['psnr']):.2f}" for row in rows if row["psnr"]}
    quoted = re.findall(r"([\d.]+) (%|dB)", section)
    assert len(quoted) > 8
    assert [figure for figure, unit in quoted if figure not in (accuracies if unit == "%" else ratios)] == []


@pytest.mark.data
@pytest.mark.slow
def test_the_packaged_models_score_as_the_results_say(tool, monkeypatch):
    from rich.console import Console

    from unnoise.benchmark import check
    from unnoise.benchmark.image_sets import found_sets

    if "cbsd68" not in found_sets():
        pytest.skip("the test sets are not on this machine")
    monkeypatch.setattr(check, "IMAGES", 6)
    # Of quality only: other work on the machine would disturb times.
    monkeypatch.setattr(check, "SLOWER", 100)
    assert check.check_results(tool.RESULTS / "photographs", packaged_models(), console=Console(quiet=True)) == []


def test_the_checksums_are_those_of_the_weights(tool):
    assert (tool.WEIGHTS / "SHA256SUMS").read_text("ascii") == tool.checksums()
    assert {"photo.onnx", "photo-fast.onnx"} <= {line.split()[1] for line in tool.checksums().splitlines()}
