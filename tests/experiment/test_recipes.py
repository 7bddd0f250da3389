"""Recipes: reading, writing, and what is said of wrong ones."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unnoise import noise
from unnoise.errors import InputError, RecipeError
from unnoise.experiment import Recipe, built_in_recipes, load_recipe
from unnoise.models import parameters_of, registry

MINIMAL = {
    "name": "minimal",
    "summary": "As little as a recipe can be",
    "noise": "gaussian(0.2)",
    "data": {"dataset": "digits"},
    "model": {"architecture": "dense-autoencoder"},
}


def message(*overrides, recipe="demo", error=RecipeError):
    with pytest.raises(error) as caught:
        load_recipe(recipe, overrides)
    return str(caught.value)


@pytest.mark.parametrize("name", built_in_recipes())
def test_built_in_recipe_loads_under_its_name_and_names_real_things(name):
    from unnoise import datasets

    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.summary == built_in_recipes()[name]
    assert recipe.summary.splitlines() == [recipe.summary]
    assert registry.get(recipe.model.architecture).kind == "autoencoder"
    assert set(recipe.model.parameters) <= set(parameters_of(recipe.model.architecture))
    # The photographs are the user's own folder.
    assert recipe.data.dataset in (*datasets.names(), "photographs/")
    assert str(noise.parse(recipe.noise)) == recipe.noise
    assert recipe.stages[-1] == ("composite" if recipe.composite else "autoencoder")


@pytest.mark.parametrize("name", built_in_recipes())
def test_built_in_recipe_written_and_read_is_equal(name):
    recipe = load_recipe(name)
    assert Recipe.model_validate(tomllib.loads(recipe.to_toml())) == recipe


@settings(max_examples=60, deadline=None)
@given(
    summary=st.text(max_size=30),
    rate=st.floats(min_value=1e-12, max_value=1e6),
    filters=st.lists(st.integers(1, 1000), max_size=4),
    seed=st.integers(0, 2**31),
)
def test_any_recipe_written_and_read_is_equal(summary, rate, filters, seed):
    recipe = Recipe.model_validate(
        MINIMAL
        | {
            "summary": summary,
            "seed": seed,
            "data": {"dataset": "digits", "validation": "test"},
            "model": {"architecture": "unet", "filters": filters},
            "training": {"learning_rate": rate, "patience": 3, "fresh_noise": True},
        }
    )
    assert Recipe.model_validate(tomllib.loads(recipe.to_toml())) == recipe


def test_a_minimal_recipe_gets_the_defaults_and_writes_them_out():
    recipe = Recipe.model_validate(MINIMAL)
    written = tomllib.loads(recipe.to_toml())
    assert recipe.seed == written["seed"] == 0
    assert written["training"]["loss"] == "binary_crossentropy"
    assert written["training"]["fresh_noise"] is False
    assert recipe.stages == ["autoencoder"]
    assert "classifier" not in written


def test_a_recipe_file_is_read_and_overrides_change_it(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(load_recipe("demo").to_toml(), "utf-8")
    assert load_recipe(file) == load_recipe(str(file)) == load_recipe("demo")
    changed = load_recipe(
        file, ["training.epochs=2", "noise=poisson(peak=30)+gaussian(0.02)", "model.hidden=[4, 8]", "seed = 3"]
    )
    assert changed.training.epochs == 2
    assert changed.noise == str(noise.parse("poisson(peak=30)+gaussian(0.02)"))
    assert changed.model.parameters["hidden"] == [4, 8]
    assert changed.seed == 3
    assert changed.data == load_recipe("demo").data
    assert changed.summary.startswith(load_recipe("demo").summary)
    assert "training.epochs=" in changed.summary


def test_an_override_may_add_a_table():
    added = ["classifier.model.architecture=mlp-classifier", "classifier.training.epochs=2"]
    recipe = load_recipe("fashion-dense", added)
    assert recipe.stages == ["classifier", "autoencoder"]
    assert recipe.classifier.training.epochs == 2


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("trainig.epochs=3", ["no field 'trainig'", "Did you mean 'training'?"]),
        ("training.epoch=3", ["training.epoch", "no field 'epoch'", "Did you mean 'epochs'?", "batch_size"]),
        ("training.epochs=0", ["training.epochs", "greater than 0", "0"]),
        ("data.validation=many", ["data.validation: must be 'test', received 'many'"]),
        ("epochs=3", ["there is no field 'epochs'", "Did you mean training.epochs?"]),
        ("training.epochs=0", ["must be greater than 0, received 0"]),
        ("training.epochs=many", ["training.epochs", "whole number", "'many'"]),
        ("training.epochs=2.5", ["training.epochs", "whole number", "2.5"]),
        ("training.epochs=true", ["training.epochs", "whole number", "True"]),
        ("training.learning_rate=0", ["training.learning_rate", "greater than 0"]),
        ("training.learning_rate=inf", ["training.learning_rate", "finite"]),
        ("training.optimizer=adma", ["training.optimizer", "'adma'", "'adam'", "'rmsprop'"]),
        ("training.loss=bce", ["training.loss", "'bce'", "binary_crossentropy", "'mse'"]),
        ("training.schedule=linear", ["training.schedule", "'constant'", "'cosine'"]),
        ("training.keep=first", ["training.keep", "'best'", "'last'"]),
        ("data.validation=0", ["data.validation", "greater than 0"]),
        ("data.validation=train", ["data.validation", "'test'", "'train'"]),
        ("seed=-1", ["seed", "-1"]),
        ("seed=5000000000", ["seed", "5000000000"]),
        ("name=Not A Name", ["name", "'Not A Name'"]),
        ("model.architecture=dense-autoencodr", ["model", "Did you mean 'dense-autoencoder'?", "unet"]),
        ("model.architecture=mlp-classifier", ["model", "is no autoencoder", "unet"]),
        ("classifier.model.architecture=unet", ["classifier.model", "is no classifier", "mlp-classifier"]),
        ("model.cod=3", ["model", "no parameter 'cod'", "Did you mean 'code'?"]),
        ("noise=gausian(0.5)", ["noise", "gausian", "Did you mean 'gaussian'?", "poisson"]),
        ("noise=gaussian(0.5", ["noise", "gaussian(0.5"]),
        ("evaluation.noisy_accuracy=1", ["evaluation.noisy_accuracy", "less than 1"]),
        ("training.epochs", ["An override is written FIELD=VALUE", "'training.epochs'"]),
        ("=3", ["An override is written FIELD=VALUE"]),
        ("training..epochs=3", ["An override is written FIELD=VALUE"]),
        ("noise.sigma=3", ["noise"]),
        ("name.x=3", ["name"]),
        ("data=3", ["data"]),
        ("data.dataset=fashion-mnits", ["data.dataset", "Did you mean 'fashion-mnist'?", "digits"]),
    ],
)
def test_a_wrong_override_names_the_field_what_is_allowed_and_what_was_received(override, parts):
    text = message(override)
    for part in parts:
        assert part in text, text
    assert "pydantic" not in text
    assert len(text.splitlines()) == 1


def test_a_wrong_field_in_a_file_names_the_file_the_field_and_the_closest_one(tmp_path):
    file = tmp_path / "wrong.toml"
    table = "[composite.training]\n"
    file.write_text(load_recipe("demo").to_toml().replace(table, table + "epoch = 3\n"))
    text = message(recipe=file)
    assert text.startswith(f"{file}: composite.training.epoch: there is no such field. Did you mean 'epochs'?")


def test_all_wrong_fields_are_told_at_once():
    text = message("training.epochs=0", "training.batch_size=0", "seed=-3")
    assert all(field in text for field in ("training.epochs", "training.batch_size", "seed"))


def test_what_is_missing_is_named(tmp_path):
    file = tmp_path / "short.toml"
    file.write_text('name = "short"\nsummary = "x"\n[model]\narchitecture = "unet"\n')
    text = message(recipe=file)
    assert "data: Field required" in text


def test_a_composite_needs_a_classifier():
    assert "composite needs a [classifier] table" in message("composite.fine_tune=true", recipe="fashion-dense")


def test_a_file_that_is_no_toml_names_the_line(tmp_path):
    file = tmp_path / "broken.toml"
    file.write_text('name = "broken"\nnoise = gaussian\n')
    text = message(recipe=file, error=InputError)
    assert str(file) in text
    assert "line 2" in text


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path):
    assert "Cannot read the recipe" in message(recipe=tmp_path / "missing.toml", error=InputError)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in message(recipe=tmp_path / "bytes.toml", error=InputError)


def test_an_unknown_recipe_is_told_with_the_closest_one():
    text = message(recipe="fashion-dens")
    assert "Did you mean 'fashion-dense'?" in text
    assert "demo" in text
