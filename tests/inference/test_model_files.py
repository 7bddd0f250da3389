"""Files that are no packaged models: one ModelFileError each; and what the loading imports."""

import dataclasses
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.inference import DenoiseOptions, Metadata, load
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


def test_a_run_folder_and_models_for_other_engines_say_how_to_package_them(tmp_path, monkeypatch):
    (tmp_path / "recipe.toml").touch()
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(ModelFileError, match="is a run folder, not the file"):
        load(tmp_path.name)
    with pytest.raises(ModelFileError, match="is a run folder, not the file") as caught:
        load(tmp_path)
    assert caught.value.remedy == "package"
    for name, engine in (("model.keras", "Keras"), ("model.weights.h5", "Keras"), ("model.tflite", "LiteRT")):
        (tmp_path / name).write_bytes(b"anything")
        with pytest.raises(ModelFileError, match=f"for {engine}; ONNX files alone") as caught:
            load(tmp_path / name)
        assert caught.value.remedy == "package"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
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
        ({"format": 3}, "newer unnoise"),
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
        ({"clean_threshold": 2}, "'clean_threshold' must be a number from 0 to 1, or null"),
        ({"noise_scale": 0}, "'noise_scale'"),
        ({"max_sigma": "55/255"}, "'max_sigma'"),
        ({"bytes_per_pixel": 1.5}, "'bytes_per_pixel'"),
        ({"white": "4095"}, "'white'"),
        ({"offset": []}, "'offset'"),
        ({"model_parameters": [4]}, "'model_parameters'"),
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


def test_a_file_of_format_1_is_loaded_and_takes_nothing_for_clean():
    denoiser = load(Path(__file__).parent / "format1.onnx")
    expected = [[0.5088005, 0.63624144, 0.64095765], [0.4688956, 0.43401748, 0.43151915]]
    answer = denoiser.denoise(np.linspace(0, 1, 96, dtype=np.float32).reshape(8, 12))
    np.testing.assert_allclose(answer[:6:3, ::4], expected, atol=1e-5)
    card = denoiser.metadata
    assert (card.format, card.architecture, card.noise) == (1, "convolutional-autoencoder", "gaussian(0.5)")
    assert (card.clean_threshold, card.noise_scale, card.max_sigma, card.bytes_per_pixel) == (None, 1.0, None, None)


def test_numbers_of_format_2_survive_json(card):
    numbers = {"clean_threshold": 0.01, "noise_scale": 1.25, "max_sigma": 0.2, "bytes_per_pixel": 150}
    more = {"white": 4095.0, "offset": 64.0, "model_parameters": {"filters": [4, 8], "blocks": 2}}
    full = dataclasses.replace(card, **numbers, **more)
    assert Metadata.from_json(full.to_json(), "here") == full


@pytest.mark.parametrize(
    ("noise", "says"),
    [
        ("blind-gaussian(0.21568627450980393, clip=false)", "blind-gaussian(55/255, clip=false)"),
        ("gaussian(0.0588235)|camera(0.012)", "gaussian(15/255) or camera(0.012)"),
        ("gaussian(0.2)|gaussian(0.2)|none", "2 times gaussian(0.2) or none"),
        ("poisson(0.123456)", "poisson(0.1235)"),
    ],
)
def test_noise_is_described_in_levels(card, noise, says):
    assert says in dataclasses.replace(card, noise=noise).describe()


def test_the_clean_threshold_is_described_in_levels(card):
    assert "clean" not in card.describe()
    described = dataclasses.replace(card, clean_threshold=2.5 / 255).describe()
    assert "clean below an estimated noise of 2.5/255" in described


def test_tiles_are_the_smaller_the_more_memory_the_model_takes_a_pixel(model_file):
    rows = {}
    for bytes_per_pixel in (None, 150, 600):
        shares = []
        denoiser = load(model_file(bytes_per_pixel=bytes_per_pixel))
        denoiser.denoise(np.zeros((4000, 1)), DenoiseOptions(max_memory=600_000), progress=shares.append)
        rows[bytes_per_pixel] = len(shares)
    assert rows == {None: 1, 150: 1, 600: 4}


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
