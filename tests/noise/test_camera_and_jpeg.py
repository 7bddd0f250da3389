"""Noise of cameras and of JPEG compression."""

from __future__ import annotations

import numpy as np
import pytest

from unnoise.errors import InputError
from unnoise.noise import Camera, Jpeg, RandomJpeg, parse
from unnoise.noise.camera import from_linear, to_linear


def image(shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def luma_and_chroma(noise):
    """Return Y', B' - Y' and R' - Y' of ITU-R BT.601, each (N, H, W)."""
    luma = noise @ np.array([0.299, 0.587, 0.114])
    return luma, noise[..., 2] - luma, noise[..., 0] - luma


def correlation(planes, lag):
    centred = planes - planes.mean(axis=(1, 2), keepdims=True)
    return (centred[:, :, lag:] * centred[:, :, :-lag]).mean(axis=(1, 2)) / centred.var(axis=(1, 2))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [10, 95])
def test_jpeg_of_a_batch_is_that_of_each_image(channels, quality):
    # Steep differences between neighbours in the batch would show any leak from one to the next.
    batch = image((6, 21, 17, channels)) * 0.2 + np.arange(6).reshape(6, 1, 1, 1) % 2 * 0.8
    noisy = Jpeg(quality)(batch, np.random.default_rng(0))
    for clean, result in zip(batch, noisy, strict=True):
        assert np.array_equal(Jpeg(quality)(clean, np.random.default_rng(0)), result)


@pytest.mark.parametrize("shape", [(24, 19), (1, 1), (16, 16, 3), (21, 17, 3)])
def test_jpeg_is_what_an_encoder_does_to_the_image_alone(shape):
    import pyvips

    clean = image(shape)
    stored = np.rint(clean * 255).astype(np.uint8)
    content = pyvips.Image.new_from_array(stored).jpegsave_buffer(Q=90)  # from 90 on, colour at full resolution
    expected = pyvips.Image.new_from_buffer(content, "").numpy().reshape(shape)
    assert np.array_equal(np.rint(Jpeg(90)(clean, np.random.default_rng(0)) * 255), expected)


def test_jpeg_error_falls_with_quality():
    smooth = np.sin(np.linspace(0, 9, 64))[:, None] * np.cos(np.linspace(0, 7, 64)) / 2 + 0.5
    errors = [np.square(Jpeg(quality)(smooth, np.random.default_rng(0)) - smooth).mean() for quality in (5, 30, 95)]
    assert errors[0] > errors[1] > errors[2] > 0


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (4, 4, 4), (2, 4, 4, 5), (1, 2, 4, 4, 3)])
def test_jpeg_names_the_shapes_it_takes(shape):
    with pytest.raises(InputError, match=r"C = 1 or 3; received the shape"):
        Jpeg(50)(np.zeros(shape), np.random.default_rng(0))


def test_camera_noise_is_mean_free_and_grows_with_light():
    light = np.array([0.1, 0.4, 0.7], np.float32)
    flat = np.broadcast_to(from_linear(light)[:, None, None, None], (3, 96, 96, 3))
    # The strengths of a batch are drawn apart; one image with three levels has one strength.
    strip = np.concatenate(flat, axis=0)
    found = to_linear(Camera(0.012, clip=False)(strip, np.random.default_rng(5))).reshape(3, 96, 96, 3)
    for level, part in zip(light, found, strict=True):
        assert part.mean() == pytest.approx(level, abs=0.01)
    variances = found.var(axis=(1, 2))
    assert (np.diff(variances, axis=0) > 0).all()
    # The white balance makes red and blue noisier; linear in the light: equal differences for equal steps.
    np.testing.assert_allclose(variances[2] - variances[1], variances[1] - variances[0], rtol=0.35)


def test_camera_noise_has_a_strength_for_each_image_and_is_correlated_by_the_mosaic():
    noisy = Camera(0.05, clip=False)(np.full((40, 32, 32, 3), 0.5), np.random.default_rng(1)) - 0.5
    strengths = noisy.std(axis=(1, 2, 3))
    assert strengths.max() > 3 * strengths.min()
    for channel in range(3):
        one = noisy[np.argmax(strengths), ..., channel]
        assert np.corrcoef(one[:, :-1].ravel(), one[:, 1:].ravel())[0, 1] > 0.15
    gray = Camera(0.05, clip=False)(np.full((64, 64, 1), 0.5), np.random.default_rng(1))[..., 0]
    assert abs(np.corrcoef(gray[:, :-1].ravel(), gray[:, 1:].ravel())[0, 1]) < 0.06


@pytest.mark.parametrize(("luma_blur", "chroma_blur"), [(2, 0), (0, 3), (1, 4)])
def test_camera_noise_may_be_smoothed_in_brightness_and_in_colour(luma_blur, chroma_blur):
    clean = np.full((300, 48, 40, 3), 0.4, np.float32)
    smooth = parse(f"camera(0.012, luma_blur={luma_blur}, chroma_blur={chroma_blur}, clip=false)")
    assert smooth == parse(str(smooth))
    # The same sensor noise, since it is drawn first.
    before = luma_and_chroma(Camera(0.012, clip=False)(clean, np.random.default_rng(4)) - clean)
    after = luma_and_chroma(smooth(clean, np.random.default_rng(4)) - clean)
    for blur, rough, fine in zip((luma_blur, chroma_blur, chroma_blur), before, after, strict=True):
        np.testing.assert_allclose(fine.std(axis=(1, 2)), rough.std(axis=(1, 2)), rtol=1e-3)
        if not blur:
            np.testing.assert_allclose(fine, rough, atol=1e-5)
            continue
        # Widths of 0 to ``blur``: some images stay as they are; the bound is that of white noise at the median width.
        assert (correlation(fine, 1) - correlation(rough, 1)).min() < 0.05
        assert np.median(correlation(fine, 1)) > np.exp(-1 / (4 * (blur / 2) ** 2)) - 0.03
        assert np.median(correlation(fine, 2)) > np.median(correlation(rough, 2)) + 0.1


def test_smoothed_camera_noise_on_gray_images_and_on_one_pixel():
    gray = np.full((200, 32, 32, 1), 0.4, np.float32)
    added = Camera(0.012, luma_blur=2, chroma_blur=9, clip=False)(gray, np.random.default_rng(4)) - gray
    rough = Camera(0.012, clip=False)(gray, np.random.default_rng(4)) - gray
    np.testing.assert_allclose(added.std(axis=(1, 2)), rough.std(axis=(1, 2)), rtol=1e-3)
    assert np.median(correlation(added[..., 0], 1)) > 0.6
    assert np.isfinite(Camera(0.012, luma_blur=2)(np.full((1, 1, 3), 0.4), np.random.default_rng(0))).all()


def test_the_tone_curve_and_its_inverse():
    values = np.linspace(-0.5, 1.5, 301, dtype=np.float32)
    np.testing.assert_allclose(from_linear(to_linear(values)), values, atol=1e-5)
    np.testing.assert_allclose(to_linear(np.array([0, 0.5, 1])), [0, 0.21404, 1], atol=1e-5)


def test_camera_noise_names_the_shapes_it_takes():
    with pytest.raises(InputError, match=r"Camera noise takes .* received the shape \(4, 4, 2\)"):
        Camera(0.01)(np.zeros((4, 4, 2)), np.random.default_rng(0))


def test_random_jpeg_is_jpeg_of_a_quality_within_the_range():
    batch = image((30, 16, 16, 3))
    noisy = RandomJpeg(90)(batch, np.random.default_rng(0))
    possible = [Jpeg(quality)(batch, np.random.default_rng(0)) for quality in range(90, 101)]
    found = [[np.array_equal(mine, one[i]) for one in possible].index(True) for i, mine in enumerate(noisy)]
    assert len(set(found)) > 5
    assert np.array_equal(RandomJpeg(100)(batch, np.random.default_rng(0)), Jpeg(100)(batch, np.random.default_rng(0)))


def test_jpeg_refuses_nan():
    with pytest.raises(InputError, match="finite"):
        Jpeg(50)(np.full((8, 8), np.nan), np.random.default_rng(0))


def test_an_image_that_jpeg_cannot_hold_is_told():
    with pytest.raises(InputError, match="at most 65,000 pixels a side"):
        Jpeg(50)(np.zeros((1, 65_536), np.float32), np.random.default_rng(0))
