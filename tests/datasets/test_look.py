"""What a folder of images is found to be: range, clipping, noise by brightness, correlation, layout."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from tifffile import imwrite

from unnoise.datasets.layout import layout_of
from unnoise.datasets.look import look_at_folder
from unnoise.datasets.noise_look import look_at_noise
from unnoise.errors import DataError, InputError


def ramp(side=160):
    """Return a smooth image with values from 0.1 to 0.9."""
    rows, columns = np.mgrid[:side, :side] / side
    return (0.5 + 0.4 * np.sin(5 * rows) * np.cos(columns))[..., np.newaxis]


def noise(seed=0, *, sigma=0.05, blur=None):
    field = np.random.default_rng(seed).normal(0, 1, (160, 160, 1))
    if blur is not None:
        field = gaussian_filter(field, blur)
        field /= field.std()
    return sigma * field


def test_white_noise_is_found_with_its_strength():
    look = look_at_noise([ramp() + noise(seed) for seed in range(3)])
    assert look.sigma == pytest.approx(0.05, rel=0.1)
    assert (look.kind, look.length, look.grows) == ("independent", 1, False)
    assert np.abs([look.rows, look.columns]).max() < 0.1


def test_photon_noise_grows_with_the_light_by_its_gain():
    rng = np.random.default_rng(1)
    look = look_at_noise([rng.poisson(ramp() * 80) / 80 for _ in range(4)])
    assert look.grows
    assert look.gain == pytest.approx(1 / 80, rel=0.2)


@pytest.mark.parametrize(
    ("blur", "kind"), [((1, 1, 0), "over neighbours"), ((0, 1, 0), "along rows"), ((1, 0, 0), "along columns")]
)
def test_correlated_noise_is_told_with_its_direction(blur, kind):
    look = look_at_noise([ramp() + noise(seed, blur=blur) for seed in range(3)])
    assert look.kind == kind
    assert 0.02 < look.sigma < 0.06
    assert look.length >= 3


def test_of_an_image_of_one_value_nothing_is_told():
    assert look_at_noise([np.full((64, 64, 1), 0.5)]) is None
    assert look_at_noise([ramp(8)]) is None


def test_twelve_bits_in_sixteen_and_their_offset_are_found(tmp_path):
    for number in range(3):
        counts = 200 + 3000 * (ramp() + noise(number))
        imwrite(tmp_path / f"{number}.tif", counts[..., 0].round().clip(0).astype(np.uint16))
    look = look_at_folder(tmp_path)
    assert (look.files, look.frames, look.channels, look.dtype) == (3, 3, 1, "uint16")
    assert look.white == 4095
    assert 200 < look.offset < 600
    assert look.noise.sigma == pytest.approx(0.05 * 3000 / (look.white - look.offset), rel=0.15)
    assert not look.seems_clean
    assert look.warnings == []
    assert look.squares(80) == 12


def test_clipping_and_correlation_are_warned_of(tmp_path):
    for number in range(2):
        bright = np.clip(2 * ramp() - 0.4 + noise(number, sigma=0.15, blur=(1, 1, 0)), 0, 1)
        imwrite(tmp_path / f"{number}.tif", (bright[..., 0] * 255).astype(np.uint8))
    look = look_at_folder(tmp_path)
    assert look.bright > 0.01
    assert ["clipped" in warning or "correlated" in warning for warning in look.warnings] == [True, True]


def test_images_without_noise_seem_clean(tmp_path):
    imwrite(tmp_path / "0.tif", (ramp()[..., 0] * 255).astype(np.uint8))
    assert look_at_folder(tmp_path).seems_clean


def test_folders_that_cannot_be_looked_at(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        look_at_folder(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no images"):
        look_at_folder(tmp_path)
    imwrite(tmp_path / "a.tif", np.zeros((20, 20), np.uint8))
    imwrite(tmp_path / "b.tif", np.zeros((20, 20), np.uint16))
    with pytest.raises(DataError, match=r"one depth.*a\.tif is uint8 .*b\.tif is uint16"):
        look_at_folder(tmp_path)
    (tmp_path / "b.tif").write_bytes(b"II*\0damaged")
    with pytest.raises(InputError, match=r"b\.tif"):
        look_at_folder(tmp_path)


def test_the_layout_of_a_folder(tmp_path):
    with pytest.raises(DataError, match="has no images"):
        layout_of(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        imwrite(tmp_path / name / "a.tif", np.zeros((20, 20), np.uint8))
    assert layout_of(tmp_path).kind == "shots"
    assert layout_of(tmp_path / "one").kind == "images"
    (tmp_path / "one").rename(tmp_path / "Noisy")
    (tmp_path / "two").rename(tmp_path / "GT")
    assert layout_of(tmp_path).parts == (tmp_path / "Noisy", tmp_path / "GT")
    imwrite(tmp_path / "c.tif", np.zeros((20, 20), np.uint8))
    assert layout_of(tmp_path).kind == "pairs"
