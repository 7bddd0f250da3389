"""The methods of the benchmark, and how their values are tuned."""

import numpy as np
import pytest

from unnoise.baselines.tuned import FilterTunedBySigma
from unnoise.benchmark import methods, protocol, tuning
from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.imaging import read_image


def test_every_single_image_baseline_is_a_method_with_a_title():
    assert set(methods.names()) == {*methods.DEFAULT, "bm3d"} == set(methods.TITLES)


@pytest.mark.parametrize("name", methods.names())
@pytest.mark.parametrize("channels", [1, 3])
def test_every_method_denoises_gray_and_colour(name, channels):
    if name == "bm3d":
        pytest.importorskip("bm3d", reason="bm3d is for non-commercial use and no dependency")
    from skimage import data

    clean = (data.astronaut()[80:140, 180:250, :channels] / 255).astype(np.float32)
    noisy = protocol.noisy_image(clean, "25", 0)
    before = noisy.copy()
    answer = np.reshape(methods.make(name).denoise(noisy, 25 / 255), clean.shape)
    np.testing.assert_array_equal(noisy, before)
    gain = np.mean((noisy - clean) ** 2) / np.mean((answer - clean) ** 2)
    assert gain == 1 if name == "do-nothing" else gain > 1.5


@pytest.mark.parametrize("name", tuning.tunable())
@pytest.mark.parametrize("channels", [1, 3])
def test_committed_values_hold_between_and_beyond_the_strengths_tuned(name, channels):
    tuned = FilterTunedBySigma(name, methods.baselines.build(name), methods.committed())
    table = methods.committed()["gray" if channels == 1 else "colour"][name]
    assert set(table) == {"5", "15", "25", "50", "75"}
    for sigma, value in table.items():
        assert tuned.value(channels, float(sigma) / 255) == pytest.approx(value)
    if name == "median":
        assert tuned.value(channels, 24 / 255) == table["25"]
    else:
        between = sorted([table["15"], table["25"]])
        assert between[0] <= tuned.value(channels, 20 / 255) <= between[1]
        assert tuned.value(channels, 150 / 255) == pytest.approx(2 * table["75"])


def test_an_unknown_method_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"Did you mean 'median'"):
        methods.checked_name("medain")
    with pytest.raises(ModelFileError, match="no model file"):
        methods.checked_name(str(tmp_path / "none.onnx"))
    with pytest.raises(UsageError, match="no tuned values for tv"):
        methods.make("tv", {"colour": {}, "gray": {}})


# Tuning


def test_tuning_finds_a_value_that_its_neighbours_do_not_beat(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "SIDE", 128)
    lines = []
    found = tuning.tune(photographs, ["tv", "median"], sigmas=[25], images=2, report=lines.append)
    assert len(lines) == 4
    assert found["colour"]["median"]["25"] in (3, 5)
    (tmp_path / "tuned.toml").write_text(tuning.to_toml(found), "utf-8")
    assert methods.read_tuned(tmp_path / "tuned.toml") == found
    value = found["colour"]["tv"]["25"]
    clean = [read_image(photographs / name).to_float()[6:134, 16:144] for name in ("0.png", "3.png")]
    rng = np.random.default_rng([tuning.STREAM, 25])
    noisy = [image + np.float32(25 / 255) * rng.standard_normal(image.shape, np.float32) for image in clean]
    tv = methods.baselines.build("tv")

    def error(value):
        return sum(np.log(np.mean((tv.filtered(y, value) - x) ** 2)) for x, y in zip(clean, noisy, strict=True))

    assert error(value) < min(error(value * 1.5), error(value / 1.5))


def test_a_file_of_tuned_values_that_is_none_is_told(tmp_path):
    for text in ("colour = 3", 'gray.tv = { "25" = "x" }', "{", 'colour.tv = { "25" = -1 }\ngray.tv = { "25" = 1 }'):
        (tmp_path / "tuned.toml").write_text(text, "utf-8")
        with pytest.raises(InputError, match="no file of tuned values"):
            methods.read_tuned(tmp_path / "tuned.toml")
