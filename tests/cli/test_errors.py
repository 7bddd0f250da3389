"""Errors of the library name no option; the command line adds the one that mends it."""

import ast
import re
from pathlib import Path

import pytest
import typer

import unnoise
from unnoise.cli.app import app
from unnoise.cli.errors import REMEDIES, describe
from unnoise.errors import OutputError, UsageError

SOURCE = Path(unnoise.__file__).parent
# Reports give the command that repeats them.
COMMANDS_AS_TEXT = {"evaluation/run_report.py", "lifecycle/demo.py", "lifecycle/inspection.py"}


def library():
    """Return the syntax trees of all modules but those of the command line, by their path."""
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE).as_posix()
        if not place.startswith("cli/"):
            yield place, ast.parse(file.read_text("utf-8"))


def documentation(tree):
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, kinds) and ast.get_docstring(node)}


def options():
    """Return the options of all commands: ``{"-o", "--output", "--set", ...}``."""
    commands = typer.main.get_command(app).commands.values()
    return {option for command in commands for parameter in command.params for option in parameter.opts}


def test_the_library_names_no_option_of_the_command_line():
    found = [
        f"{place}:{node.lineno}: {node.value!r}"
        for place, tree in library()
        if place not in COMMANDS_AS_TEXT
        for documented in [documentation(tree)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
        if re.search(r"(^|[\s(`'])(--[a-z]|-[a-z]\b)", node.value) and node.value not in ("-m", "-c")
        if not node.value.startswith(("-bit", "-idx"))
    ]
    assert found == []


def test_every_remedy_of_the_library_is_one_that_the_command_line_knows_and_none_is_spare():
    named = {
        part.value
        for _, tree in library()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "remedy"
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    assert named == set(REMEDIES)


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_remedy_names_options_that_there_are(remedy):
    named = set(re.findall(r"(?<!\w)--?[a-z][a-z-]*", REMEDIES[remedy]))
    assert named
    assert named <= options()


def test_the_option_follows_the_error_on_its_line_or_on_a_new_one():
    assert describe(UsageError("Wrong.")) == "Wrong."
    assert describe(OutputError("x exists.", remedy="overwrite")) == f"x exists. {REMEDIES['overwrite']}"
    assert describe(OutputError("Looked in:\n  a", remedy="output")) == f"Looked in:\n  a\n{REMEDIES['output']}"
