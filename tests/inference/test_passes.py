"""Several passes through a network: turned, mirrored, and under noise that masks what stays."""

import dataclasses

import numpy as np
import pytest
from skimage import data
from skimage.filters import gaussian

import unnoise
from unnoise.errors import ModelFileError, UsageError
from unnoise.inference import load, packaged_models
from unnoise.inference.noise_level import TOLD
from unnoise.inference.passes import COUNTS, STRONGEST, Passes, fine_noise, told
from unnoise.inference.tiles import halo_of
from unnoise.noise import parse


def psnr(clean, image):
    return -10 * np.log10(np.mean((clean.astype(np.float64) - image) ** 2))


@pytest.fixture(scope="module")
def clean():
    return data.astronaut()[60:220, 150:310].astype(np.float32) / 255


@pytest.mark.parametrize(
    ("sigma", "level", "expected"),
    [
        (0.1, 0.2, (0.5, 0)),
        (0.1, 0.1, (1, 0)),
        (0.13, 0.05, (1, 0.12)),
        (3, 0, (1, STRONGEST)),
        (0, 0, (0, 0)),
    ],
)
def test_what_is_told_lowers_the_strength_or_masks(sigma, level, expected):
    assert told(sigma, level) == pytest.approx(expected)


def test_fine_noise_is_fine_and_lies_where_the_image_lies():
    whole = fine_noise(300, 280, 0, 0)
    np.testing.assert_array_equal(fine_noise(40, 30, 250, 240), whole[250:290, 240:270])
    power = abs(np.fft.fft2(whole[:256, :256], axes=(0, 1))).mean(axis=2) ** 2 / 256**2
    assert power[1:8, 1:8].mean() < 0.01
    assert power[120:136, 120:136].mean() == pytest.approx(np.pi / 4, rel=0.1)  # of the mean amplitude of white noise
    assert abs(whole[:256, :256].mean()) < 1e-6


@pytest.mark.parametrize("count", COUNTS)
def test_passes_see_the_image_in_as_many_positions(count):
    images = np.random.default_rng(0).random((2, 6, 6, 3)).astype(np.float32)
    seen = []

    def network(batch, last):
        seen.append((batch, last))
        return batch

    np.testing.assert_allclose(Passes(count).mean(network, images), images, atol=1e-6)
    assert [last for _, last in seen] == [False] * (count - 1) + [True]
    assert len({batch.tobytes() for batch, _ in seen}) == count
    for batch, _ in seen:
        np.testing.assert_array_equal(np.sort(batch, axis=None), np.sort(images, axis=None))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("gray", [False, True])
def test_what_masks_cancels_and_is_gray_in_gray_images(count, gray):
    images = np.repeat(np.random.default_rng(0).random((1, 8, 8, 1)), 3, axis=-1).astype(np.float32)
    added = []

    def network(batch, last):
        added.append(abs(batch - batch[..., :1]).max())
        return batch

    np.testing.assert_allclose(Passes(count, 0.1, gray).mean(network, images), images, atol=1e-6)
    assert len(added) == max(2, count)
    assert all((difference == 0) == gray for difference in added)


@pytest.mark.parametrize("name", packaged_models())
@pytest.mark.parametrize(("passes", "sigma"), [(1, 0.1), (2, None), (8, 0.1)])
def test_tiles_and_strips_give_what_one_run_gives(name, passes, sigma):
    denoiser = load(name)
    halo = halo_of(denoiser.metadata.receptive_field, denoiser.metadata.stride)
    height, width = 2 * halo + 61, 2 * halo + 43
    noisy = np.random.default_rng(1).normal(0.5, 10 / 255, (height, width, 3)).astype(np.float32)
    noisy[: height // 2] += 0.3
    options = {"passes": passes, "sigma": sigma}
    whole = denoiser.denoise(noisy, tile=None, **options)
    assert abs(denoiser.denoise(noisy, tile=2 * halo + 16, **options) - whole).max() <= 1 / 65535
    strips = [noisy[top : top + 50] for top in range(0, height, 50)]
    level = unnoise.estimate_noise(noisy)
    for tile in (2 * halo + 16, None):
        rows = denoiser.denoise_strips(strips, height, width, tile=tile, level=level, **options)
        assert abs(np.concatenate(list(rows)) - whole).max() <= 1 / 65535


@pytest.mark.parametrize("gray", [False, True])
def test_more_passes_are_better(clean, gray):
    image = clean[..., 1] if gray else clean
    noisy = (image + np.random.default_rng(0).normal(0, 25 / 255, image.shape)).astype(np.float32)
    once, *more = (psnr(image, unnoise.denoise(noisy, passes=count)) for count in COUNTS)
    assert min(more) > once + 0.03
    assert more[-1] > more[0] + 0.01


@pytest.mark.parametrize("name", packaged_models())
@pytest.mark.parametrize("gray", [False, True])
def test_a_known_sigma_above_the_estimate_takes_smooth_noise(name, gray, clean):
    image = clean[..., 1] if gray else clean
    smooth = parse("correlated-gaussian(0.03, blur=0.8, clip=false)")(
        np.zeros(image.shape[:2]), np.random.default_rng(0)
    )
    noisy = (image + (smooth if gray else smooth[..., np.newaxis])).astype(np.float32)
    blind, known = (unnoise.denoise(noisy, model=name, sigma=sigma) for sigma in (None, 20 / 255))
    assert psnr(image, known) > psnr(image, blind) + 0.5
    assert psnr(image, known) > psnr(image, noisy) + 1


def test_images_of_a_batch_are_masked_each_by_its_own_noise():
    rng = np.random.default_rng(0)
    batch = np.stack([rng.normal(0.5, sigma, (64, 72, 3)) for sigma in (0.01, 0.05, 0.1)])
    shares = []
    together = load().denoise(batch, sigma=0.06, progress=shares.append)
    apart = np.stack([load().denoise(image, sigma=0.06) for image in batch])
    np.testing.assert_allclose(together, apart, atol=1e-6)
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("passes", [0, 3, 16, True, 2.0, "2"])
def test_other_counts_are_refused(passes):
    with pytest.raises(UsageError, match="passes must be 1, 2, 4 or 8, received"):
        unnoise.denoise(np.full((40, 40), 0.5), passes=passes)


def test_models_of_one_size_are_asked_once(model_file):
    denoiser = load(model_file("identity", input_shape=(28, 28, 1)))
    image = np.random.default_rng(0).random((28, 28)).astype(np.float32)
    with pytest.raises(ModelFileError, match="one size and position, received passes=2"):
        denoiser.denoise(image, passes=2)
    np.testing.assert_array_equal(denoiser.denoise(image, sigma=10), image)


@pytest.fixture(scope="module")
def compressed(clean):
    """A soft photograph with noise, as a camera compresses it; 8 bits."""
    soft = gaussian(clean, 1.2, channel_axis=-1).astype(np.float32)
    noisy = parse("gaussian(0.025)+jpeg(quality=60)")(soft, np.random.default_rng(1))
    return soft, np.rint(noisy * 255).astype(np.uint8)


# photo-awgn finds next to nothing to remove in such images.
@pytest.mark.parametrize("name", [name for name in packaged_models() if name != "photo-awgn"])
def test_noise_that_a_camera_smoothed_is_masked(name, compressed, tmp_path):
    soft, noisy = compressed
    denoiser = load(name)
    found = denoiser.find_noise([noisy / np.float32(255)], *noisy.shape[:2])
    assert found.smoothed
    assert denoiser.assumed(found) == TOLD
    answer = unnoise.denoise(noisy, model=name)
    np.testing.assert_array_equal(answer, unnoise.denoise(noisy, model=name, sigma=TOLD))
    assert not np.array_equal(answer, denoiser.denoise(noisy))
    assert psnr(soft, answer / 255) > psnr(soft, noisy / 255) + 1
    unnoise.write_image(tmp_path / "in.png", unnoise.imaging.Image(noisy))
    file = unnoise.read_image(unnoise.denoise(tmp_path / "in.png", model=name)).pixels
    assert abs(file.astype(int) - answer).max() <= 1


def test_a_batch_is_masked_where_a_camera_smoothed_its_noise(compressed):
    _, noisy = compressed
    other = np.random.default_rng(0).normal(128, 25, noisy.shape).clip(0, 255).astype(np.uint8)
    together = unnoise.denoise(np.stack([noisy, other]))
    np.testing.assert_array_equal(together[0], unnoise.denoise(noisy))
    np.testing.assert_array_equal(together[1], load().denoise(other))


def test_other_noise_and_other_models_are_not_masked(clean, compressed):
    denoiser = load()
    for noise in ("none", "gaussian(0.01)", "gaussian(0.03)", "gaussian(0.1)", "jpeg(quality=90)"):
        noisy = parse(noise)(clean, np.random.default_rng(0))
        found = denoiser.find_noise([noisy], *noisy.shape[:2])
        assert not found.smoothed
        assert denoiser.assumed(found) is None
    found = denoiser.find_noise([compressed[1] / np.float32(255)], *clean.shape[:2])
    denoiser.metadata = dataclasses.replace(denoiser.metadata, noise="gaussian(0.1)")
    assert denoiser.assumed(found) is None
