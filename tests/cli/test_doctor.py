"""`unnoise doctor` says what is there, and notices what is wrong."""

import shutil

import pytest
from typer.testing import CliRunner

from unnoise.cli.app import app
from unnoise.inference import packaged


def doctor():
    return CliRunner().invoke(app, ["doctor"])


def test_a_whole_installation_passes():
    done = doctor()
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.output.splitlines()}
    assert "onnxruntime" in lines["versions"]
    assert "cpu" in lines["devices"]
    assert "AVIF" in lines["images"]
    assert "photo.onnx" in lines["weights"]
    assert "photo takes noise from 0.100 to 0.0" in lines["self-test"]
    assert "FAILED" not in done.output


@pytest.mark.parametrize("name", ["photo.onnx", "noise-level.onnx"])
def test_a_changed_bit_of_the_weights_is_noticed(tmp_path, monkeypatch, name):
    changed = shutil.copytree(packaged.folder(), tmp_path / "weights")
    content = bytearray((changed / name).read_bytes())
    content[len(content) // 2] ^= 1
    (changed / name).write_bytes(content)
    monkeypatch.setattr(packaged, "folder", lambda: changed)
    done = doctor()
    assert done.exit_code == 1
    assert f"FAILED: {name} has the SHA-256" in done.output
    assert "Not in order: weights" in str(done.exception)
