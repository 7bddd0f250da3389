"""The noise of an image, by what the denoiser removes of patches of it."""

import numpy as np
import pytest
from skimage import data

import unnoise
from unnoise.errors import InputError
from unnoise.inference import load, packaged_models
from unnoise.inference.noise_analysis import PATCHES, SIDE, NoiseAnalysis, analyze_noise
from unnoise.noise import parse

PHOTOGRAPHS = {"astronaut": data.astronaut, "chelsea": data.chelsea, "coffee": data.coffee}


def with_noise(image, sigma, seed=0):
    rng = np.random.default_rng(seed)
    return (image + rng.normal(0, sigma / 255, image.shape)).astype(np.float32)


def half(patches):
    return patches / 2


def level(image, denoise=half):
    return analyze_noise([image.astype(np.float32)], *image.shape[:2], denoise).level


@pytest.mark.parametrize(
    ("name", "photograph", "sigma"),
    [*(("photo", photograph, sigma) for photograph in PHOTOGRAPHS for sigma in (10, 25, 50))]
    + [(name, "chelsea", 25) for name in packaged_models()[1:]],
)
def test_the_estimate_is_near_the_noise(name, photograph, sigma):
    image = PHOTOGRAPHS[photograph]()[:192, :192].astype(np.float32) / 255
    noisy = with_noise(image, sigma)
    assert unnoise.estimate_noise(noisy, model=name) * 255 == pytest.approx(sigma, rel=0.15)
    gray = with_noise(image.mean(axis=2), sigma)
    assert unnoise.estimate_noise(gray, model=name) * 255 == pytest.approx(sigma, rel=0.2)
    clipped = np.clip(noisy, 0, 1)
    present = np.sqrt(np.mean((clipped - image) ** 2))
    estimate = unnoise.estimate_noise(np.rint(clipped * 255).astype(np.uint8), model=name)
    assert estimate == pytest.approx(present, rel=0.25)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_compressed_noise_is_estimated_by_what_is_left_of_it(photograph):
    image = PHOTOGRAPHS[photograph]()[:192, :192].astype(np.float32) / 255
    noisy = parse("gaussian(0.08)+jpeg(quality=90)")(image, np.random.default_rng(0))
    present = np.sqrt(np.mean((noisy - image) ** 2))
    assert unnoise.estimate_noise(noisy) == pytest.approx(present, rel=0.3)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_photographs_without_added_noise_have_little(photograph):
    assert unnoise.estimate_noise(PHOTOGRAPHS[photograph]()[:300, :300]) < 4 / 255


@pytest.mark.parametrize("size", [(1, 9), (5, 7), (95, 300), (1000, 97), (2000, 3000), (4000, 50), (60, 5000)])
def test_patches_are_few_and_spread_over_the_image(size):
    height, width = size
    image = np.random.default_rng(0).random((height, width, 1)).astype(np.float32)
    image[..., 0] += 10 * np.arange(height)[:, np.newaxis]
    seen = []

    def denoise(patches):
        seen.append(patches)
        return patches

    strips = [image[top : top + 37] for top in range(0, height, 37)]
    assert analyze_noise(strips, height, width, denoise).level == 0
    (patches,) = seen
    assert patches.shape[1:] == (min(height, SIDE), min(width, SIDE), 1)
    assert len(patches) <= PATCHES
    if height * width > PATCHES * SIDE**2:
        assert len(patches) > PATCHES // 2
    # The first and the last row are looked at.
    assert patches.min() < 1
    assert patches.max() > 10 * (height - 1)


def test_squares_of_one_colour_do_not_count():
    image = np.ones((512, 512, 3), np.float32)
    image[100:300, 100:300] = with_noise(np.full((200, 200, 3), 0.5), 25)
    image[400:, 400:] = 0.2
    assert unnoise.estimate_noise(image) * 255 == pytest.approx(25, rel=0.15)
    assert unnoise.denoise(image)[150:250, 150:250].std() < 5 / 255
    assert unnoise.estimate_noise(np.ones((100, 100))) == 0


def test_what_is_not_seen_does_not_count():
    image = np.random.default_rng(0).normal(0, 0.1, (200, 300, 3)).astype(np.float32)
    expected = level(image[:, :150])
    image[:, 150:] *= 5
    assert level(image) > 2 * expected
    image[:, 150:] = np.nan
    assert level(image) == pytest.approx(expected, rel=0.02)
    assert level(np.full((50, 60, 3), np.nan)) == 0


def test_a_few_patches_of_texture_do_not_count():
    image = np.random.default_rng(0).normal(0, 0.1, (600, 800, 1))
    expected = level(image)
    image[:96, :300] *= 9
    assert level(image) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("height", [1, 40, 300])
@pytest.mark.parametrize("denoise", [None, half])
def test_gray_held_as_rgb_is_told_by_every_pixel(height, denoise):
    image = np.repeat(np.random.default_rng(0).random((height, 200, 1)), 3, axis=2).astype(np.float32)

    def found(pixels):
        strips = [pixels[top : top + 16] for top in range(0, height, 16)]
        return analyze_noise(strips, height, 200, denoise)

    assert found(image).gray
    assert (found(image).level is None) == (denoise is None)
    assert not found(image[..., :1]).gray
    for place in ((0, 0, 0), (height - 1, 199, 2)):
        other = image.copy()
        other[place] += 0.01
        assert not found(other).gray
    image[height // 2, 3] = np.nan
    assert found(image).gray


def test_the_level_is_scaled_by_the_models_metadata(model_file):
    image = np.random.default_rng(0).normal(0.5, 0.1, (30, 40, 1)).astype(np.float32)
    once, twice = (load(model_file("half", noise_scale=scale)).analyze_noise([image], 30, 40) for scale in (1.0, 2.0))
    assert once == NoiseAnalysis(pytest.approx(1.4826 * np.median(np.abs(image)) / 2, rel=1e-5), False)
    assert twice.level == pytest.approx(2 * once.level)


def test_models_of_one_size_see_the_whole_image(model_file):
    denoiser = load(model_file("half", input_shape=(120, 130, 1)))
    image = np.random.default_rng(0).random((120, 130, 1)).astype(np.float32)
    expected = 1.4826 * np.median(np.abs(image)) / 2
    assert denoiser.analyze_noise([image], 120, 130).level == pytest.approx(expected, rel=1e-5)


def test_the_estimate_of_a_batch_is_that_of_its_images():
    rng = np.random.default_rng(0)
    batch = np.stack([rng.normal(0.5, sigma, (30, 90, 3)) for sigma in (0.02, 0.1)])
    levels = unnoise.estimate_noise(batch)
    assert levels.shape == (2,)
    assert levels.tolist() == [unnoise.estimate_noise(image) for image in batch]
    stack = unnoise.estimate_noise(batch[..., 0], channel_axis=None)
    assert stack.shape == (2,)
    assert levels[1] > 3 * levels[0]


def test_the_estimate_keeps_to_the_threads(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "unnoise.inference.noise_estimate.load_cached", lambda *a, **b: asked.append(b) or load(*a, **b)
    )
    unnoise.estimate_noise(np.zeros((9, 9)), threads=1)
    assert asked == [{"threads": 1, "device": "auto"}]
    with pytest.raises(InputError, match="threads must be a whole number"):
        unnoise.estimate_noise(np.zeros((9, 9)), threads=0)


def test_images_of_other_channels_have_no_estimate():
    with pytest.raises(InputError, match="received 4"):
        unnoise.estimate_noise(np.random.default_rng(0).random((9, 9, 4)))
