"""`unnoise doctor` says what is there, and notices what is wrong."""

import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from unnoise import inference
from unnoise.cli.app import app
from unnoise.cli.doctor import CHECKS
from unnoise.errors import InputError
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
    assert "non-commercial use" in lines["licence"]
    assert "photo takes noise from 0.100 to 0.0" in lines["self-test"]
    assert "FAILED" not in done.output


@pytest.mark.parametrize("name", ["photo.onnx", "photo-fast.onnx"])
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


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (lambda image: image + 0.001, 0, "cuda, which differs from cpu by at most 1.0e-03"),
        (np.zeros_like, 1, "FAILED: cuda differs from cpu by up to"),
        (lambda image: image * np.nan, 1, "FAILED: cuda differs from cpu by up to nan"),
        (None, 0, "cuda, which cannot be used (no driver)"),
    ],
)
def test_an_accelerators_answer_is_compared_with_the_processors(monkeypatch, answer, code, says):
    whole = inference.load

    class Accelerator:
        def denoise(self, image):
            return answer(whole(device="cpu").denoise(image))

    def load(model="photo", *, device="auto", **options):
        if device == "cuda" and answer is None:
            raise InputError("no driver")
        return Accelerator() if device == "cuda" else whole(model, device=device, **options)

    monkeypatch.setattr(inference, "load", load)
    monkeypatch.setattr(inference.session, "available_devices", lambda: ["cuda", "cpu"])
    monkeypatch.setattr("unnoise.cli.doctor.CHECKS", {"devices": CHECKS["devices"]})
    done = doctor()
    assert done.exit_code == code
    assert says in done.output
