"""A packaged file gives back the Keras network that it was made from, and can be described anew."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from untrained_runs import MODELS, SHAPE, noisy_images, untrained_run

from unnoise.errors import MissingExtraError, ModelFileError
from unnoise.inference import load
from unnoise.inference.packaged import model_file
from unnoise.models import build
from unnoise.packaging import load_network, package_run, read_model, write_metadata
from unnoise.packaging.weights import weight_names

FORMAT_1 = Path(__file__).parents[1] / "inference" / "format1.onnx"


def answer(model, images):
    return keras.ops.convert_to_numpy(model(images))


# Biases and the last kernels of residual blocks are zero in these, so that several weights have equal values.
@pytest.mark.parametrize("name", MODELS)
def test_the_rebuilt_network_is_the_trained_one(tmp_path, name):
    run = untrained_run(tmp_path / "run", MODELS[name])
    package_run(run, tmp_path / "model.onnx")
    noisy = noisy_images(3, *SHAPE)
    rebuilt, trained = load_network(tmp_path / "model.onnx"), run.load_model("autoencoder")
    np.testing.assert_array_equal(answer(rebuilt, noisy), answer(trained, noisy))
    for ours, theirs in zip(rebuilt.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_of_16_bits_it_is_the_rounded_one(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["bias-free-unet"])
    package_run(run, tmp_path / "model.onnx", half=True)
    for ours, theirs in zip(
        load_network(tmp_path / "model.onnx").get_weights(), run.load_model("autoencoder").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs.astype(np.float16).astype(np.float32))


def test_a_network_that_comes_with_unnoise():
    network = load_network(model_file("photo-awgn"))
    noisy = noisy_images(1, 32, 48, 3)
    denoised = load(model_file("photo-awgn")).denoise(noisy[0])
    np.testing.assert_allclose(answer(network, noisy)[0], denoised, atol=1e-5)


def test_of_a_composite_it_is_the_autoencoder(tmp_path):
    classifier = {"architecture": "cnn-classifier", "classes": 3, "hidden": 8}
    run = untrained_run(tmp_path / "run", MODELS["convolutional"], classifier=classifier)
    package_run(run, tmp_path / "model.onnx")
    rebuilt, noisy = load_network(tmp_path / "model.onnx"), noisy_images(2, *SHAPE)
    np.testing.assert_array_equal(answer(rebuilt, noisy), answer(run.load_model("composite").autoencoder, noisy))


def test_names_are_those_of_a_new_process_whatever_was_built_before():
    table = {"filters": [4, 8], "blocks": 1}
    names = [weight_names(build("bias-free-unet", (None, None, 3), **table)) for _ in range(2)]
    assert names[0] == names[1]
    assert names[0][:2] == ["conv2d/kernel", "conv2d_1/kernel"]
    assert names[0][-1] == "noise/kernel"


def test_the_graph_holds_each_weight_under_its_name_as_onnx_has_it(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["unet"])
    package_run(run, tmp_path / "model.onnx")
    constants = {tensor.name: tensor for tensor in onnx.load(tmp_path / "model.onnx").graph.initializer}
    model = run.load_model("autoencoder")
    names = weight_names(model)
    assert set(names) <= set(constants)
    kernel = model.get_weights()[names.index("conv2d_1/kernel")]
    np.testing.assert_array_equal(numpy_helper.to_array(constants["conv2d_1/kernel"]), kernel.transpose(3, 2, 0, 1))


@pytest.mark.parametrize(
    ("path", "words"), [(FORMAT_1, "format 1"), (model_file("photo-fast"), "that of photo-fast is photo")]
)
def test_a_file_without_the_weights_says_so(path, words):
    with pytest.raises(ModelFileError, match=words):
        load_network(path)


def test_what_is_no_packaged_file(tmp_path, monkeypatch):
    with pytest.raises(ModelFileError, match=r"absent\.onnx"):
        load_network(tmp_path / "absent.onnx")
    (tmp_path / "text.onnx").write_text("no model at all")
    with pytest.raises(ModelFileError, match="not an ONNX model"):
        load_network(tmp_path / "text.onnx")
    model = onnx.load(FORMAT_1)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "plain.onnx")
    with pytest.raises(ModelFileError, match="no description"):
        load_network(tmp_path / "plain.onnx")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"unnoise\[train\]"):
        load_network(FORMAT_1)


def test_new_numbers_in_an_old_file_change_nothing_else(tmp_path):
    model, before = read_model(FORMAT_1)
    numbers = {"clean_threshold": 2 / 255, "noise_scale": 1.5}
    write_metadata(FORMAT_1, dataclasses.replace(before, **numbers), output=tmp_path / "new.onnx")
    after = load(tmp_path / "new.onnx").metadata
    assert after == dataclasses.replace(before, **numbers, format=2)
    assert onnx.load(tmp_path / "new.onnx").graph == model.graph
    write_metadata(tmp_path / "new.onnx", dataclasses.replace(after, clean_threshold=None))
    assert load(tmp_path / "new.onnx").metadata.clean_threshold is None
    assert load(FORMAT_1).metadata == before
