import numpy as np
import pytest

from unnoise import baselines
from unnoise.baselines.baseline import BaselineError
from unnoise.baselines.linear import LinearLeastSquares
from unnoise.baselines.pca import PcaProjection
from unnoise.errors import UsageError
from unnoise.metrics import psnr

SIGMA = 0.12


def fit(name, images, **parameters):
    train, val = images.train, images.val
    if name == "bm3d":
        pytest.importorskip("bm3d", reason="bm3d is for non-commercial use and no dependency")
    return baselines.build(name, **parameters).fit(train.noisy, train.clean, val.noisy, val.clean)


def quality(clean, denoised):
    return float(np.mean(psnr(clean, denoised, data_range=1.0)))


@pytest.mark.parametrize("name", baselines.registry.names())
def test_keeps_shape_and_range_and_raises_psnr(name, images):
    fitted = fit(name, images, code_size=16)
    before = images.test.noisy.copy()
    denoised = fitted.denoise_batch(images.test.noisy, SIGMA)
    assert denoised.shape == images.test.noisy.shape
    assert denoised.dtype == np.float32
    np.testing.assert_allclose(fitted.denoise(images.test.noisy[0], SIGMA), denoised[0], atol=1e-5)
    assert denoised.min() >= 0
    assert denoised.max() <= 1
    np.testing.assert_array_equal(images.test.noisy, before)
    gain = quality(images.test.clean, denoised) - quality(images.test.clean, images.test.noisy)
    assert gain == 0 if name == "do-nothing" else gain > 1.0
    assert all(isinstance(key, str) for key in fitted.parameters)


def test_default_order_holds_every_baseline_that_needs_no_extra():
    assert set(baselines.registry) - set(baselines.DEFAULT_ORDER) == {
        "bilateral", "bm3d", "open-image-denoise", "opencv-nlm",
    }  # fmt: skip
    with pytest.raises(UsageError, match="median"):
        baselines.build("medain")


def test_linear_equals_least_squares_of_numpy(gray):
    # 600 training images of 6 × 6: more than four for each of the 36 values, so no ridge is tuned.
    noisy, clean = gray.train.noisy[:, ::2, ::2], gray.train.clean[:, ::2, ::2]
    fitted = LinearLeastSquares(chunk=77).fit(noisy, clean, noisy[:0], clean[:0])
    rows = np.hstack([noisy.reshape(600, -1), np.ones((600, 1))]).astype(np.float64)
    solution = np.linalg.lstsq(rows, clean.reshape(600, -1).astype(np.float64), rcond=None)[0]
    np.testing.assert_allclose(fitted.weights, solution[:-1], atol=1e-5)
    np.testing.assert_allclose(fitted.bias, solution[-1], atol=1e-5)
    assert fitted.parameters == {}


def test_linear_gives_constant_pixels_their_value(gray):
    noisy, clean = gray.train.noisy.copy(), gray.train.clean.copy()
    noisy[:, 0], clean[:, 0] = 0.0, 0.25
    fitted = LinearLeastSquares().fit(noisy, clean, gray.val.noisy, gray.val.clean)
    test = gray.test.noisy.copy()
    test[:, 0] = 0.0
    np.testing.assert_allclose(fitted.denoise_batch(test, SIGMA)[:, 0], 0.25, atol=1e-4)


def test_linear_with_few_images_tunes_a_ridge_and_still_gains(gray):
    fitted = LinearLeastSquares().fit(gray.train.noisy[:150], gray.train.clean[:150], gray.val.noisy, gray.val.clean)
    assert fitted.parameters["ridge"] > 0
    denoised = fitted.denoise_batch(gray.test.noisy, SIGMA)
    assert quality(gray.test.clean, denoised) > quality(gray.test.clean, gray.test.noisy) + 3


def test_linear_says_when_images_are_too_large():
    large = np.zeros((4, 65, 64, 1), np.float32)
    with pytest.raises(BaselineError, match=r"4096.*4160"):
        LinearLeastSquares().fit(large, large, large, large)
    with pytest.raises(BaselineError, match="at least two"):
        LinearLeastSquares().fit(large[:1, :8], large[:1, :8], large, large)


def test_pca_equals_scikit_learn_on_clean_images(gray):
    from sklearn.decomposition import PCA

    fitted = fit("pca", gray, code_size=5)
    pca = PCA(n_components=5, svd_solver="full").fit(gray.train.clean.reshape(600, -1))
    expected = pca.inverse_transform(pca.transform(gray.test.noisy.reshape(12, -1)))
    denoised = fitted.denoise_batch(gray.test.noisy, SIGMA).reshape(12, -1)
    np.testing.assert_allclose(denoised, np.clip(expected, 0, 1), atol=1e-4)
    assert fitted.parameters == {"components": 5}


@pytest.mark.parametrize("code_size", [0, 144, 1000])
def test_pca_refuses_a_code_size_that_removes_nothing(gray, code_size):
    with pytest.raises(BaselineError, match="code size"):
        PcaProjection(code_size).fit(gray.train.noisy, gray.train.clean, gray.val.noisy, gray.val.clean)


def test_tuning_takes_the_best_value_of_the_grid(gray):
    from unnoise.baselines.classical import TotalVariation, TunedFilter

    tv, val = TotalVariation(), gray.val
    scores = {value: quality(val.clean, TunedFilter(tv, value).denoise_batch(val.noisy, SIGMA)) for value in tv.grid}
    assert fit("tv", gray).value == max(scores, key=scores.get)


def test_median_is_the_one_against_impulses(gray):
    rng = np.random.default_rng(0)
    hit = rng.random(gray.val.clean.shape) < 0.1
    noisy = np.where(hit, rng.integers(0, 2, hit.shape), gray.val.clean).astype(np.float32)
    none = noisy[:0]
    scores = {
        name: quality(
            gray.val.clean, baselines.build(name).fit(none, none, noisy, gray.val.clean).denoise_batch(noisy, SIGMA)
        )
        for name in ("median", "tv", "wavelet")
    }
    assert max(scores, key=scores.get) == "median"


def test_all_at_once_skips_with_a_reason(gray):
    train, val = gray.train, gray.val
    result = baselines.fit_baselines(train.noisy, train.clean, val.noisy[:0], val.clean[:0], code_size=8)
    assert list(result.fitted) == ["do-nothing", "linear", "pca"]
    assert set(result.skipped) == {"median", "tv", "wavelet", "nlm"}
    assert "validation" in result.skipped["tv"]
    assert result.notes()["pca"] == "components = 8"
    without = baselines.fit_baselines(train.noisy, train.clean, val.noisy, val.clean, names=["pca"], code_size=None)
    assert without.fitted == {}
    assert "no code" in without.skipped["pca"]
