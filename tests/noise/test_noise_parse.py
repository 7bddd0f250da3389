"""The spelling of noises: what is printed reads back equal; what is wrong is answered, not run."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import pkgutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unnoise.noise
from unnoise.errors import UsageError
from unnoise.noise import (
    Choice,
    Composition,
    Gaussian,
    Jpeg,
    Masking,
    NoNoise,
    Poisson,
    PoissonGaussian,
    SaltAndPepper,
    Speckle,
    Uniform,
    parse,
    registry,
)


@pytest.mark.parametrize("kind", registry.names())
def test_examples_are_canonical(kind):
    example = registry.get(kind).example
    assert registry.get(kind).kind == kind
    assert str(parse(example)) == example
    assert type(parse(example)) is registry.get(kind)


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        ("none", NoNoise()),
        ("none|jpeg(30) + gaussian(1)|none", Choice((NoNoise(), Jpeg(30) + Gaussian(1), NoNoise()))),
        ("none()", NoNoise()),
        ("none(clip=false)", NoNoise(clip=False)),
        ("gaussian(0.5)", Gaussian(0.5)),
        ("gaussian(sigma=25/255)", Gaussian(25 / 255)),
        ("gaussian(factor=.5, clip=False)", Gaussian(0.5, clip=False)),
        ("  gaussian ( 5e-1 ,clip = true ) ", Gaussian(0.5)),
        ("uniform(0.9)", Uniform(0.9)),
        ("poisson(30)", Poisson(30)),
        ("poisson-gaussian(30, sigma=1 / 50)", PoissonGaussian(30, 0.02)),
        ("speckle(+0.2)", Speckle(0.2)),
        ("salt-and-pepper(amount=0.1, salt=0.3)", SaltAndPepper(0.1, 0.3)),
        ("masking(1)", Masking(1)),
        ("jpeg(30)", Jpeg(30)),
        ("poisson(peak=1e+3)+gaussian(0.02)+none", Composition((Poisson(1000), Gaussian(0.02), NoNoise()))),
    ],
)
def test_reads_every_form(text, noise):
    assert parse(text) == noise
    assert parse(str(noise)) == noise


@pytest.mark.parametrize(
    ("noise", "text"),
    [
        (Gaussian(0.5), "gaussian(0.5)"),
        (Gaussian(np.float64(0.1)), "gaussian(0.1)"),
        (Gaussian(1, clip=False), "gaussian(1, clip=false)"),
        (Gaussian(25 / 255), "gaussian(0.09803921568627451)"),
        (NoNoise(), "none"),
        (SaltAndPepper(0.1), "salt-and-pepper(0.1)"),
        (SaltAndPepper(0.1, 0.2), "salt-and-pepper(0.1, salt=0.2)"),
        (Poisson(30.0) + Gaussian(0.02, clip=False), "poisson(peak=30)+gaussian(0.02, clip=false)"),
        (Jpeg(np.int64(30)), "jpeg(quality=30)"),
    ],
)
def test_prints_the_canonical_spelling(noise, text):
    assert str(noise) == text


unit = st.floats(0, 1)
positive = st.floats(0, allow_nan=False, allow_infinity=False)
peak = st.floats(0, exclude_min=True, allow_nan=False, allow_infinity=False)
flag = st.booleans()
single = st.one_of(
    st.builds(NoNoise, clip=flag),
    st.builds(Gaussian, st.floats(0, 10), clip=flag),
    st.builds(Uniform, positive, clip=flag),
    st.builds(Speckle, positive, clip=flag),
    st.builds(Poisson, peak, clip=flag),
    st.builds(PoissonGaussian, peak, positive, clip=flag),
    st.builds(SaltAndPepper, unit, unit, clip=flag),
    st.builds(Masking, unit, clip=flag),
    st.builds(Jpeg, st.integers(1, 100), clip=flag),
)


@given(st.lists(single, min_size=1, max_size=4))
def test_every_noise_reads_back_equal(parts):
    noise = parts[0] if len(parts) == 1 else Composition(tuple(parts))
    assert parse(str(noise)) == noise
    assert str(parse(str(noise))) == str(noise)
    assert parse(str(noise)).clip == noise.clip


@given(st.lists(st.lists(single, min_size=1, max_size=2), min_size=2, max_size=3))
def test_every_choice_reads_back_equal(options):
    noise = Choice(tuple(parts[0] if len(parts) == 1 else Composition(tuple(parts)) for parts in options))
    assert parse(str(noise)) == noise
    assert parse(str(noise)).clip == noise.clip


@given(st.text(alphabet="gausin(0.5)+|,=/ clipfe-_'\"[]\n"))
def test_any_text_is_read_or_answered(text):
    with contextlib.suppress(UsageError):
        assert str(parse(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gausian(0.5)", "Did you mean 'gaussian'"),
        ("gaussian(sgma=0.5)", r"no parameter 'sgma'\. Did you mean 'sigma'\?.*gaussian\(sigma, clip=true\)"),
        ("gaussian", "needs a value for sigma"),
        ("poisson-gaussian(30)", "needs a value for sigma"),
        ("gaussian(0.5", "parentheses"),
        ("gaussian 0.5)", "parentheses"),
        ("gaussian((0.5))", "parentheses"),
        ("gaussian(__import__('os').getcwd())", "parentheses"),
        ("gaussian(half)", "'half' is not a number"),
        ("gaussian(0.5, 0.5)", "1 value"),
        ("gaussian(0.5, factor=0.5)", "sigma is given twice"),
        ("gaussian(factor=0.5, sigma=0.5)", "sigma is given twice"),
        ("salt-and-pepper(amount=0.1, 0.5)", "follows one with a name"),
        ("gaussian(1/0)", "divides by zero"),
        ("gaussian(0.5,)", "not a parameter"),
        ("gaussian(factor=)", "not a parameter"),
        ("gaussian(0.5)gaussian(0.5)", "not a name with parameters"),
        ("gaussian(0.5)+", "a name is missing"),
        ("gaussian(0.5)|", "a name is missing"),
        ("gaussian(0.5|none)", "parentheses"),
        ("", "a name is missing"),
        ("gaussian(0.5, clip=1)", "clip must be true or false; received 1"),
        ("gaussian(true)", "sigma must be a number, 0 to 10; received true"),
        (None, "spelled as text; received None"),
    ],
)
def test_wrong_spellings_say_what_to_do(text, message):
    with pytest.raises(UsageError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "gaussian(-0.1)", "gaussian(nan)", "gaussian(inf)", "gaussian(1e999)", "gaussian(25)",
        "blind-gaussian(55)", "uniform(-1)", "uniform(nan)",
        "poisson(0)", "poisson(-3)", "poisson(nan)", "poisson-gaussian(0, 0.1)", "poisson-gaussian(30, -1)",
        "speckle(-0.2)", "speckle(nan)", "salt-and-pepper(1.1)", "salt-and-pepper(nan)", "salt-and-pepper(0.1, 2)",
        "masking(-0.1)", "masking(1.5)", "masking(nan)", "jpeg(0)", "jpeg(101)", "jpeg(30.5)", "jpeg(nan)",
    ],
)  # fmt: skip
def test_values_out_of_range_name_the_rule_and_an_example(text):
    with pytest.raises(UsageError, match=r"must be a .*number, .*; received .*\. Write for example "):
        parse(text)


@pytest.mark.parametrize("value", ["0.5", None, True, 1j, [0.5]])
def test_a_value_of_another_type_is_refused(value):
    with pytest.raises(UsageError, match="sigma must be a number"):
        Gaussian(value)


def test_all_names_are_there():
    assert all(hasattr(unnoise.noise, name) for name in unnoise.noise.__all__)


MODULES = ["unnoise.noise", *(module.name for module in pkgutil.iter_modules(unnoise.noise.__path__, "unnoise.noise."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
