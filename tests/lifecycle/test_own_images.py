"""From people's own images to a packaged model in one command, and what is refused before it begins."""

import numpy as np
import pytest
from tifffile import imread, imwrite

from unnoise.experiment import RunFolder
from unnoise.inference import load
from unnoise.models import load_model
from unnoise.packaging import load_network

TINY = [
    "--set", "training.epochs=2", "--set", "data.patches=16", "--set", "data.tile=32", "--set", "data.patch=32",
    "--set", "evaluation.models=[]", "--set", 'evaluation.baselines=["median"]', "--set", "training.precision=float32",
]  # fmt: skip
SMALL = ["--from", "scratch", "--set", "model.filters=[4]", "--set", "model.blocks=1"]


def scene(number, side=96):
    rows, columns = np.mgrid[:side, :side] / side
    return 500 + 2500 * (0.5 + 0.5 * np.sin(6 * rows + number) * np.cos(5 * columns - number))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Clean and noisy images of 12 bits in 16 with an offset, and shots of six scenes."""
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    for name in ("clean", "noisy"):
        (folder / name).mkdir()
    for number in range(6):
        clean = scene(number)
        imwrite(folder / "clean" / f"{number}_clean.tif", clean.astype(np.uint16))
        (folder / "shots" / str(number)).mkdir(parents=True)
        for shot in range(3):
            noisy = 500 + 20 * rng.poisson((clean - 480) / 20) + rng.normal(0, 10, clean.shape)
            imwrite(folder / "shots" / str(number) / f"{shot}.tif", noisy.clip(0).astype(np.uint16))
        imwrite(folder / "noisy" / f"{number}.tif", noisy.clip(0).astype(np.uint16))
    return folder


def trained(unnoise, target, *arguments):
    code, out, err = unnoise("train", *arguments, "-o", target, *TINY)
    assert (code, err) == (0, ""), out
    assert f"unnoise denoise IMAGE --model {target / 'model.onnx'}" in out
    return out


@pytest.fixture
def start(unnoise, folders, tmp_path_factory):
    """A packaged model of a small network, trained on pairs once."""
    target = folders / "start"
    if not target.exists():
        trained(unnoise, target, "--pairs", folders / "noisy", folders / "clean", *SMALL)
    return target


def test_pairs_give_a_model_that_knows_their_range(unnoise, folders, start, tmp_path):
    metadata = load(start / "model.onnx").metadata
    assert metadata.white == 4095
    assert 450 < metadata.offset < 550
    assert metadata.noise == "the noise of the images"
    recipe = RunFolder.open(start).recipe
    assert recipe.supervision.method == "pairs"
    assert (start / "report.html").stat().st_size > 1000
    code, _, err = unnoise(
        "denoise", folders / "noisy" / "0.tif", "--model", start / "model.onnx", "-o", tmp_path / "out.tif", "--force"
    )
    assert (code, err) == (0, "")
    noisy, denoised = imread(folders / "noisy" / "0.tif"), imread(tmp_path / "out.tif")
    assert denoised.dtype == np.uint16
    assert abs(denoised.astype(float).mean() - noisy.mean()) < 100


def test_clean_images_get_the_noise_that_is_named(unnoise, folders, tmp_path):
    out = trained(unnoise, tmp_path / "run", "--images", folders / "clean", "--noise", "gaussian(0.05)", *SMALL)
    assert "noise: gaussian(0.05)" in out
    assert load(tmp_path / "run" / "model.onnx").metadata.noise == "gaussian(0.05)"


def test_shots_are_learned_from(unnoise, folders, tmp_path):
    out = trained(unnoise, tmp_path / "run", "--shots", folders / "shots", *SMALL)
    assert "mean of the other shots" in out


def test_neighbours_are_learned_from_and_begin_with_a_packaged_model(unnoise, folders, start, tmp_path):
    arguments = ["--noisy", folders / "noisy", "--method", "neighbor2neighbor", "--from", start / "model.onnx"]
    out = trained(unnoise, tmp_path / "run", *arguments)
    assert "self-supervised estimate" in out
    before, after = load_network(start / "model.onnx"), load_network(tmp_path / "run" / "model.onnx")
    changes = [np.abs(a - b).max() for a, b in zip(before.get_weights(), after.get_weights(), strict=True)]
    assert all(0 < change < 0.1 for change in changes)


def test_calibrate_learns_a_curve_and_leaves_the_denoiser(unnoise, folders, start, tmp_path):
    arguments = ["--noisy", folders / "noisy", "--from", start / "model.onnx"]
    trained(unnoise, tmp_path / "run", *arguments)
    model = load_model(tmp_path / "run" / "models" / "autoencoder.keras")
    inside = model.get_layer("network").get_weights()
    for ours, theirs in zip(inside, load_network(start / "model.onnx").get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    _, _, values = model.get_layer("curve").get_weights()
    assert (np.diff(values) > 0).all()
    assert (values[0], values[-1]) == pytest.approx((0, 1), abs=1e-5)
    # Where photons make the noise grow with the light, the curve rises less and less.
    assert values[32] > 0.32
    # One curve undoes the other, but for a line that was learned, too.
    x = np.linspace(0.1, 0.7, 50).reshape(1, 5, 10, 1).astype(np.float32)
    back = np.asarray(model.get_layer("inverse")(model.get_layer("curve")(x)))
    assert np.abs(back - x).max() < 0.1
    rebuilt = load_network(tmp_path / "run" / "model.onnx")
    np.testing.assert_array_equal(rebuilt.get_weights()[2], values)


def test_a_stopped_run_goes_on_and_is_packaged(unnoise, folders, start, tmp_path):
    arguments = ["--noisy", folders / "noisy", "--from", start / "model.onnx"]
    trained(unnoise, tmp_path / "whole", *arguments)
    trained(unnoise, tmp_path / "cut", *arguments)
    (tmp_path / "cut" / "models" / "autoencoder.keras").unlink()
    (tmp_path / "cut" / "model.onnx").unlink()
    assert unnoise("train", "--resume", tmp_path / "cut")[0] == 0
    whole, cut = (load(tmp_path / name / "model.onnx") for name in ("whole", "cut"))
    noisy = imread(folders / "noisy" / "0.tif")
    np.testing.assert_array_equal(whole.denoise(noisy), cut.denoise(noisy))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--images", "."], 1, "Both together are pairs"),
        (["--images", "clean", "--noise", "none"], 2, "learns to change nothing"),
        (["--noisy", "clean", "--from", "photo-fast"], 1, "that of photo-fast is photo"),
        (["--noisy", "clean", "--from", "foto"], 2, "Did you mean 'photo'"),
        (["--noisy", "clean", "--from", "scratch"], 2, "calibrate puts a curve around a trained denoiser"),
        (["--pairs", "shots/0", "clean"], 1, "has no partner"),
        (["--shots", "clean"], 1, "one sub-folder for each scene"),
        (["--noisy", "empty"], 1, "has no images"),
        (["--noisy", "damaged"], 1, "0.tif"),
        (["--noisy", "small"], 1, "too small"),
        (["--noisy", "clean", "--images", "clean"], 2, "Give one of"),
        (["demo", "--images", "clean"], 2, "Give a recipe"),
        (["demo", "--minutes", "3"], 2, "--minutes and --from go with"),
        (["--noisy", "clean", "--noise", "gaussian(0.1)"], 2, "--noise goes with --images"),
        (["--noisy", "clean", "--method", "n2v"], 2, "--method is calibrate or neighbor2neighbor"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_before(unnoise, folders, monkeypatch, arguments, code, words):
    monkeypatch.chdir(folders)
    for name in ("empty", "damaged", "small"):
        (folders / name).mkdir(exist_ok=True)
    (folders / "damaged" / "0.tif").write_bytes(b"II*\0damaged")
    imwrite(folders / "small" / "0.tif", np.zeros((20, 20), np.uint8))
    done, _, err = unnoise("train", *arguments, "-o", "refused", "--set", "training.epochs=1")
    assert done == code, err
    assert words in err
    assert not (folders / "refused").exists()


def test_mixed_depths_are_refused(unnoise, folders, tmp_path):
    (tmp_path / "clean").mkdir()
    for number in range(6):
        imwrite(tmp_path / "clean" / f"{number}.tif", np.zeros((96, 96), np.uint8))
    code, _, err = unnoise("train", "--pairs", folders / "noisy", tmp_path / "clean", "-o", tmp_path / "run")
    assert code == 1
    assert "one depth" in err
