"""A battery that every registered model passes."""

import keras
import numpy as np
import pytest

from unnoise.errors import ModelFileError, UsageError
from unnoise.models import build, copy_of, load_model, load_weights, parameters_of, registry, save_model, save_weights

CLASSES = 10
ALL = registry.names()
AUTOENCODERS = [name for name in ALL if registry.get(name).kind == "autoencoder"]
ANY_SIZE = [name for name in ALL if registry.get(name).fully_convolutional]
UNBOUNDED = ["bias-free-unet", "calibrated-bias-free-unet"]
ONE_SIZE = [name for name in ALL if not registry.get(name).fully_convolutional]
SHAPES = [(16, 16, 1), (8, 16, 3)]


def built(name, shape=(16, 16, 1), seed=0, **parameters):
    keras.utils.set_random_seed(seed)
    return build(name, shape, **parameters)


def batch(shape, count=4, seed=0):
    return np.random.default_rng(seed).random((count, *shape), dtype=np.float32)


def answer(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


@pytest.mark.parametrize("shape", SHAPES, ids=["gray", "colour"])
@pytest.mark.parametrize("name", ALL)
def test_output_has_the_right_shape_and_range(name, shape):
    output = answer(built(name, shape), batch(shape))
    assert output.dtype == np.float32
    if name not in UNBOUNDED:
        assert output.min() >= 0
        assert output.max() <= 1
    if registry.get(name).kind == "autoencoder":
        assert output.shape == (4, *shape)
        assert output.std() > 0
    else:
        assert output.shape == (4, CLASSES)
        np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=["gray", "colour"])
@pytest.mark.parametrize("name", ALL)
def test_saved_and_loaded_model_gives_the_same_output(name, shape, tmp_path):
    model, images = built(name, shape), batch(shape)
    save_model(model, tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert loaded.name == model.name
    assert loaded.count_params() == model.count_params()
    np.testing.assert_array_equal(answer(loaded, images), answer(model, images))
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("name", ALL)
def test_a_loaded_model_can_be_saved_again(name, tmp_path):
    model = built(name)
    for number in range(2):
        save_model(model, tmp_path / f"{number}.keras")
        model = load_model(tmp_path / f"{number}.keras")
    np.testing.assert_array_equal(answer(model, batch((16, 16, 1))), answer(built(name), batch((16, 16, 1))))


@pytest.mark.parametrize("name", ALL)
def test_weights_alone_make_another_model_give_the_same_output(name, tmp_path):
    model, other, images = built(name, seed=0), built(name, seed=1), batch((16, 16, 1))
    assert np.abs(answer(model, images) - answer(other, images)).max() > 1e-4
    save_weights(model, tmp_path / "model.weights.h5")
    load_weights(other, tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(answer(other, images), answer(model, images))
    assert [path.name for path in tmp_path.iterdir()] == ["model.weights.h5"]


@pytest.mark.parametrize("name", ALL)
def test_a_copy_is_equal_and_independent(name):
    model, images = built(name), batch((16, 16, 1))
    before = answer(model, images)
    twin = copy_of(model)
    np.testing.assert_array_equal(answer(twin, images), before)
    twin.set_weights([weight + 0.1 for weight in twin.get_weights()])
    np.testing.assert_array_equal(answer(model, images), before)
    assert np.abs(answer(twin, images) - before).max() > 1e-4


@pytest.mark.parametrize("shape", SHAPES, ids=["gray", "colour"])
@pytest.mark.parametrize("name", ALL)
def test_training_steps_change_every_weight_and_lower_the_loss(name, shape):
    model, images = built(name, shape), batch(shape, count=8)
    labels = np.arange(8) % CLASSES
    is_autoencoder = registry.get(name).kind == "autoencoder"
    targets = images if is_autoencoder else labels

    def loss():
        output = answer(model, images)
        return np.mean((output - images) ** 2) if is_autoencoder else -np.mean(np.log(output[np.arange(8), labels]))

    name_of_loss = "mse" if is_autoencoder else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(1e-3), loss=name_of_loss, jit_compile=False)
    first, before = loss(), model.get_weights()
    for _ in range(5):
        model.train_on_batch(images, targets)
    assert loss() < first
    for variable, weight, old in zip(model.weights, model.get_weights(), before, strict=True):
        assert np.array_equal(weight, old) != variable.trainable


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_initialises_equally_and_another_does_not(name):
    first, second, other = built(name, seed=3), built(name, seed=3), built(name, seed=4)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    pairs = zip(first.get_weights(), other.get_weights(), strict=True)
    assert any(not np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ANY_SIZE)
def test_a_model_without_size_takes_other_sizes_with_the_same_weights(name, channels):
    model = built(name, (None, None, channels))
    for size in [(16, 16), (32, 8)]:
        fixed = build(name, (*size, channels))
        fixed.set_weights(model.get_weights())
        images = batch((*size, channels), count=2)
        output = answer(model, images)
        assert output.shape == (2, *size, channels)
        np.testing.assert_allclose(output, answer(fixed, images), atol=1e-6)


@pytest.mark.parametrize("name", ANY_SIZE)
def test_a_model_without_size_is_saved_and_loaded(name, tmp_path):
    model = built(name, (None, None, 1))
    save_model(model, tmp_path / "model.keras")
    images = batch((8, 16, 1))
    np.testing.assert_array_equal(answer(load_model(tmp_path / "model.keras"), images), answer(model, images))


@pytest.mark.parametrize("name", ANY_SIZE)
def test_a_size_that_cannot_be_halved_is_refused(name):
    with pytest.raises(UsageError, match=r"received 15×16.*multiples of [48]"):
        build(name, (15, 16, 1))


@pytest.mark.parametrize("name", ONE_SIZE)
def test_a_model_of_fixed_size_asks_for_it(name):
    with pytest.raises(UsageError, match="needs a fixed image size"):
        build(name, (None, None, 1))


@pytest.mark.parametrize(
    "shape", [(16, 16), (16,), (16, 16, 1, 1), (16, 16, 0), (-4, 4, 1), (16, 16, None), (16, 8.0, 1)]
)
@pytest.mark.parametrize("name", ALL)
def test_a_shape_that_is_none_is_refused(name, shape):
    with pytest.raises(UsageError, match=r"input_shape|\(H, W, C\)|whole number"):
        build(name, shape)


@pytest.mark.parametrize("name", ALL)
def test_a_mistyped_parameter_is_refused_with_the_closest_one(name):
    parameter = next(iter(parameters_of(name)))
    with pytest.raises(UsageError, match=f"no parameter '{parameter}x'. Did you mean '{parameter}'"):
        build(name, (16, 16, 1), **{f"{parameter}x": 1})


@pytest.mark.parametrize(("name", "parameter"), [(name, key) for name in ALL for key in parameters_of(name)])
@pytest.mark.parametrize("value", [0, -1, "nonsense", 2.5, [0], [], None])
def test_a_wrong_value_is_refused_with_its_name_and_what_was_received(name, parameter, value):
    # No parameter of any model takes these; a float of 0 is the one exception.
    if parameter == "dropout" and value == 0:
        pytest.skip("no dropout")
    if parameter == "hidden" and value == []:
        pytest.skip("no hidden layer is a model too")
    with pytest.raises(UsageError) as caught:
        build(name, (16, 16, 1), **{parameter: value})
    assert parameter.split("_")[-1] in str(caught.value)
    assert repr(value) in str(caught.value) or repr(value).strip("[]") in str(caught.value)


def test_unknown_model_is_refused_with_the_closest_one():
    with pytest.raises(UsageError, match=r"Unknown model 'dense-autoencodr'\. Did you mean 'dense-autoencoder'"):
        build("dense-autoencodr", (16, 16, 1))


def test_files_that_are_no_models_are_told(tmp_path):
    with pytest.raises(ModelFileError, match="no model file"):
        load_model(tmp_path / "missing.keras")
    (tmp_path / "text.keras").write_text("not a model")
    with pytest.raises(ModelFileError, match="is not a whole Keras model"):
        load_model(tmp_path / "text.keras")
    whole = tmp_path / "whole.keras"
    save_model(built("dense-autoencoder"), whole)
    (tmp_path / "half.keras").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(ModelFileError, match="is not a whole Keras model"):
        load_model(tmp_path / "half.keras")


def test_weights_of_another_model_or_name_are_refused(tmp_path):
    model = built("dense-autoencoder")
    with pytest.raises(ModelFileError, match=r"ends in \.weights\.h5, received model\.h5"):
        save_weights(model, tmp_path / "model.h5")
    with pytest.raises(ModelFileError, match="no weights file"):
        load_weights(model, tmp_path / "missing.weights.h5")
    save_weights(model, tmp_path / "model.weights.h5")
    other = built("dense-autoencoder", code=8)
    with pytest.raises(ModelFileError, match="does not fit the model"):
        load_weights(other, tmp_path / "model.weights.h5")


def test_a_saved_model_is_not_replaced_without_overwrite(tmp_path):
    from unnoise.errors import OutputError

    model = built("dense-autoencoder", (4, 4, 1), code=2)
    for save, name in ((save_model, "m.keras"), (save_weights, "m.weights.h5")):
        save(model, tmp_path / name)
        before = (tmp_path / name).read_bytes()
        with pytest.raises(OutputError, match="exists already"):
            save(model, tmp_path / name, overwrite=False)
        assert (tmp_path / name).read_bytes() == before


def test_code_in_a_model_file_is_not_run(tmp_path):
    images = keras.Input((4, 4, 1))
    unsafe = keras.Model(images, keras.layers.Lambda(lambda x: x * 2)(images))
    unsafe.save(tmp_path / "unsafe.keras")
    with pytest.raises(ModelFileError, match="is not a whole Keras model"):
        load_model(tmp_path / "unsafe.keras")
