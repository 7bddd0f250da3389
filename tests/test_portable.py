"""The package runs on Windows and macOS, too: what only one system has stands in a branch.

Modules and functions that a system lacks are found by ``mypy --platform win32``, which continuous integration runs.
"""

import ast
import sys
from pathlib import Path

import unnoise

SOURCE = Path(unnoise.__file__).parent


def guarded(tree):
    """Return the nodes inside of a ``try`` that answers a missing file."""
    answers = {"OSError", "FileNotFoundError"}
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
        and answers & {name.id for handler in node.handlers if handler.type for name in ast.walk(handler.type)
                       if isinstance(name, ast.Name)}
        for statement in node.body
        for inner in ast.walk(statement)
    }  # fmt: skip


def alone(node):
    """Say what in ``node`` only some systems have; None where it runs on all."""
    match node:
        case ast.Attribute(value=ast.Name(id="os"), attr="rename"):
            return "os.rename"  # it does not replace a file on Windows; os.replace does it everywhere
        case ast.Constant(value=str(text)) if text.startswith(("/proc/", "/dev/", "/tmp/", "/sys/")):
            return text
    return None


def test_what_one_system_lacks_stands_in_a_branch():
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        inside = guarded(tree)
        found += [
            f"{file.relative_to(SOURCE)}:{node.lineno}: {what}"
            for node in ast.walk(tree)
            if (what := alone(node)) is not None and id(node) not in inside
        ]
    assert found == []


def test_text_files_are_opened_with_an_encoding():
    """Windows' own encoding is none of Unicode's."""
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            named = {keyword.arg for keyword in node.keywords}
            text_mode = called == "open" and any(mode in ("r", "w", "a", "w+", "r+") for mode in given)
            read = called == "read_text" and not node.args
            if (text_mode or read) and "encoding" not in named:
                found.append(f"{file.relative_to(SOURCE)}:{node.lineno}: {called}")
    assert found == []


def test_memory_is_measured_or_told_to_be_unknown(monkeypatch):
    from unnoise.benchmark import protocol

    assert protocol.peak_memory() is None or protocol.peak_memory() > 10
    monkeypatch.setattr(protocol, "Path", lambda path: Path("nowhere") / path.strip("/"))
    if sys.platform != "win32":
        assert protocol.peak_memory() > 10  # of the process, by getrusage
    monkeypatch.setattr(sys, "platform", "win32")
    assert protocol.peak_memory() is None
