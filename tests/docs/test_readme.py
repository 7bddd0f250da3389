"""The README's promises: its Python example runs, its links lead somewhere, its recipes exist."""

import re
from pathlib import Path

import pytest

from unnoise.experiment import built_in_recipes

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def python_blocks(path):
    return re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(python_blocks(README))))
def test_python_example_runs(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(python_blocks(README)[number], f"README.md, example {number + 1}", "exec"), {"__name__": "example"})
    assert "(28, 28, 1)" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["datasets", "evaluation", "models", "noise", "photographs", "recipes"])
def test_python_in_guides_runs(name, tmp_path, monkeypatch):
    # Blocks of one document belong together. What they register is forgotten afterwards.
    from unnoise.models import registry

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_members", dict(registry._members))
    blocks = [block for block in python_blocks(ROOT / "docs" / f"{name}.md") if "photos/" not in block]
    assert blocks
    names = {"__name__": "example"}
    for number, block in enumerate(blocks, start=1):
        exec(compile(block, f"{name}.md, block {number}", "exec"), names)


@pytest.mark.slow
def test_recipe_in_the_guide_is_one(tmp_path):
    from unnoise.experiment import load_recipe

    text = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    for number, block in enumerate(re.findall(r"^```toml\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)):
        (tmp_path / f"{number}.toml").write_text(block, "utf-8")
        assert load_recipe(tmp_path / f"{number}.toml").name == "my-run"


def test_guide_names_every_field_of_a_recipe():
    from unnoise.experiment import recipe

    text = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    tables = (recipe.Data, recipe.AutoencoderTraining, recipe.Composite, recipe.Evaluation, recipe.Recipe)
    fields = {field for table in tables for field in table.model_fields}
    assert [field for field in sorted(fields) if f"`{field}`" not in text and f"[{field}]" not in text] == []


def test_guide_names_every_noise():
    from unnoise.noise import registry

    text = (ROOT / "docs" / "noise.md").read_text("utf-8")
    assert [kind for kind in registry if f"`{kind}" not in text] == []


def test_guide_names_every_model_and_parameter():
    from unnoise.models import parameters_of, registry

    text = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert [name for name in registry if f"`{name}`" not in text] == []
    assert [p for name in registry for p in parameters_of(name) if f"`{p}=" not in text] == []


def test_notebooks_hold_no_outputs():
    import json

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        content = json.loads(path.read_text("utf-8"))
        assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
        code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), path.name


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
    # photo-best has no weights yet.
    assert {recipe for recipe, _ in rows} == set(built_in_recipes()) - {"demo", "photo-best"}


def test_commands_named_in_the_readme_exist():
    from typer.main import get_command

    from unnoise.cli.app import app

    shell = "".join(re.findall(r"^```sh\n(.*?)^```$", README.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL))
    named = set(re.findall(r"^unnoise ([a-z]+)", shell, flags=re.MULTILINE))
    assert named <= set(get_command(app).commands)
