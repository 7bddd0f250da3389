"""Tables in cards and README are those of the committed results."""

import importlib.util
from pathlib import Path

import pytest

from unnoise.inference import packaged_models

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "photo_card.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("photo_card", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("model", packaged_models())
def test_the_card_has_the_figures_of_the_results(tool, model):
    card = (tool.WEIGHTS / f"{model}.md").read_text("utf-8")
    assert tool.filled(model) == card
    psnr = {(row["set"], row["sigma"]): row["psnr"] for row in tool.read(f"{model}_awgn.csv")}
    assert len(psnr) == 12
    for (name, _), value in psnr.items():
        line = next(line for line in card.splitlines() if line.startswith(f"| {tool.NAMES[name]}"))
        assert value in line
    if model == "photo":
        assert psnr["cbsd68", "25"] in (ROOT / "README.md").read_text("utf-8")


def test_the_checksums_are_those_of_the_weights(tool):
    assert (tool.WEIGHTS / "SHA256SUMS").read_text("ascii") == tool.checksums()
    assert {"photo.onnx", "noise-level.onnx"} <= {line.split()[1] for line in tool.checksums().splitlines()}
