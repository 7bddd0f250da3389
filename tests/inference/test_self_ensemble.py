"""The mean of the answers to an image turned and mirrored."""

import numpy as np
import pytest
from skimage import data

import unnoise
from unnoise.errors import ModelFileError, UsageError
from unnoise.inference import DenoiseOptions, load, packaged_models
from unnoise.inference.self_ensemble import COUNTS, self_ensemble
from unnoise.inference.tiles import halo_of
from unnoise.inference.treatment import Treatment


def psnr(clean, image):
    return -10 * np.log10(np.mean((clean.astype(np.float64) - image) ** 2))


@pytest.mark.parametrize("count", COUNTS)
def test_the_image_is_seen_in_as_many_positions(count):
    images = np.random.default_rng(0).random((2, 6, 6, 3)).astype(np.float32)
    seen = []

    def network(batch, last):
        seen.append((batch, last))
        return batch

    np.testing.assert_allclose(self_ensemble(network, images, count), images, atol=1e-6)
    assert [last for _, last in seen] == [False] * (count - 1) + [True]
    assert len({batch.tobytes() for batch, _ in seen}) == count
    for batch, _ in seen:
        np.testing.assert_array_equal(np.sort(batch, axis=None), np.sort(images, axis=None))


@pytest.mark.parametrize(
    ("name", "count"), [("photo", 1), ("photo", 8), *((name, 2) for name in packaged_models()[1:])]
)
def test_tiles_and_strips_give_what_one_run_gives(name, count):
    denoiser = load(name)
    halo = halo_of(denoiser.metadata.receptive_field, denoiser.metadata.stride)
    height, width = 2 * halo + 61, 2 * halo + 43
    noisy = np.random.default_rng(1).normal(0.5, 10 / 255, (height, width, 3)).astype(np.float32)
    noisy[: height // 2] += 0.3
    cut, uncut = (DenoiseOptions(self_ensemble=count, skip_clean=False, tile=tile) for tile in (2 * halo + 16, None))
    whole = denoiser.denoise(noisy, uncut)
    assert abs(denoiser.denoise(noisy, cut) - whole).max() <= 1 / 65535
    strips = [noisy[top : top + 50] for top in range(0, height, 50)]
    for options in (cut, uncut):
        rows = denoiser.denoise_strips(strips, height, width, options, Treatment())
        assert abs(np.concatenate(list(rows)) - whole).max() <= 1 / 65535


@pytest.mark.parametrize("gray", [False, True])
def test_more_answers_are_better(gray):
    image = data.astronaut()[60:220, 150:310].astype(np.float32) / 255
    image = image[..., 1] if gray else image
    noisy = (image + np.random.default_rng(0).normal(0, 25 / 255, image.shape)).astype(np.float32)
    once, *more = (psnr(image, unnoise.denoise(noisy, self_ensemble=count)) for count in COUNTS)
    assert min(more) > once + 0.03
    assert more[-1] > more[0] + 0.01


@pytest.mark.parametrize("count", [0, 3, 16, True, 2.0, "2"])
def test_other_counts_are_refused(count):
    with pytest.raises(UsageError, match="self_ensemble must be 1, 2, 4 or 8, received"):
        DenoiseOptions(self_ensemble=count)


def test_models_of_one_size_are_asked_once(model_file):
    denoiser = load(model_file("identity", input_shape=(28, 28, 1)))
    with pytest.raises(ModelFileError, match="one size and position, received self_ensemble=2"):
        denoiser.denoise(np.zeros((28, 28)), DenoiseOptions(self_ensemble=2))
