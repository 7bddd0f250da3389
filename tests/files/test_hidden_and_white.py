"""What no network should see: hidden colours, and a range that is not the file's; what is kept when nothing is done."""

import io

import numpy as np
import onnx
import PIL.Image
import pytest
import tifffile
from typer.testing import CliRunner

import unnoise
from onnx_models import build
from unnoise import DenoiseOptions, denoise_file
from unnoise.cli.app import app
from unnoise.errors import InputError
from unnoise.files import left_out, plan
from unnoise.imaging import Image, open_image, write_image

FORCE = DenoiseOptions(skip_clean=False)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for name, body, more in (("mean", "mean", {}), ("half", "half", {}), ("own", "half", {"white": 3000.0})):
        path = folder / f"{name}.onnx"
        onnx.save(build(body, input_shape=(None, None, 3), stride=1, receptive_field=99, **more), path)
        found[name] = path
    return found


def sprite(dtype):
    """Return one colour within a disc, something else hidden around it, half transparent at the edge."""
    y, x = np.mgrid[:60, :50]
    alpha = np.clip(1.5 * (24 - np.hypot(y - 30, x - 25)), 0, 1)
    colours = np.where(alpha[..., None] > 0, np.array([0.8, 0.6, 0.2]), np.array([0, 0.1, 1]))
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    both = np.dstack([colours, alpha]) * white
    return (both if white == 1 else np.rint(both)).astype(dtype)


@pytest.mark.parametrize(("suffix", "dtype"), [(".png", "uint8"), (".png", "uint16"), (".tif", "float32")])
def test_hidden_colours_of_files_do_not_bleed_and_stay(networks, suffix, dtype):
    pixels = sprite(dtype)
    source, target = io.BytesIO(), io.BytesIO()
    write_image(source, pixels, format=suffix)
    report = denoise_file(source.getvalue(), target, model=networks["mean"], options=FORCE)
    # The mean of the filled image is the one colour; with what is hidden it would be another.
    np.testing.assert_allclose(open_image(target.getvalue()).read(), pixels, atol=1e-4 if dtype == "float32" else 4)
    assert report.mean_drift == pytest.approx(0, abs=1e-4)


def test_hidden_colours_of_images_in_memory_do_not_bleed_and_stay(networks):
    pixels = sprite("uint8")
    image = unnoise.denoise(Image(pixels[..., :3], pixels[..., 3]), model=networks["mean"], skip_clean=False)
    np.testing.assert_array_equal(image.pixels, pixels[..., :3])
    pillow = unnoise.denoise(PIL.Image.fromarray(pixels), model=networks["mean"], skip_clean=False)
    np.testing.assert_array_equal(np.asarray(pillow), pixels)
    gray = unnoise.denoise(PIL.Image.fromarray(pixels[..., [0, 3]]), model=networks["mean"], skip_clean=False)
    np.testing.assert_array_equal(np.asarray(gray), pixels[..., [0, 3]])


def camera(highest, seed=0):
    """Return a smooth gray picture and it with noise, in 16 bits of which a camera uses fewer."""
    picture = 0.2 + 0.5 * np.add.outer(np.linspace(0, 1, 96), np.linspace(0, 1, 96)) / 2
    noisy = picture + np.random.default_rng(seed).normal(0, 0.05, picture.shape)
    return picture * highest, np.rint(np.clip(noisy, 0, 1) * highest).astype(np.uint16)


@pytest.mark.parametrize("highest", [1023, 4095, 16383, 65535])
def test_noise_in_the_range_in_use_is_removed_alike(highest):
    picture, noisy = camera(highest)
    noisy[0, 0] = highest
    source, target = io.BytesIO(), io.BytesIO()
    tifffile.imwrite(source, noisy, photometric="minisblack")
    report = denoise_file(source.getvalue(), target)
    answer = tifffile.imread(io.BytesIO(target.getvalue()))
    assert report.unchanged == ""
    assert report.noise == pytest.approx(0.05, rel=0.2)
    before, after = (np.sqrt(np.mean((np.asarray(a, float) - picture) ** 2)) for a in (noisy, answer))
    assert after < before / 3
    assert answer.max() <= highest
    np.testing.assert_allclose(unnoise.denoise(noisy), answer, atol=1)


def test_a_white_that_is_given_counts_most_and_then_the_models(networks):
    _, noisy = camera(1000)
    source = io.BytesIO()
    tifffile.imwrite(source, noisy, photometric="minisblack")
    for white, model, clipped in ((None, "half", 1023), (None, "own", 3000), (600, "half", 600), (600, "own", 600)):
        target = io.BytesIO()
        # Twice the noise goes: what is below black or above white is clipped.
        bright = DenoiseOptions(skip_clean=False, strength=1.0)
        denoise_file(source.getvalue(), target, model=networks[model], options=bright, white=white)
        answer = tifffile.imread(io.BytesIO(target.getvalue()))
        np.testing.assert_allclose(answer, np.minimum(np.rint(noisy / 2), clipped), atol=1)
    with pytest.raises(InputError, match="far outside 0 to 100"):
        denoise_file(source.getvalue(), io.BytesIO(), model=networks["half"], white=100)
    for wrong in (0, -1, float("inf")):
        with pytest.raises(InputError, match="white must be a positive number"):
            denoise_file(source.getvalue(), io.BytesIO(), model=networks["half"], white=wrong)


def test_a_copy_keeps_everything_and_says_so(tmp_path):
    PIL.Image.new("RGB", (64, 64), (90, 120, 60)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes() + b"behind")
    report = denoise_file(tmp_path / "a.png", tmp_path / "b.png", options=DenoiseOptions(strength=0))
    assert (report.unchanged, report.metadata_lost) == ("strength is 0", [])
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert denoise_file(tmp_path / "a.png", tmp_path / "c.png", options=FORCE).metadata_lost == [
        "6 bytes behind the end of the image"
    ]


def test_a_quality_is_met_by_unchanged_images_too(tmp_path):
    PIL.Image.new("RGB", (64, 64), (90, 120, 60)).save(tmp_path / "a.jpg", quality=95)
    denoise_file(tmp_path / "a.jpg", tmp_path / "b.jpg", options=DenoiseOptions(strength=0), quality=40)
    assert open_image(tmp_path / "b.jpg").quality == 40


def test_a_folder_tells_what_it_leaves_out(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.NEF", "b.dng", "c.heic", "notes.txt", ".d.dng", "deep/e.cr3"):
        (tmp_path / "in" / name).touch()
    with pytest.raises(
        InputError, match=r"no images .*; 2 raw files were left out: develop them to 16-bit TIFF first; a"
    ):
        plan(tmp_path / "in", tmp_path / "out")
    assert left_out(tmp_path / "in", tmp_path / "out", recursive=True)[0].startswith("3 raw files")
    PIL.Image.new("RGB", (24, 24)).save(tmp_path / "in" / "f.png")
    done = CliRunner().invoke(app, ["denoise", str(tmp_path / "in"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "a HEIC file was left out: the codec HEVC" in done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["f.png"]
