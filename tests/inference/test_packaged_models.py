"""The models that come with unnoise, through the public calls."""

import numpy as np
import pytest
from skimage import data

import unnoise
from unnoise.errors import InputError, ModelFileError, UsageError
from unnoise.inference import card, load, packaged_models
from unnoise.inference.noise_level import noise_of_strips
from unnoise.inference.packaged import folder
from unnoise.inference.tiles import halo_of
from unnoise.noise import parse

PHOTOGRAPHS = {"astronaut": data.astronaut, "chelsea": data.chelsea, "coffee": data.coffee}


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
    assert load().metadata.name == "photo-finish"
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
        tiled = denoiser.denoise(noisy, tile=2 * halo + 16)
        assert abs(tiled - denoiser.denoise(noisy, tile=None)).max() <= 1 / 65535


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 9), (65, 33)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_any_size_and_depth_is_answered_in_kind(size, dtype):
    scale = np.iinfo(dtype).max if dtype.startswith("u") else 1
    image = (np.random.default_rng(0).uniform(0.2, 0.8, (*size, 3)) * scale).astype(dtype)
    answer = unnoise.denoise(image, sigma=0.1)
    assert answer.shape == image.shape
    assert answer.dtype == image.dtype
    assert abs(answer.mean() / image.mean() - 1) < 0.1


def test_a_clean_image_comes_back_as_it_is_unless_the_noise_is_known(clean):
    flat = np.full((80, 70, 3), 0.4, np.float64)
    answer = unnoise.denoise(flat)
    assert answer is not flat
    np.testing.assert_array_equal(answer, flat)
    ramp = np.tile(np.linspace(30, 220, 90).astype(np.uint8)[:, np.newaxis, np.newaxis], (1, 80, 3))
    noisy = np.clip(ramp + np.random.default_rng(0).normal(0, 25, ramp.shape), 0, 255).astype(np.uint8)
    answers = unnoise.denoise(np.stack([ramp, noisy]))
    np.testing.assert_array_equal(answers[0], ramp)
    assert psnr(ramp / 255, answers[1] / 255) > psnr(ramp / 255, noisy / 255) + 10
    assert not np.array_equal(unnoise.denoise(ramp, sigma=5 / 255), ramp)
    assert not np.array_equal(load().denoise(ramp), ramp)


@pytest.mark.parametrize("gray", [False, True], ids=["colour", "gray"])
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "rocket", "drawing"])
def test_photographs_and_drawings_are_clean_until_there_is_noise(name, gray):
    from PIL import Image, ImageDraw

    if name == "drawing":
        canvas = Image.new("RGB", (300, 200), "white")
        pen = ImageDraw.Draw(canvas)
        for top in range(0, 200, 15):
            pen.text((3, top), "What is drawn has no noise, only edges.", fill="black")
        image = np.asarray(canvas)
    else:
        image = getattr(data, name)()
    image = image[..., 1] if gray else image
    np.testing.assert_array_equal(unnoise.denoise(image), image)
    noisy = np.rint(np.clip(with_noise(image / 255, 5), 0, 1) * 255).astype(np.uint8)
    assert not np.array_equal(unnoise.denoise(noisy), noisy)


def test_smooth_noise_reads_low_and_is_found_all_the_same():
    photograph = data.chelsea().astype(np.float32) / 255
    levels = []
    for model in ("gaussian(0.016)", "correlated-gaussian(0.016, blur=1.5)"):
        noisy = parse(model)(photograph, np.random.default_rng(0))
        found = load().find_noise([noisy], *noisy.shape[:2])
        assert not found.clean
        levels.append(found.level)
    assert levels[1] < 0.7 * levels[0]


@pytest.mark.parametrize("corner", [0, 3])
def test_blocks_of_strong_compression_are_no_clean_image(corner):
    photograph = data.chelsea().astype(np.float32) / 255
    for quality, clean in ((20, False), (85, True)):
        image = parse(f"jpeg(quality={quality})")(photograph, np.random.default_rng(0))[corner:, corner:]
        assert load().find_noise([image], *image.shape[:2]).clean is clean


def test_margins_of_one_colour_do_not_hide_noise():
    image = np.ones((512, 512, 3), np.float32)
    image[128:384, 128:384] = with_noise(np.full((256, 256, 3), 0.5), 25)
    assert unnoise.estimate_noise(image) > 5 / 255
    assert unnoise.denoise(image)[200:300, 200:300].std() < 5 / 255
    assert unnoise.estimate_noise(np.ones((100, 100))) == 0


def test_what_is_not_finite_is_filled_even_where_the_rest_is_clean():
    image = np.full((70, 70, 3), 0.4, np.float32)
    image[3, 4] = np.nan
    for options in ({}, {"strength": 0}, {"sigma": 0}):
        answer = unnoise.denoise(image, **options)
        assert np.isfinite(answer).all()
        assert abs(answer - 0.4).max() < 0.05


def test_a_known_sigma_below_the_estimate_lowers_the_strength(clean):
    noisy = with_noise(clean, 25)
    level = unnoise.estimate_noise(noisy)
    whole = noisy - unnoise.denoise(noisy)
    for sigma in (level / 4, level / 2, level):
        taken = noisy - unnoise.denoise(noisy, sigma=sigma)
        np.testing.assert_allclose(taken, whole * sigma / level, atol=1e-6)
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
        ({"sigma": -1}, InputError, "sigma must be a number of at least 0.*-1"),
        ({"sigma": float("nan")}, InputError, "sigma must be a number"),
        ({"strength": 2}, InputError, "strength must be a number from 0 to 1"),
        ({"max_memory": 0}, InputError, "max_memory must be a whole number of bytes"),
        ({"tile": 8}, InputError, "Tiles of 8 pixels are too small"),
    ],
)
def test_wrong_options_are_told(options, error, message):
    with pytest.raises(error, match=message):
        unnoise.denoise(with_noise(np.full((300, 300, 3), 0.5), 25), **options)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
@pytest.mark.parametrize("sigma", [10, 25, 50])
def test_the_noise_estimate_is_near_the_noise(photograph, sigma):
    image = PHOTOGRAPHS[photograph]().astype(np.float32) / 255
    assert unnoise.estimate_noise(with_noise(image, sigma)) * 255 == pytest.approx(sigma, rel=0.2)
    gray = with_noise(image.mean(axis=2), sigma)
    assert unnoise.estimate_noise(gray) * 255 == pytest.approx(sigma, rel=0.25)
    clipped = np.clip(with_noise(image, sigma), 0, 1)
    present = np.sqrt(np.mean((clipped - image) ** 2))
    # JPEG and halving change the noise; what is left of it is estimated.
    assert unnoise.estimate_noise(np.rint(clipped * 255).astype(np.uint8)) == pytest.approx(present, rel=0.25)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_only_coarse_noise_is_told_to_be_correlated(photograph):
    image = PHOTOGRAPHS[photograph]().astype(np.float32)[:256, :256] / 255
    height, width = image.shape[:2]
    rng = np.random.default_rng(0)

    def finding(noise):
        return noise_of_strips([np.clip(image + noise.astype(np.float32), 0, 1)], height, width)

    white = rng.normal(0, 30 / 255, image.shape)
    enlarged = rng.normal(0, 30 / 255, (height // 2, width // 2, 3)).repeat(2, axis=0).repeat(2, axis=1)
    assert not finding(0 * image).correlated
    assert not finding(white).correlated
    assert finding(white).whiteness == pytest.approx(1, rel=0.25)
    assert finding(enlarged).correlated
    compressed = parse("jpeg(quality=70)")(np.clip(image + white, 0, 1).astype(np.float32), rng)
    assert not noise_of_strips([compressed], height, width).correlated


@pytest.mark.parametrize("photograph", PHOTOGRAPHS)
def test_photographs_without_added_noise_have_little(photograph):
    assert unnoise.estimate_noise(PHOTOGRAPHS[photograph]()) < 4 / 255


def test_the_estimate_of_a_batch_is_that_of_its_images():
    rng = np.random.default_rng(0)
    batch = np.stack([rng.normal(0.5, sigma, (30, 90, 3)) for sigma in (0.02, 0.1)])
    levels = unnoise.estimate_noise(batch)
    assert levels.shape == (2,)
    assert levels.tolist() == [unnoise.estimate_noise(image) for image in batch]
    stack = unnoise.estimate_noise(batch[..., 0], channel_axis=None)
    assert stack.shape == (2,)
    assert levels[1] > 3 * levels[0]


def test_only_gray_and_rgb_images_have_an_estimate():
    with pytest.raises(InputError, match="received 4 channels"):
        unnoise.estimate_noise(np.zeros((9, 9, 4)))
