"""Every registered noise keeps the contract, and draws what its formula says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from unnoise.errors import InputError, UsageError
from unnoise.noise import (
    Choice,
    Composition,
    Gaussian,
    Masking,
    Poisson,
    SaltAndPepper,
    parse,
    registry,
)

EXAMPLES = [registry.get(kind).example for kind in registry] + [Composition.example, Choice.example]
IMAGES_ONLY = ("jpeg", "random-jpeg", "camera", "correlated-gaussian")
IN_EIGHT_BITS = ("jpeg", "random-jpeg", "camera-pipeline")
RANDOM = [text for text in EXAMPLES if text not in ("none", "jpeg(quality=30)")]
SHAPES = [(8, 12), (8, 12, 1), (8, 12, 3), (4, 8, 12, 1), (2, 8, 12, 3), (0, 8, 8, 1)]

# Mean and variance of the unclipped noise on the constant image x, from the formulas of the docstrings.
FORMULAS = {
    "none": lambda x: (x, 0.0),
    "gaussian(0.5)": lambda x: (x, 0.5**2),
    "uniform(0.9)": lambda x: (x + 0.45, 0.9**2 / 12),
    "poisson(peak=30)": lambda x: (x, x / 30),
    "poisson-gaussian(peak=30, sigma=0.02)": lambda x: (x, x / 30 + 0.02**2),
    "speckle(0.2)": lambda x: (x, (0.2 * x) ** 2),
    "salt-and-pepper(0.1)": lambda x: (0.9 * x + 0.05, 0.9 * x**2 + 0.05 - (0.9 * x + 0.05) ** 2),
    "salt-and-pepper(0.4, salt=0.25)": lambda x: (0.6 * x + 0.1, 0.6 * x**2 + 0.1 - (0.6 * x + 0.1) ** 2),
    "masking(0.25)": lambda x: (0.75 * x, 0.75 * 0.25 * x**2),
    "poisson(peak=30)+gaussian(0.02)": lambda x: (x, x / 30 + 0.02**2),
}


def unclipped(text):
    noise = parse(text)
    if isinstance(noise, Composition):
        return Composition(tuple(replace(part, clip=False) for part in noise.parts))
    if isinstance(noise, Choice):
        return Choice(tuple(unclipped(str(option)) for option in noise.options))
    return replace(noise, clip=False)


def image(shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def test_the_contract_names_all_kinds():
    assert registry.names() == [
        "blind-gaussian", "camera", "camera-pipeline", "correlated-gaussian", "gaussian", "jpeg", "masking", "none",
        "poisson", "poisson-gaussian", "random-jpeg", "salt-and-pepper", "speckle", "uniform",
    ]  # fmt: skip


def test_every_random_kind_has_a_formula_under_test():
    tested = {type(parse(text)).kind for text in FORMULAS}
    assert tested >= set(registry) - {
        "jpeg", "random-jpeg", "blind-gaussian", "camera", "camera-pipeline", "correlated-gaussian",
    }  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("level", [0.2, 0.7])
def test_mean_and_variance_match_the_formula(text, level):
    count = 200_000
    noisy = unclipped(text)(np.full(count, level), np.random.default_rng(3)).astype(np.float64)
    mean, variance = FORMULAS[text](level)
    assert noisy.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / count) + 1e-7)
    assert noisy.var() == pytest.approx(variance, rel=0.03, abs=1e-9)


def test_blind_gaussian_draws_a_strength_for_each_image_of_a_batch():
    noise = parse("blind-gaussian(0.3, clip=false)")
    batch = noise(np.full((400, 16, 16, 3), 0.5), np.random.default_rng(0))
    strengths = batch.std(axis=(1, 2, 3))
    assert strengths.max() < 0.32
    # Uniform on [0, 0.3): mean 0.15, standard deviation 0.3 / sqrt(12).
    assert strengths.mean() == pytest.approx(0.15, abs=0.015)
    assert strengths.std() == pytest.approx(0.3 / np.sqrt(12), rel=0.1)
    assert batch.mean() == pytest.approx(0.5, abs=0.002)


def test_blind_gaussian_has_one_strength_within_an_image():
    noisy = parse("blind-gaussian(0.3, clip=false)")(np.zeros((64, 64, 3)), np.random.default_rng(4))
    np.testing.assert_allclose(noisy.std(axis=(0, 1)), noisy.std(), rtol=0.05)


@pytest.mark.parametrize("blur", [0, 1, 3])
def test_correlated_gaussian_has_the_variance_and_correlation_of_its_formula(blur):
    noise = parse(f"correlated-gaussian(0.1, blur={blur}, clip=false)")
    drawn = noise(np.full((400, 40, 30, 1), 0.5), np.random.default_rng(5))[..., 0].astype(np.float64)
    assert drawn.mean() == pytest.approx(0.5, abs=0.002)
    # In every place of the image, the edges too.
    np.testing.assert_allclose(drawn.std(axis=0), 0.1, rtol=0.2)
    assert drawn.std() == pytest.approx(0.1, rel=0.01)
    residual = drawn - 0.5
    for axis in (1, 2):
        found = np.mean(residual * np.roll(residual, 1, axis)) / np.mean(residual**2)
        assert found == pytest.approx(np.exp(-1 / (4 * blur**2)) if blur else 0, abs=0.05)


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("shape", SHAPES)
def test_gives_float32_of_the_same_shape_and_leaves_the_image_alone(text, shape):
    clean = image(shape)
    before = clean.copy()
    noisy = parse(text)(clean, np.random.default_rng(0))
    assert noisy.shape == shape
    assert noisy.dtype == np.float32
    assert np.array_equal(clean, before)
    assert not np.shares_memory(noisy, clean)


@pytest.mark.parametrize("text", [text for text in EXAMPLES if not text.startswith(IMAGES_ONLY)])
@pytest.mark.parametrize("shape", [(), (7,), (0,), (2, 3, 4, 5, 6)])
def test_any_shape_is_taken(text, shape):
    assert parse(text)(np.full(shape, 0.5), np.random.default_rng(0)).shape == shape


@pytest.mark.parametrize("text", EXAMPLES)
def test_reads_float64_float16_strided_and_read_only_arrays(text):
    clean = image((16, 16, 3))[::2, ::2]
    clean.flags.writeable = False
    expected = parse(text)(clean, np.random.default_rng(0))
    assert np.array_equal(parse(text)(clean.astype(np.float64), np.random.default_rng(0)), expected)
    assert parse(text)(clean.astype(np.float16), np.random.default_rng(0)).dtype == np.float32


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_generator_decides_the_noise(text):
    clean = image((2, 16, 16, 3))
    first, again, other = (parse(text)(clean, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (text not in RANDOM)


@pytest.mark.parametrize("text", RANDOM)
def test_two_calls_with_one_generator_differ(text):
    clean, rng = image((16, 16)), np.random.default_rng(0)
    assert not np.array_equal(parse(text)(clean, rng), parse(text)(clean, rng))


@pytest.mark.parametrize("text", EXAMPLES)
def test_clip_keeps_the_range(text):
    wide = np.linspace(-1, 2, 1024, dtype=np.float32).reshape(32, 32)
    noisy = parse(text)(wide, np.random.default_rng(0))
    assert noisy.min() >= 0
    assert noisy.max() <= 1


@pytest.mark.parametrize("text", [text for text in EXAMPLES if not text.startswith(IN_EIGHT_BITS)])
def test_without_clip_values_pass_the_range(text):
    assert unclipped(text)(np.full((64, 64), 1.5), np.random.default_rng(0)).max() > 1


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, complex])
def test_integers_are_refused_since_their_range_is_not_one(text, dtype):
    with pytest.raises(InputError, match=r"float images .* received .*255"):
        parse(text)(np.ones((4, 4), dtype), np.random.default_rng(0))


@pytest.mark.parametrize("text", EXAMPLES)
def test_noises_are_frozen_and_hashable(text):
    noise = parse(text)
    assert hash(noise) == hash(parse(text))
    with pytest.raises(FrozenInstanceError):
        noise.clip = False


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("shape", [(16, 16), (3, 16, 16, 3)])
def test_a_pair_is_the_noisy_image_and_what_it_is_without_noise(text, shape):
    clean = image(shape)
    noisy, target = parse(text).pair(clean, np.random.default_rng(7))
    np.testing.assert_array_equal(noisy, parse(text)(clean, np.random.default_rng(7)))
    assert (target.shape, target.dtype) == (shape, np.float32)
    assert np.array_equal(target, clean) == (text != "camera-pipeline(0.03)")


def test_compositions_and_choices_hand_targets_on():
    clean = image((6, 16, 16, 3))
    camera = parse("camera-pipeline(0.03)")
    _, target = camera.pair(clean, np.random.default_rng(0))
    _, composed = parse("camera-pipeline(0.03)+gaussian(0.1)").pair(clean, np.random.default_rng(0))
    np.testing.assert_array_equal(composed, target)
    _, chosen = parse("camera-pipeline(0.03)|none").pair(clean, np.random.default_rng(0))
    untouched = (chosen == clean).all(axis=(1, 2, 3))
    assert 0 < untouched.sum() < 6


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_shot_noise_refuses_what_cannot_be_counted(value):
    with pytest.raises(InputError, match="finite"):
        Poisson(30)(np.array([0.5, value]), np.random.default_rng(0))


def test_shot_noise_is_one_stream_across_blocks():
    clean = np.full(2**20 + 5, 0.5, np.float32)
    noisy = Poisson(10)(clean, np.random.default_rng(0))
    expected = np.random.default_rng(0).poisson(np.full(clean.shape, 5.0)) / 10
    assert np.array_equal(noisy, np.clip(expected, 0, 1).astype(np.float32))


def test_masking_hits_all_channels_of_a_pixel():
    noisy = Masking(0.5)(np.ones((3, 16, 16, 3)), np.random.default_rng(0))
    assert np.array_equal(noisy.min(axis=-1), noisy.max(axis=-1))
    assert 0.4 < noisy.mean() < 0.6
    assert not np.array_equal(noisy[0], noisy[1])


def test_salt_and_pepper_leaves_the_other_values():
    noisy = SaltAndPepper(1.0, salt=1.0)(image((8, 8)), np.random.default_rng(0))
    assert np.array_equal(noisy, np.ones((8, 8)))
    clean = image((64, 64))
    noisy = SaltAndPepper(0.3, salt=0.0)(clean, np.random.default_rng(0))
    assert np.all((noisy == clean) | (noisy == 0))


def test_composition_applies_left_first_and_reads_clip_from_the_last():
    clean = image((16, 16))
    noise = Poisson(30) + Gaussian(0.1, clip=False)
    rng = np.random.default_rng(1)
    expected = Gaussian(0.1, clip=False)(Poisson(30)(clean, rng), rng)
    assert np.array_equal(noise(clean, np.random.default_rng(1)), expected)
    assert noise.clip is False
    assert (Gaussian(0.1, clip=False) + Poisson(30)).clip is True
    assert noise + Masking(0.1) == Poisson(30) + (Gaussian(0.1, clip=False) + Masking(0.1))


@pytest.mark.parametrize("parts", [(), (Gaussian(0.1),), (Gaussian(0.1), "poisson")])
def test_composition_needs_two_noises(parts):
    with pytest.raises(UsageError, match="composition"):
        Composition(parts)


def test_a_choice_takes_one_noise_for_each_image():
    noisy = parse("none|none|masking(1)|salt-and-pepper(1, salt=1)")(
        np.full((400, 2, 2, 1), 0.5), np.random.default_rng(0)
    )
    values, counts = np.unique(noisy.reshape(400, 4).mean(axis=1), return_counts=True)
    assert values.tolist() == [0, 0.5, 1]
    assert 60 < counts[0] < 140
    assert 160 < counts[1] < 240
    single = parse("masking(1)|salt-and-pepper(1, salt=1)")(np.full((8, 8), 0.5), np.random.default_rng(0))
    assert len(np.unique(single)) == 1


@pytest.mark.parametrize(
    "options", [(), (Gaussian(0.1),), (Gaussian(0.1), "poisson"), (Gaussian(0.1), Choice((Gaussian(1), Poisson(1))))]
)
def test_a_choice_needs_two_noises(options):
    with pytest.raises(UsageError, match="choice"):
        Choice(options)


def test_importing_noise_loads_nothing_heavy():
    code = "import sys, unnoise.noise; print(sorted({'pyvips', 'scipy', 'skimage', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_choice_cannot_be_part_of_a_composition():
    with pytest.raises(UsageError, match="A choice cannot be part"):
        Gaussian(0.1) + Choice((Gaussian(1), Poisson(1)))
