"""The README's promises: its Python example runs, its links lead somewhere, its recipes exist."""

import re
from pathlib import Path

import pytest

from unnoise.training import built_in_recipes

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def python_blocks(path):
    return re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(python_blocks(README))))
def test_python_example_runs(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(python_blocks(README)[number], f"README.md, example {number + 1}", "exec"), {"__name__": "example"})


def test_readme_has_an_example():
    assert python_blocks(README)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_to_files(path):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    relative = [link for link in links if "://" not in link]
    assert [link for link in relative if not (path.parent / link).exists()] == []


def test_table_of_labs_holds_every_recipe():
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*<!-- reached:([a-z0-9-]+) -->", README.read_text("utf-8"), re.MULTILINE)
    assert all(recipe == marker for recipe, marker in rows)
    assert {recipe for recipe, _ in rows} == set(built_in_recipes()) - {"demo"}


def test_commands_named_in_the_readme_exist():
    from typer.main import get_command

    from unnoise.cli.app import app

    named = set(re.findall(r"^unnoise ([a-z]+)", README.read_text("utf-8"), flags=re.MULTILINE))
    assert named <= set(get_command(app).commands)
