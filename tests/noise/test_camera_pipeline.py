"""The simulated camera: each part does what it says, and pairs show the same picture with noise and without."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from unnoise.errors import MissingExtraError, UsageError
from unnoise.noise import CameraPipeline, parse
from unnoise.noise.camera_processing import draw_processing, processed, stored
from unnoise.noise.raw_sensor import developed, draw_sensor, exposed, mosaic_of, seen_through_lens

KINDS = ("bilinear", "edge-aware", "gradient-corrected")


def sensor(seed=0, **fields):
    drawn = draw_sensor(np.random.default_rng(seed), 1e-4, 0.01)
    return dataclasses.replace(drawn, exposure=1.0, magnification=1.0, **fields)


def processing(**fields):
    plain = {"luma": "none", "chroma": "none", "softness": 0.0, "amount": 0.0, "scale": 1.0}
    plain |= {"qualities": (), "offsets": ()}
    return dataclasses.replace(draw_processing(np.random.default_rng(0)), **(plain | fields))


def scene(seed=0, side=96):
    """Return a smooth colourful picture with an edge."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    waves = [0.5 + 0.25 * np.sin(6 * x + phase) * np.cos(5 * y + seed) for phase in (0, 1, 2)]
    picture = np.stack(waves, axis=-1).astype(np.float32)
    picture[:, side // 2 :] *= 0.6
    return picture


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_without_noise_a_flat_colour_comes_back(kind, seed):
    camera = sensor(seed, demosaicking=kind)
    colours = 0.5 + 0.12 * np.random.default_rng(seed).uniform(-1, 1, (5, 3)).astype(np.float32)
    for colour in colours:
        flat = np.broadcast_to(colour, (16, 16, 3))
        np.testing.assert_allclose(developed(mosaic_of(flat, camera), camera), flat, atol=0.003)


def test_white_stays_white_in_every_camera():
    for seed in range(20):
        camera = sensor(seed)
        assert developed(mosaic_of(np.ones((8, 8, 3), np.float32), camera), camera).min() > 0.99


def test_a_lens_spreads_the_middle_of_the_scene_over_more_pixels():
    picture = scene()
    soft = seen_through_lens(picture, 2.0)
    assert soft.shape == picture.shape
    np.testing.assert_allclose(soft[24:72:2, 24:40:2], picture[36:60, 36:44], atol=0.02)
    rough = np.random.default_rng(0).random((64, 64, 3), np.float32)
    finest = [np.square(np.diff(image, axis=1)).mean() for image in (seen_through_lens(rough, 2.0), rough)]
    assert finest[0] < 0.5 * finest[1]
    assert seen_through_lens(picture, 1.0) is picture


def test_gradient_corrected_demosaicking_restores_what_is_linear_and_gray():
    camera = sensor(demosaicking="gradient-corrected", gains=np.ones(3, np.float32), matrix=np.eye(3, dtype=np.float32))
    from unnoise.noise.raw_sensor import _gradient_corrected

    ramp = np.add.outer(np.arange(24), 2 * np.arange(24)).astype(np.float32) / 100
    restored = _gradient_corrected(ramp)[4:-4, 4:-4]
    np.testing.assert_allclose(restored, np.repeat(ramp[4:-4, 4:-4, np.newaxis], 3, axis=-1), atol=1e-5)
    assert camera.demosaicking == "gradient-corrected"


def test_the_mosaic_gets_the_variance_of_shot_and_readout_noise():
    camera = sensor(shot=0.01, read=4e-4, row=0.0, hot=0.0)
    for light in (0.0, 0.1, 0.5):
        noise = exposed(np.full((300, 300), light, np.float32), camera, np.random.default_rng(1)) - light
        assert noise.mean() == pytest.approx(0, abs=1e-3)
        assert noise.var() == pytest.approx(0.01 * light + 4e-4, rel=0.03)


def test_rows_and_hot_pixels():
    dark = np.full((200, 200), 0.01, np.float32)
    rows = exposed(dark, sensor(shot=1e-6, read=1e-4, row=5.0, hot=0.0), np.random.default_rng(0)).mean(axis=1)
    assert rows.std() == pytest.approx(0.05, rel=0.15)
    hot = exposed(dark, sensor(shot=1e-6, read=1e-10, row=0.0, hot=0.01), np.random.default_rng(0))
    assert (hot > 0.15).mean() == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize("luma", ["bilateral", "guided", "wavelet", "flat parts", "non-local means"])
def test_every_noise_reduction_takes_noise_from_flat_parts_and_keeps_edges(luma):
    clean = scene()
    noise = 0.03 * np.random.default_rng(2).standard_normal((96, 96, 1)).astype(np.float32)
    camera = processing(luma=luma, luma_strength=2.0, luma_width=1.5, luma_share=1.0)
    after = processed(clean + noise, camera, 0.03, 1e-3)
    before, left = (np.std((picture - clean)[8:-8, 8:40]) for picture in (clean + noise, after))
    assert left < 0.75 * before
    # The step in the middle is still one of some pixels.
    steps = [np.ptp(picture[:, 44:52].mean(axis=(0, 2))) for picture in (after, clean)]
    assert steps[0] > 0.8 * steps[1]


@pytest.mark.parametrize("chroma", ["blur", "guided", "wavelet"])
def test_colour_noise_is_reduced_and_brightness_left_alone(chroma):
    clean = np.full((96, 96, 3), 0.5, np.float32)
    noise = 0.05 * np.random.default_rng(2).standard_normal(clean.shape).astype(np.float32)
    camera = processing(chroma=chroma, chroma_strength=3.0, chroma_width=3.0)
    before, after = clean + noise, processed(clean + noise, camera, 0.03, 0.05)
    weights = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(after @ weights, before @ weights, atol=0.005)
    assert np.std(after[..., 0] - after @ weights) < 0.6 * np.std(before[..., 0] - before @ weights)


def test_sharpening_overshoots_and_resizing_shrinks():
    step = np.full((32, 32, 3), 0.3, np.float32)
    step[:, 16:] = 0.6
    sharp = processed(step, processing(amount=1.0, radius=1.0), 0.01, 0.01)
    assert sharp.max() > 0.65
    assert sharp.min() < 0.25
    assert processed(step, processing(scale=0.5), 0.01, 0.01).shape == (16, 16, 3)


def test_jpeg_blocks_begin_where_the_offset_says():
    picture = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(stored(picture, processing()), np.rint(picture * 255) / 255, atol=1e-6)
    dot = np.full((64, 64, 3), 0.5, np.float32)
    dot[20, 22] = 1.0
    changed = stored(dot, processing(qualities=(30,), offsets=((3, 5),), subsampled=False)) != stored(dot, processing())
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in ((1, 2), (0, 2)))
    # The block of the dot begins at 3 + 2 × 8 and 5 + 2 × 8; nothing else changes.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (19, 26, 21, 28)


def test_a_pair_shows_one_picture_with_noise_and_without():
    clean = np.stack([scene(seed, 64) for seed in range(40)])
    noisy, target = CameraPipeline(0.03).pair(clean, np.random.default_rng(0))
    assert noisy.shape == target.shape == clean.shape
    noise = noisy - target
    strengths = noise.std(axis=(1, 2, 3))
    assert strengths.max() > 4 * strengths.min() > 0
    # Noise, not another picture: its mean is small beside it, and the target has less of the finest detail.
    assert np.median(np.abs(noise.mean(axis=(1, 2, 3)))) < 0.25 * np.median(strengths)
    finest = [np.square(np.diff(pictures, 2, axis=1)).mean() for pictures in (noisy, target)]
    assert finest[0] > 1.5 * finest[1]


def test_what_cameras_leave_is_smooth_and_in_colour_smoother_still():
    clean = np.full((60, 64, 64, 3), 0.4, np.float32)
    noisy, target = CameraPipeline(0.03).pair(clean, np.random.default_rng(3))
    noise = noisy - target
    luma = noise @ np.array([0.299, 0.587, 0.114])

    def correlation(planes):
        centred = planes - planes.mean(axis=(1, 2), keepdims=True)
        centred = centred[centred.std(axis=(1, 2)) > 1e-3]
        return np.median((centred[:, :, 1:] * centred[:, :, :-1]).mean(axis=(1, 2)) / centred.var(axis=(1, 2)))

    assert 0.2 < correlation(luma) < 0.9
    assert correlation(noise[..., 0] - luma) > correlation(luma) + 0.05


def test_gray_pictures_stay_gray_and_small_ones_are_taken():
    gray = scene()[..., :1]
    noisy, target = CameraPipeline(0.03).pair(gray, np.random.default_rng(0))
    assert noisy.shape == target.shape == gray.shape
    for shape in [(1, 1), (2, 3, 3), (1, 5, 4, 1)]:
        assert np.isfinite(CameraPipeline(0.03)(np.full(shape, 0.4), np.random.default_rng(1))).all()


@pytest.mark.parametrize("shot", [0, 2, -1])
def test_shot_noise_has_bounds(shot):
    with pytest.raises(UsageError, match="shot must be"):
        CameraPipeline(shot)


def test_without_opencv_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"camera-pipeline needs OpenCV.*unnoise\[train\]"):
        parse("camera-pipeline(0.03)")(scene(), np.random.default_rng(0))
