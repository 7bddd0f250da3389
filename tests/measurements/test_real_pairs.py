"""Pairs of cameras: what is chosen never sees what is reported, and rows tell what was measured."""

import numpy as np
import pytest
from PIL import Image

from measurements import called_clean, drawn_images, methods, photo_pairs, real_pairs, tables


@pytest.fixture
def polyu(tmp_path, monkeypatch):
    """A folder of two pairs of cameras for choosing, and files of the others that cannot even be read."""
    folder = tmp_path / "polyu"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for camera, sigma in (("Canon5D2", 4), ("Canon80D", 12)):
        clean = np.full((64, 64, 3), 128.0)
        noisy = np.clip(clean + rng.normal(0, sigma, clean.shape), 0, 255)
        for kind, pixels in (("mean", clean), ("real", noisy)):
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{camera}_1_{kind}.JPG", quality=98)
    for kind in ("mean", "real"):
        (folder / f"Sony_1_{kind}.JPG").write_bytes(b"not to be read")
    monkeypatch.setattr(methods, "TUNED", np.s_[:, :])
    monkeypatch.setattr(methods, "GRIDS", {"bilateral": (0.001, 0.2)})
    monkeypatch.setattr(real_pairs, "GRIDS", methods.GRIDS)
    for name in ("TRIED", "IMAGES", "SUMMARY"):
        monkeypatch.setattr(real_pairs, name, tmp_path / f"{name}.csv")
    return folder


def test_cameras_for_the_report_are_neither_tuned_on_nor_measured(polyu):
    real_pairs.tune(polyu)
    real_pairs.measure(polyu, "choose", ["noisy", "bilateral"])
    assert {row["pair"] for row in tables.read_table(real_pairs.IMAGES)} == {"Canon5D2_1", "Canon80D_1"}
    noisy, bilateral = tables.read_table(real_pairs.SUMMARY)
    assert (noisy["gain"], noisy["better"]) == ("0.00", "0.0%")
    assert bilateral["value"] == "0.2"  # the strong one of two, for a flat gray
    assert (bilateral["better"], bilateral["pairs"]) == ("100.0%", "2")
    gains = [float(row["psnr"]) for row in tables.read_table(real_pairs.IMAGES) if row["method"] == "bilateral"]
    assert float(bilateral["psnr"]) == pytest.approx(np.mean(gains), abs=0.01)
    assert 0 < float(bilateral["smallest gain"]) <= float(bilateral["gain"])


def test_what_is_not_measured_anew_stays(polyu):
    real_pairs.measure(polyu, "choose", ["noisy"])
    tables.write_table(
        real_pairs.SUMMARY,
        ["cameras", "method"],
        [("choose", "noisy"), ("choose", "bm3d"), ("report", "noisy")],
    )
    assert real_pairs.kept(real_pairs.SUMMARY, "choose", ["noisy"]) == [["choose", "bm3d"], ["report", "noisy"]]


def test_a_camera_whose_name_begins_like_anothers_is_not_taken_for_it(polyu):
    (polyu / "Canon5D2X_1_real.JPG").write_bytes(b"")
    assert [file.name for file in photo_pairs.noisy_files(polyu)] == ["Canon5D2_1_real.JPG", "Canon80D_1_real.JPG"]
    with pytest.raises(FileNotFoundError, match="Canon5D2"):
        photo_pairs.noisy_files(polyu.parent)


def test_a_model_given_as_a_file_is_named_without_its_folder(tmp_path):
    names = [method.name for method in methods.of_model(str(tmp_path / "mine.onnx"))]
    assert names == ["unnoise mine", "unnoise mine, network alone", "unnoise mine, self-ensemble 8"]


def test_png_keeps_the_pixels():
    pixels = np.random.default_rng(1).integers(0, 256, (13, 17, 3), np.uint8)
    np.testing.assert_array_equal(called_clean.as_png(pixels), pixels)


@pytest.mark.parametrize("kind", drawn_images.KINDS)
def test_drawn_images_are_the_same_each_time_and_differ_from_each_other(kind):
    images = drawn_images.drawn(kind, 6)
    for image, again in zip(images, drawn_images.drawn(kind, 6), strict=True):
        np.testing.assert_array_equal(image, again)
        assert image.shape == (drawn_images.SIDE, drawn_images.SIDE, 3)
        assert image.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == 6


def test_gradients_have_no_noise_above_their_dithering():
    for image in drawn_images.drawn("gradients", 12):
        across, down = (np.diff(image.astype(int), n=2, axis=axis) for axis in (0, 1))
        # Rounding and dithering by half a level move a second difference by 4 at most; the gradient itself by little.
        assert max(abs(across).max(), abs(down).max()) <= 4
