"""The models that come with unnoise, through the public calls."""

import numpy as np
import pytest
from skimage import data

import unnoise
from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.inference import DenoiseOptions, card, load, packaged_models
from unnoise.inference.packaged import folder
from unnoise.inference.tiles import halo_of


@pytest.fixture(scope="module")
def clean():
    return data.astronaut()[60:220, 150:310].astype(np.float32) / 255


def with_noise(image, sigma, seed=0):
    rng = np.random.default_rng(seed)
    return (image + rng.normal(0, sigma / 255, image.shape)).astype(np.float32)


def psnr(clean, image):
    return -10 * np.log10(np.mean((clean.astype(np.float64) - image) ** 2))


def test_photo_is_the_default_and_comes_first():
    assert packaged_models()[0] == "photo"
    assert load().metadata.name == "photo"
    assert load().metadata.recipe == load("photo").metadata.recipe


@pytest.mark.parametrize("name", packaged_models())
def test_every_packaged_model_is_small_and_has_a_card(name):
    assert (folder() / f"{name}.onnx").stat().st_size <= 5e6
    text = card(name)
    assert text.startswith(f"# {name}\n")
    for heading in ("## Training data", "## Licence", "## Scores", "## Limits", "## Compute"):
        assert heading in text
    assert "non-commercial" in (folder() / "NOTICE.md").read_text("utf-8")


@pytest.mark.parametrize("name", packaged_models())
@pytest.mark.parametrize(("sigma", "gain"), [(15, 4), (25, 6), (50, 9)])
def test_every_packaged_model_takes_noise_away(name, sigma, gain, clean):
    for image in (clean, clean[..., 1]):
        noisy = with_noise(image, sigma)
        answer = unnoise.denoise(noisy, model=name)
        assert answer.shape == image.shape
        assert psnr(image, answer) > psnr(image, noisy) + gain


@pytest.mark.parametrize("name", packaged_models())
def test_every_packaged_model_scales_with_its_input(name, clean):
    noisy = with_noise(clean, 25)
    denoiser = load(name)
    difference = 2 * denoiser.denoise(noisy / 2) - denoiser.denoise(noisy)
    if name.endswith("-fast"):  # the steps of integers do not scale
        assert 0 < np.sqrt(np.mean(difference**2)) < 2.5 / 255
    else:
        assert abs(difference).max() < 1e-4


@pytest.mark.parametrize("name", packaged_models())
def test_every_packaged_model_gives_in_tiles_what_it_gives_in_one_run(name):
    denoiser = load(name)
    halo = halo_of(denoiser.metadata.receptive_field, denoiser.metadata.stride)
    rng = np.random.default_rng(1)
    for sigma in (0, 25, 75):
        height, width = rng.integers(2 * halo + 20, 2 * halo + 120, 2)
        noisy = with_noise(np.full((height, width, 3), 0.5), sigma)
        noisy[: height // 2] += 0.3
        tiled = denoiser.denoise(noisy, DenoiseOptions(tile=2 * halo + 16))
        assert abs(tiled - denoiser.denoise(noisy, DenoiseOptions(tile=None))).max() <= 1 / 65535


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 9), (65, 33)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_any_size_and_depth_is_answered_in_kind(size, dtype):
    scale = np.iinfo(dtype).max if dtype.startswith("u") else 1
    image = (np.random.default_rng(0).uniform(0.2, 0.8, (*size, 3)) * scale).astype(dtype)
    answer = unnoise.denoise(image, sigma=0.1)
    assert answer.shape == image.shape
    assert answer.dtype == image.dtype
    assert abs(answer.mean() / image.mean() - 1) < 0.1


def test_what_is_not_finite_is_filled_even_where_the_rest_is_clean():
    image = np.full((70, 70, 3), 0.4, np.float32)
    image[3, 4] = np.nan
    for options in ({}, {"strength": 0}, {"sigma": 0}):
        answer = unnoise.denoise(image, **options)
        assert np.isfinite(answer).all()
        assert abs(answer - 0.4).max() < 0.05


def test_sigma_scales_the_change_up_to_half_as_much_again(clean):
    noisy = with_noise(clean, 25)
    level = unnoise.estimate_noise(noisy)
    whole = noisy - unnoise.denoise(noisy)
    for sigma in (level / 4, level, 1.2 * level, 1.5 * level, 3 * level):
        taken = noisy - unnoise.denoise(noisy, sigma=sigma)
        np.testing.assert_allclose(taken, whole * min(1.5, sigma / level), atol=1e-6)
    np.testing.assert_array_equal(unnoise.denoise(noisy, sigma=0), noisy)


def test_strength_mixes_and_zero_gives_the_input(clean):
    noisy = with_noise(clean, 25)
    whole, half = (unnoise.denoise(noisy, strength=strength) for strength in (1, 0.5))
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(half @ luma, (whole + noisy) @ luma / 2, atol=1e-6)
    # Of the colour noise, less is left than of the texture.
    left, taken = half - whole, noisy - whole
    left, taken = (x - (x @ luma)[..., np.newaxis] for x in (left, taken))
    np.testing.assert_allclose(left, taken / 4, atol=1e-6)
    np.testing.assert_array_equal(unnoise.denoise(noisy, strength=0), noisy)


def test_less_memory_means_more_tiles_and_the_same_answer():
    noisy = with_noise(np.full((450, 420), 0.5), 25)
    shares = {}
    answers = []
    for memory in (None, 15_000_000):
        shares[memory] = []
        answers.append(unnoise.denoise(noisy, max_memory=memory, progress=shares[memory].append))
    assert shares[None] == [1]
    assert len(shares[15_000_000]) > 1
    assert shares[15_000_000] == sorted(shares[15_000_000])
    assert shares[15_000_000][-1] == 1
    np.testing.assert_allclose(*answers, atol=1 / 65535)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": "photos"}, UsageError, "Unknown model 'photos'.*Did you mean 'photo'"),
        ({"model": "missing.onnx"}, ModelFileError, "no model file missing.onnx"),
        ({"device": "gpu"}, UsageError, "Unknown device 'gpu'.*cuda"),
        ({"device": "coreml"}, InputError, "coreml is not available.*serves.*cpu"),
        ({"sigma": -1}, InputError, "sigma must be a number from 0 to 1.*-1"),
        ({"sigma": 10}, InputError, "write 25/255 for 25 of 255. Received 10"),
        ({"self_ensemble": 3}, UsageError, "self_ensemble must be 1, 2, 4 or 8"),
        ({"threads": 0}, InputError, "threads must be a whole number"),
        ({"sigma": float("nan")}, InputError, "sigma must be a number"),
        ({"strength": 2}, InputError, "strength must be a number from 0 to 1"),
        ({"max_memory": 0}, InputError, "max_memory must be a whole number of bytes"),
        ({"tile": 8}, InputError, "Tiles of 8 pixels are too small"),
    ],
)
def test_wrong_options_are_told(options, error, message):
    with pytest.raises(error, match=message):
        unnoise.denoise(with_noise(np.full((300, 300, 3), 0.5), 25), **options)
