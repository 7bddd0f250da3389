"""Files that are no packaged models: one ModelFileError each; and what the loading imports."""

import json
import os
import subprocess
import sys
import warnings

import onnx
import onnxruntime
import pytest

from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.inference import Metadata, load
from unnoise.inference import card as card_of


def edited(card, changes):
    """Return the card's JSON with fields replaced, or taken away where the value is ``...``."""
    content = json.loads(card.to_json()) | changes
    return json.dumps({name: value for name, value in content.items() if value is not ...})


@pytest.mark.parametrize("content", [b"", b"\x00", b"no model at all", b"\x89PNG\r\n\x1a\n" + bytes(100), b"{}" * 999])
def test_a_file_that_is_no_onnx(tmp_path, content, capfd):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.onnx.* is not an ONNX model") as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95, 0.999])
def test_a_truncated_file(model_file, share):
    path = model_file(kind="composite", classes=("a", "b"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        load(path)


def test_no_byte_can_be_missing_at_the_end(model_file):
    path = model_file()
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            load(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(ModelFileError, match=r"no model file .*absent\.onnx"):
        load(tmp_path / "absent.onnx")
    with pytest.raises(ModelFileError, match="no model file"):
        load(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(model_file):
    path = model_file()
    path.chmod(0)
    with pytest.raises(ModelFileError, match="Cannot read"):
        load(path)


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_threads_are_whole_and_positive(model_file, threads):
    assert load(model_file(), threads=1).denoise([[0.5]]).shape == (1, 1)
    with pytest.raises(InputError, match="threads"):
        load(model_file(), threads=threads)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not one that unnoise packaged"),
        ("{", "damaged"),
        ("[]", "no JSON object"),
        ({"format": 2}, "newer unnoise"),
        ({"format": ...}, "without 'format'"),
        ({"format": "1"}, "'format'"),
        ({"kind": "classifier"}, "'kind'"),
        ({"kind": []}, "'kind'"),
        ({"stride": 0}, "'stride'"),
        ({"stride": "4"}, "'stride'"),
        ({"stride": ...}, "without 'stride'"),
        ({"input_shape": [None, None]}, "'input_shape'"),
        ({"input_shape": [None, None, None]}, "'input_shape'"),
        ({"input_shape": 5}, "'input_shape'"),
        ({"value_range": [0, 255]}, "'value_range'"),
        ({"classes": [1]}, "'classes'"),
        ({"kpis": {"psnr": "high"}}, "'kpis'"),
        ({"receptive_field": -1}, "'receptive_field'"),
        ({"parity": None}, "'parity'"),
        ({"input_shape": [28, 28, 1]}, "contradicts"),
        ({"input_shape": [None, None, 3]}, "contradicts"),
        ({"kind": "composite"}, "contradicts"),
    ],
)
def test_a_description_that_is_missing_wrong_or_does_not_fit(model_file, card, text, says):
    text = edited(card, text) if isinstance(text, dict) else text
    with pytest.raises(ModelFileError, match=says) as caught:
        load(model_file(text=text))
    assert "model.onnx" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_fixed_batch_is_refused(model_file):
    with pytest.raises(ModelFileError, match="contradicts"):
        load(model_file(batch=1))


def test_the_card_survives_json(model_file, card):
    assert Metadata.from_json(card.to_json(), "here") == card
    assert load(model_file()).metadata == card
    unknown = edited(card, {"unheard_of": 1})
    assert Metadata.from_json(unknown, "here") == card
    for text in ("unet", "any size", "gaussian(0.5)", "fashion-mnist", "MIT", "psnr 30"):
        assert text in card.describe()


def test_a_figure_that_is_not_finite_is_kept_as_nan(model_file):
    card = load(model_file(kpis={"psnr": float("inf"), "ssim": 1.0})).metadata
    assert card.kpis["psnr"] != card.kpis["psnr"]
    assert card.kpis["ssim"] == 1.0


def test_onnx_itself_accepts_the_models_of_these_tests(model_file):
    onnx.checker.check_model(onnx.load(model_file("blocks", stride=4)))


def test_loading_and_denoising_import_onnx_runtime_alone(model_file):
    code = f"""
import sys
import unnoise.inference
assert "onnxruntime" not in sys.modules
import numpy
answer = unnoise.inference.load({str(model_file())!r}).denoise(numpy.zeros((3, 4), numpy.uint8))
assert answer.shape == (3, 4)
print([name for name in ("keras", "tensorflow", "onnx", "tf2onnx", "jax", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")


def test_the_fastest_device_that_cannot_be_started_is_passed_over(model_file, monkeypatch):
    present = onnxruntime.get_available_providers()
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", *present])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of ONNX Runtime, that there is no such provider
        assert load(model_file()).device == "cpu"
        with pytest.raises(InputError, match="cuda could not be started"):
            load(model_file(), device="cuda")


def test_a_file_without_suffix_is_loaded_and_no_card_made_up(model_file, tmp_path, monkeypatch):
    model_file().rename(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert load("mine").metadata.name == "test"
    with pytest.raises(UsageError, match="Unknown model 'other'"):
        load("other")
    for name in ("mine", "nofile.onnx", "../photo"):
        with pytest.raises(UsageError, match="Unknown model"):
            card_of(name)
