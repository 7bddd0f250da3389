"""The tool that sets what a packaged file says of noise."""

import shutil
import sys

import numpy as np
import pytest

from tools.model_numbers import SETTABLE, changed, main, number
from unnoise.errors import ModelFileError
from unnoise.imaging import Image, write_image
from unnoise.inference import load
from unnoise.inference.packaged import model_file


@pytest.fixture
def model(tmp_path):
    return shutil.copy(model_file("photo"), tmp_path / "model.onnx")


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["model_numbers", *map(str, arguments)])
    main()


def test_numbers_are_written_as_papers_write_them():
    assert [number(text) for text in ("null", "150", "0.5", "2.5/255")] == [None, 150, 0.5, 2.5 / 255]
    assert isinstance(number("150"), int)


def test_fields_that_cannot_be_set_and_numbers_that_cannot_be(model):
    metadata = load(model).metadata
    with pytest.raises(ValueError, match="stride"):
        changed(metadata, ["stride=2"])
    with pytest.raises(ModelFileError, match="clean_threshold"):
        changed(metadata, ["clean_threshold=2"])


def test_what_is_set_is_in_the_file_and_the_rest_as_before(model, monkeypatch, capsys):
    before = load(model).metadata
    run(monkeypatch, model, "--set", "clean_threshold=2.5/255", "noise_scale=1.2")
    after = load(model).metadata
    assert (after.clean_threshold, after.noise_scale) == (2.5 / 255, 1.2)
    assert (after.recipe, after.bytes_per_pixel) == (before.recipe, before.bytes_per_pixel)
    shown = capsys.readouterr().out
    assert "clean_threshold 0.0098039 = 2.50/255" in shown
    assert all(name in shown for name in SETTABLE)


def test_what_is_measured_on_photographs(model, tmp_path, monkeypatch):
    # Ramps: to the model, clean ones are clean.
    folder = tmp_path / "photographs"
    folder.mkdir()
    ramp = np.linspace(40, 200, 192)
    for number_ in range(6):
        pixels = np.stack([np.add.outer(ramp, number_ + 0 * ramp)] * 3, axis=-1)
        write_image(folder / f"{number_}.png", Image(pixels.astype(np.uint8)))
    run(monkeypatch, model, "--measure", folder, "--noise", "gaussian(0.1, clip=false)")
    metadata = load(model).metadata
    assert metadata.max_sigma == pytest.approx(0.1, rel=0.02)
    assert metadata.noise_scale == pytest.approx(1, abs=0.1)
    assert 0 < metadata.clean_threshold < 2 / 255
