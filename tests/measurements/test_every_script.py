"""Scripts outside the package follow its names: each is imported."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# It is read by an interpreter that has PyTorch and need not have unnoise.
ELSEWHERE = {"measurements.torch_loops"}
SCRIPTS = {f"{folder}.{file.stem}" for folder in ("tools", "measurements") for file in (ROOT / folder).glob("*.py")}


@pytest.mark.parametrize("name", sorted(name for name in SCRIPTS - ELSEWHERE if not name.endswith("__init__")))
def test_every_script_can_be_imported_and_says_how_it_is_run(name):
    module = importlib.import_module(name)
    assert module.__doc__
    if "__main__" in Path(module.__file__).read_text("utf-8"):
        assert f"python -m {name}" in module.__doc__
