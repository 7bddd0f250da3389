"""What the architectures are, in figures that can be checked by hand or with NumPy."""

import keras
import numpy as np
import pytest

from unnoise.errors import UsageError
from unnoise.models import (
    Autoencoder,
    DenoisingClassifier,
    build,
    copy_of,
    load_model,
    load_weights,
    registry,
    save_model,
    save_weights,
)

WITH_CODE = [
    "dense-autoencoder",
    "deep-dense-autoencoder",
    "convolutional-autoencoder",
    "deep-convolutional-autoencoder",
]


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(7)


def images(shape, count=3):
    return np.random.default_rng(5).random((count, *shape), dtype=np.float32)


def answer(model, batch):
    return keras.ops.convert_to_numpy(model(batch, training=False))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def randomised(model):
    """Biases begin at zero; other values show whether they are used."""
    rng = np.random.default_rng(11)
    model.set_weights([rng.normal(0, 0.2, weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model


def test_the_dense_autoencoder_of_the_labs_in_numpy():
    model = randomised(build("dense-autoencoder", (28, 28, 1), code=32))
    # 784·32 + 32 + 32·784 + 784
    assert model.count_params() == 50_992
    w, b, v, c = model.get_weights()
    assert [a.shape for a in (w, b, v, c)] == [(784, 32), (32,), (32, 784), (784,)]
    x = images((28, 28, 1))
    code = np.maximum(x.reshape(3, 784) @ w + b, 0)
    assert (code == 0).any()
    np.testing.assert_allclose(model.encode(x), code, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(answer(model, x), sigmoid(code @ v + c).reshape(x.shape), rtol=1e-4, atol=1e-5)


def test_tied_weights_share_the_kernel_transposed():
    model = randomised(build("dense-autoencoder", (6, 5, 3), code=7, activation="sigmoid", tied=True))
    pixels = 6 * 5 * 3
    # One kernel and two biases.
    assert model.count_params() == pixels * 7 + 7 + pixels
    weights = {weight.shape: weight for weight in model.get_weights()}
    assert set(weights) == {(pixels, 7), (7,), (pixels,)}
    w, b, c = weights[(pixels, 7)], weights[(7,)], weights[(pixels,)]
    x = images((6, 5, 3))
    code = sigmoid(x.reshape(3, pixels) @ w + b)
    np.testing.assert_allclose(answer(model, x), sigmoid(code @ w.T + c).reshape(x.shape), rtol=1e-4, atol=1e-5)


def test_tied_weights_stay_tied_through_training_copy_and_file(tmp_path):
    x = images((4, 4, 1), count=8)
    model = build("dense-autoencoder", (4, 4, 1), code=3, tied=True)
    model.compile("adam", loss="mse", run_eagerly=True)
    model.fit(x, x, batch_size=4, epochs=2, verbose=0)
    save_model(model, tmp_path / "tied.keras")
    save_weights(model, tmp_path / "tied.weights.h5")
    reread = build("dense-autoencoder", (4, 4, 1), code=3, tied=True)
    load_weights(reread, tmp_path / "tied.weights.h5")
    for other in (load_model(tmp_path / "tied.keras"), copy_of(model), reread):
        assert len(other.get_weights()) == 3
        np.testing.assert_array_equal(answer(other, x), answer(model, x))
        other.encoder.get_layer("code").kernel.assign(np.zeros((16, 3)))
        constant = answer(other, x)
        np.testing.assert_array_equal(constant, np.broadcast_to(constant[:1], constant.shape))


def test_the_linear_autoencoder_is_two_matrices():
    model = randomised(build("dense-autoencoder", (4, 4, 1), code=3, activation="linear", output_activation="linear"))
    w, b, v, c = model.get_weights()
    x = images((4, 4, 1))
    expected = ((x.reshape(3, 16) @ w + b) @ v + c).reshape(x.shape)
    np.testing.assert_allclose(answer(model, x), expected, rtol=1e-4, atol=1e-5)
    # Affine, so that a mean of images gives the mean of the outputs.
    np.testing.assert_allclose(answer(model, x.mean(0, keepdims=True))[0], expected.mean(0), rtol=1e-4, atol=1e-5)


def test_the_deep_dense_autoencoder_mirrors_its_hidden_layers():
    model = build("deep-dense-autoencoder", (4, 4, 1), hidden=[9, 5], code=2)
    kernels = [weight.shape for weight in model.get_weights() if weight.ndim == 2]
    assert kernels == [(16, 9), (9, 5), (5, 2), (2, 5), (5, 9), (9, 16)]
    assert model.encode(images((4, 4, 1))).shape == (3, 2)


def test_the_convolutional_autoencoder_goes_from_28_to_7_and_back():
    model = build("convolutional-autoencoder", (28, 28, 1))
    # (9·1+1)·16 + (9·16+1)·8 + (9·8+1)·8 + (9·8+1)·16 + (9·16+1)·1
    assert model.count_params() == 3_217
    assert model.encoder.output_shape == (None, 7, 7, 8)
    assert model.output_shape == (None, 28, 28, 1)
    sizes = [layer.output.shape[1] for part in (model.encoder, model.decoder) for layer in part.layers]
    assert sizes == [28, 14, 7, 7, 14, 28, 28]


@pytest.mark.parametrize("name", WITH_CODE)
def test_encode_and_decode_alone_compose_to_the_whole(name):
    model = build(name, (8, 8, 3))
    assert isinstance(model, Autoencoder)
    x = images((8, 8, 3))
    code = model.encode(x)
    assert len(code) == 3
    assert code.shape[1:] == model.decoder.input_shape[1:]
    np.testing.assert_allclose(model.decode(code), answer(model, x), atol=1e-6)


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_parts_of_a_loaded_model_share_its_weights(name, tmp_path):
    model, x = build(name, (8, 8, 1)), images((8, 8, 1))
    save_model(model, tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.encode(x), model.encode(x))
    before = loaded.encode(x)
    loaded.set_weights([weight + 0.3 for weight in loaded.get_weights()])
    assert not np.array_equal(loaded.encode(x), before)
    np.testing.assert_allclose(loaded.decode(loaded.encode(x)), answer(loaded, x), atol=1e-6)


def test_the_unet_passes_fine_detail_by_its_skips():
    model = build("unet", (8, 8, 1), filters=[4, 8, 16])
    assert model.get_layer("bottleneck").output.shape == (None, 2, 2, 16)
    joins = [layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate)]
    assert [join.output.shape[1:] for join in joins] == [(4, 4, 16), (8, 8, 8)]


def test_the_perceptron_in_numpy():
    model = randomised(build("mlp-classifier", (4, 4, 1), hidden=[6], classes=3))
    w, b, v, c = model.get_weights()
    x = images((4, 4, 1))
    scores = np.maximum(x.reshape(3, 16) @ w + b, 0) @ v + c
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answer(model, x), expected, rtol=1e-4, atol=1e-6)


def test_dropout_works_in_training_alone():
    model, x = build("cnn-classifier", (8, 8, 1), dropout=0.9), images((8, 8, 1))
    np.testing.assert_array_equal(answer(model, x), answer(model, x))
    assert not np.allclose(keras.ops.convert_to_numpy(model(x, training=True)), answer(model, x), atol=1e-4)


@pytest.mark.parametrize("name", [name for name in registry if registry.get(name).kind == "autoencoder"])
@pytest.mark.parametrize("classifier", ["mlp-classifier", "cnn-classifier"])
def test_the_composite_is_the_classifier_after_the_autoencoder(name, classifier, tmp_path):
    parts = build(name, (8, 8, 1)), build(classifier, (8, 8, 1), classes=4)
    model, x = DenoisingClassifier(*parts), images((8, 8, 1))
    np.testing.assert_allclose(model.denoise(x), answer(parts[0], x), atol=1e-6)
    np.testing.assert_allclose(answer(model, x), answer(parts[1], answer(parts[0], x)), atol=1e-5)
    assert model.count_params() == sum(part.count_params() for part in parts)
    model.autoencoder.trainable = False
    save_model(model, tmp_path / "composite.keras")
    save_weights(model, tmp_path / "composite.weights.h5")
    loaded = load_model(tmp_path / "composite.keras")
    assert isinstance(loaded, DenoisingClassifier)
    fresh = DenoisingClassifier(build(name, (8, 8, 1)), build(classifier, (8, 8, 1), classes=4))
    load_weights(fresh, tmp_path / "composite.weights.h5")
    for other in (loaded, copy_of(model), fresh):
        np.testing.assert_array_equal(answer(other, x), answer(model, x))
        np.testing.assert_array_equal(other.denoise(x), model.denoise(x))


def test_the_composite_shares_its_parts_and_its_copy_does_not():
    classifier = build("mlp-classifier", (4, 4, 1), hidden=[4])
    model, x = DenoisingClassifier(build("dense-autoencoder", (4, 4, 1), code=2), classifier), images((4, 4, 1))
    twin, before = copy_of(model), answer(model, x)
    classifier.set_weights([np.zeros_like(weight) for weight in classifier.get_weights()])
    np.testing.assert_allclose(answer(model, x), 0.1)
    np.testing.assert_array_equal(answer(twin, x), before)


def test_a_frozen_autoencoder_is_left_alone_by_training():
    autoencoder = build("dense-autoencoder", (4, 4, 1), code=2)
    model = DenoisingClassifier(autoencoder, build("mlp-classifier", (4, 4, 1), hidden=[4]))
    autoencoder.trainable = False
    frozen, head = autoencoder.get_weights(), model.classifier.get_weights()
    model.compile("adam", loss="sparse_categorical_crossentropy", run_eagerly=True)
    model.fit(images((4, 4, 1), count=8), np.arange(8), verbose=0)
    for old, new in zip(frozen, autoencoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not np.array_equal(head[0], model.classifier.get_weights()[0])


def test_an_unknown_activation_is_refused():
    for name in ("dense-autoencoder", "deep-dense-autoencoder"):
        with pytest.raises(UsageError, match="no activation 'rellu'"):
            build(name, (4, 4, 1), activation="rellu")


def test_the_bias_free_unet_scales_with_its_input():
    model = randomised(build("bias-free-unet", (16, 24, 3), filters=[4, 8], blocks=1))
    x = images((16, 24, 3)) - 0.3
    np.testing.assert_allclose(answer(model, 7 * x), 7 * answer(model, x), rtol=1e-4, atol=1e-4)
    assert np.all(answer(model, 0 * x) == 0)


def test_the_bias_free_unet_has_the_weights_of_its_convolutions():
    # In and out 6·6·3·4; two blocks of two 3×3 with 4 filters and one with 8; down 2·2·4·8 and up.
    model = build("bias-free-unet", (None, None, 3), filters=[4, 8], blocks=1)
    assert model.count_params() == 2 * 432 + 2 * 2 * 144 + 2 * 576 + 2 * 128
    assert build("bias-free-unet", (None, None, 3)).count_params() == 1_047_296


def test_the_bias_free_unet_takes_a_predicted_noise_off_its_input():
    model = randomised(build("bias-free-unet", (16, 16, 1), filters=[4, 8], blocks=1))
    x = images((16, 16, 1))
    noise = keras.Model(model.input, model.get_layer("noise").output)
    np.testing.assert_allclose(answer(model, x), x - answer(noise, x), atol=1e-6)
