"""``unnoise inspect`` tells what images are like and which training fits."""

import numpy as np
import pytest
from tifffile import imwrite

from unnoise.imaging import read_image


@pytest.fixture
def noisy(tmp_path):
    rng = np.random.default_rng(0)
    scene = 900 + 700 * np.sin(np.mgrid[:96, :128].sum(axis=0) / 40)
    folder = tmp_path / "noisy"
    folder.mkdir()
    for number in range(3):
        imwrite(folder / f"{number}.tif", (20 * rng.poisson(scene / 20)).astype(np.uint16))
    return folder


def test_a_folder_of_noisy_images(unnoise, noisy, tmp_path):
    code, out, err = unnoise("inspect", noisy, "--picture", tmp_path / "look.png")
    assert (code, err) == (0, "")
    for told in ("96×128", "uint16", "(black) to 4095 (white)", "it grows with the light", f"train --noisy {noisy}"):
        assert told in out
    assert read_image(tmp_path / "look.png").pixels.shape[0] > 300


def test_pairs_and_shots_are_told_by_their_folders(unnoise, noisy, tmp_path):
    noisy.rename(tmp_path / "first")
    (tmp_path / "second").mkdir()
    imwrite(tmp_path / "second" / "0.tif", np.full((96, 128), 7, np.uint16))
    assert f"train --shots {tmp_path}" in unnoise("inspect", tmp_path)[1]
    (tmp_path / "first").rename(tmp_path / "noisy")
    (tmp_path / "second").rename(tmp_path / "clean")
    out = unnoise("inspect", tmp_path)[1]
    assert f"train --pairs {tmp_path / 'noisy'} {tmp_path / 'clean'}" in out


def test_a_folder_without_images(unnoise, tmp_path):
    code, _, err = unnoise("inspect", tmp_path)
    assert code == 1
    assert "has no images" in err


def test_an_existing_picture_is_kept(unnoise, noisy, tmp_path):
    (tmp_path / "look.png").write_text("mine")
    assert unnoise("inspect", noisy, "--picture", tmp_path / "look.png")[0] == 1
    assert (tmp_path / "look.png").read_text() == "mine"
