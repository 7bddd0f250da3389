"""A run becomes one file that answers as Keras does, or nothing at all."""

import json
import math
import sys

import keras
import numpy as np
import onnx
import pytest
from untrained_runs import MODELS, SHAPE, entries, noisy_images, untrained_run

from unnoise.errors import DataError, InputError, MissingExtraError, OutputError, UsageError
from unnoise.inference import DenoiseOptions, load
from unnoise.models import build, load_model
from unnoise.packaging import package_run


@pytest.fixture(scope="module", params=MODELS)
def packaged(request, tmp_path_factory):
    """Give the name, the run and the packaged file of each model."""
    folder = tmp_path_factory.mktemp(request.param)
    run = untrained_run(folder / "run", MODELS[request.param])
    text = package_run(run, folder / "model.onnx")
    assert "differs from Keras by at most" in text
    assert entries(folder) == ["model.onnx", "run"]
    return request.param, run, folder / "model.onnx"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_file_answers_as_keras_does(packaged, count):
    _, run, path = packaged
    noisy = noisy_images(count, *SHAPE)
    expected = keras.ops.convert_to_numpy(run.load_model("autoencoder")(noisy))
    assert expected.std() > 0.01
    np.testing.assert_allclose(load(path).denoise(noisy), expected, atol=1e-5)


def test_an_output_that_tf2onnx_left_with_an_axis_too_many_has_its_own(tmp_path, monkeypatch):
    from tf2onnx import optimizer

    # In rare runs it does by itself what it does in this order.
    steps = dict(optimizer._optimizers)
    steps["reshape_optimizer"] = steps.pop("reshape_optimizer")
    monkeypatch.setattr(optimizer, "_optimizers", steps)
    run = untrained_run(tmp_path / "run", MODELS["unet"])
    package_run(run, tmp_path / "model.onnx")
    (output,) = onnx.load(tmp_path / "model.onnx").graph.output
    assert len(output.type.tensor_type.shape.dim) == 4
    noisy = noisy_images(2, *SHAPE)
    expected = keras.ops.convert_to_numpy(run.load_model("autoencoder")(noisy))
    np.testing.assert_allclose(load(tmp_path / "model.onnx").denoise(noisy), expected, atol=1e-5)


def test_sizes(packaged):
    """Trained at one size, a fully convolutional model takes any; the answer is Keras' to the mirrored image."""
    name, run, path = packaged
    denoiser = load(path)
    stride = denoiser.metadata.stride
    if name in ("dense", "tied"):
        assert denoiser.metadata.input_shape == SHAPE
        assert (stride, denoiser.metadata.receptive_field) == (1, None)
        with pytest.raises(InputError, match="8×12"):
            denoiser.denoise(noisy_images(1, 12, 8, 1))
        return
    assert denoiser.metadata.input_shape == (None, None, 1)
    assert stride == 4
    table = MODELS[name]
    free = build(table["architecture"], (None, None, 1), **{k: v for k, v in table.items() if k != "architecture"})
    free.set_weights(run.load_model("autoencoder").get_weights())
    for height, width in ((1, 1), (1, 5), (4, 4), (7, 20), (33, 47)):
        noisy = noisy_images(2, height, width, 1)
        mirrored = np.pad(noisy, ((0, 0), (0, -height % 4), (0, -width % 4), (0, 0)), mode="symmetric")
        expected = keras.ops.convert_to_numpy(free(mirrored))[:, :height, :width]
        np.testing.assert_allclose(denoiser.denoise(noisy), expected, atol=1e-5)


def test_what_the_file_says_of_itself(packaged):
    name, run, path = packaged
    model = onnx.load(path)
    onnx.checker.check_model(model)
    assert [value.name for value in model.graph.input] == ["noisy"]
    assert [value.name for value in model.graph.output] == ["denoised"]
    assert [entry.key for entry in model.metadata_props] == ["unnoise"]
    card = load(path).metadata
    assert (card.kind, card.name, card.noise) == ("denoiser", "tiny", "gaussian(0.5)")
    assert (card.dataset, card.licence, card.value_range) == ("fashion-mnist-mini", "MIT", (0.0, 1.0))
    assert card.architecture == MODELS[name]["architecture"]
    assert card.parameters == run.load_model("autoencoder").count_params()
    assert card.recipe == run.recipe.to_toml()
    given = {key: value for key, value in MODELS[name].items() if key != "architecture"}
    assert given.items() <= card.model_parameters.items()
    assert (card.bytes_per_pixel is None) == (card.input_shape[0] is not None)
    assert 0 <= card.parity <= 1e-5


def test_the_key_figures_are_those_of_the_evaluation(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["dense"])
    row = {"name": "dense-autoencoder", "psnr": 20.5, "ssim": 0.5, "mse": 0.01}
    run.metrics_file.write_text(json.dumps({"rows": [row], "accuracies": []}))
    package_run(run, tmp_path / "model.onnx")
    assert load(tmp_path / "model.onnx").metadata.kpis == {"psnr": 20.5, "ssim": 0.5, "mse": 0.01}


def test_a_network_that_is_worse_than_none_is_called_so(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["dense"])
    for mse, worse in ((0.05, True), (0.01, False)):
        rows = [{"name": "noisy (do nothing)", "mse": 0.02}, {"name": "dense-autoencoder", "mse": mse}]
        run.metrics_file.write_text(json.dumps({"rows": rows, "accuracies": []}))
        text = package_run(run, tmp_path / "model.onnx", overwrite=True)
        assert ("worse than doing nothing" in text) == worse


def test_numbers_of_noise_are_measured_on_the_validation_images(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["unet"], shape=(28, 28, 1))
    assert "could not be measured" not in package_run(run, tmp_path / "model.onnx")
    card = load(tmp_path / "model.onnx").metadata
    # Noise of 0.5, less what clipping takes.
    assert 0.25 < card.max_sigma < 0.45
    # Untrained, it changes clean images no less than noisy ones.
    assert card.noise_scale != 1
    assert card.clean_threshold is None


def test_where_the_data_cannot_be_had_nothing_is_taken_for_clean(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise DataError("The data set is not there.")

    monkeypatch.setattr(sys.modules[package_run.__module__], "load_images", fail)
    text = package_run(untrained_run(tmp_path / "run", MODELS["unet"]), tmp_path / "model.onnx")
    assert "nothing is taken for clean, since that could not be measured: The data set is not there." in text
    assert load(tmp_path / "model.onnx").metadata.clean_threshold is None


@pytest.mark.parametrize("classifier", ["mlp-classifier", "cnn-classifier"])
def test_a_composite_gives_image_and_probabilities(tmp_path, classifier):
    table = {"architecture": classifier, "classes": 3, "hidden": [8] if classifier == "mlp-classifier" else 8}
    run = untrained_run(tmp_path / "run", MODELS["convolutional"], classifier=table)
    package_run(run, tmp_path / "model.onnx")
    denoiser, composite = load(tmp_path / "model.onnx"), run.load_model("composite")
    assert denoiser.metadata.input_shape == SHAPE
    assert denoiser.metadata.classes == ("a", "b", "c")
    noisy = noisy_images(5, *SHAPE)
    probabilities = keras.ops.convert_to_numpy(composite(noisy))
    np.testing.assert_allclose(denoiser.classify(noisy).probabilities, probabilities, atol=1e-5)
    np.testing.assert_allclose(denoiser.denoise(noisy), composite.denoise(noisy), atol=1e-5)


def test_a_colour_model(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["convolutional"], shape=(8, 8, 3))
    package_run(run, tmp_path / "model.onnx")
    image = noisy_images(1, 8, 8, 3)
    expected = keras.ops.convert_to_numpy(run.load_model("autoencoder")(image))
    np.testing.assert_allclose(load(tmp_path / "model.onnx").denoise(image), expected, atol=1e-5)


class TestRefusals:
    """What goes wrong is one error, and no file is left or touched."""

    @pytest.fixture
    def run(self, tmp_path):
        return untrained_run(tmp_path / "run", MODELS["dense"])

    def assert_refused(self, run, error, match, name="model.onnx", **options):
        folder = run.path.parent
        before = entries(folder)
        with pytest.raises(error, match=match) as caught:
            package_run(run, folder / name, **options)
        assert entries(folder) == before
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(("wrong", "message"), [(2e-5, "differs from Keras by 2e-05"), (math.nan, "not finite")])
    def test_a_difference_from_keras(self, run, monkeypatch, wrong, message):
        import onnxruntime

        class Off(onnxruntime.InferenceSession):
            def run(self, *arguments):
                return [values + np.float32(wrong) for values in super().run(*arguments)]

        monkeypatch.setattr(onnxruntime, "InferenceSession", Off)
        self.assert_refused(run, OutputError, message)

    def test_an_answer_of_another_shape(self, run, monkeypatch):
        import onnxruntime

        class Short(onnxruntime.InferenceSession):
            def run(self, *arguments):
                return [values[:, :1] for values in super().run(*arguments)]

        monkeypatch.setattr(onnxruntime, "InferenceSession", Short)
        self.assert_refused(run, OutputError, "differs from Keras, whose answer to images")

    def test_an_export_that_fails(self, run, monkeypatch):
        def fail(*arguments, **options):
            raise ValueError("no such operation\nand much more")

        monkeypatch.setattr(keras.Model, "export", fail)
        self.assert_refused(run, OutputError, "no such operation")

    def test_an_existing_file(self, run):
        path = run.path.parent / "model.onnx"
        path.write_text("mine")
        self.assert_refused(run, OutputError, "exists already")
        assert path.read_text() == "mine"
        package_run(run, path, overwrite=True)
        assert load(path).metadata.name == "tiny"

    def test_another_backend(self, run, monkeypatch):
        monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
        self.assert_refused(run, UsageError, "KERAS_BACKEND=tensorflow")

    def test_a_missing_package(self, run, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        self.assert_refused(run, MissingExtraError, r"unnoise\[train\]")
        self.assert_refused(run, MissingExtraError, "pip install openvino|unnoise", name="model.xml", format="openvino")

    def test_a_missing_folder_and_an_unfinished_run(self, run):
        self.assert_refused(run, OutputError, "does not exist", name="absent/model.onnx")
        run.model_file("autoencoder").unlink()
        self.assert_refused(run, InputError, "no finished autoencoder")

    @pytest.mark.parametrize(
        ("format", "name"), [("keras", "m.h5"), ("litert", "m.onnx"), ("openvino", "m.bin"), ("onnx", "m.tflite")]
    )
    def test_a_suffix_of_another_format(self, run, monkeypatch, format, name):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
        self.assert_refused(run, UsageError, "ending in", name=name, format=format)

    def test_an_unknown_format(self, run):
        self.assert_refused(run, UsageError, "Did you mean 'litert'", format="lite-rt")

    @pytest.mark.parametrize("name", ["model", "model.pb", "model.bin"])
    def test_a_suffix_that_tells_no_format(self, run, name):
        self.assert_refused(run, UsageError, r"\.tflite \(litert\)", name=name)


def test_packaging_is_silent(tmp_path, capfd):
    run = untrained_run(tmp_path / "run", MODELS["dense"])
    capfd.readouterr()
    package_run(run, tmp_path / "model.onnx")
    assert capfd.readouterr() == ("", "")


def test_the_keras_and_litert_formats(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["dense"])
    package_run(run, tmp_path / "copy.keras")
    noisy = noisy_images(2, *SHAPE)
    expected = keras.ops.convert_to_numpy(run.load_model("autoencoder")(noisy))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(load_model(tmp_path / "copy.keras")(noisy)), expected)

    assert "model.tflite" in package_run(run, tmp_path / "model.tflite", format="litert")
    assert (tmp_path / "model.tflite").read_bytes()[4:8] == b"TFL3"
    assert entries(tmp_path) == ["copy.keras", "model.tflite", "run"]


def test_the_openvino_format(tmp_path):
    openvino = pytest.importorskip("openvino")
    run = untrained_run(tmp_path / "run", MODELS["dense"])
    package_run(run, tmp_path / "model.xml")
    assert entries(tmp_path) == ["model.bin", "model.xml", "run"]
    noisy = noisy_images(2, *SHAPE)
    expected = keras.ops.convert_to_numpy(run.load_model("autoencoder")(noisy))
    compiled = openvino.compile_model(str(tmp_path / "model.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.testing.assert_allclose(next(iter(compiled(noisy).values())), expected, atol=1e-5)
    with pytest.raises(OutputError, match="exists already"):
        package_run(run, tmp_path / "model.xml", format="openvino")
    (tmp_path / "model.xml").unlink()
    with pytest.raises(OutputError, match=r"model\.bin exists already"):
        package_run(run, tmp_path / "model.xml", format="openvino")
    package_run(run, tmp_path / "model.xml", format="openvino", overwrite=True)


@pytest.mark.parametrize("name", ["convolutional", "unet", "bias-free-unet"])
def test_tiles_give_what_one_run_gives(tmp_path, name, monkeypatch):
    package_run(untrained_run(tmp_path / "run", MODELS[name], shape=(8, 12, 3)), tmp_path / "model.onnx")
    denoiser = load(tmp_path / "model.onnx")
    card = denoiser.metadata
    assert card.receptive_field < 64
    rng = np.random.default_rng(0)
    side = 3 * (card.receptive_field + card.stride)
    for height, width in [(200, 150), (97, 203), (1, 300), (300, 3), (side, side), (side + 1, 2 * side - 1)]:
        for sigma in (0, 0.1, 0.3):
            image = rng.normal(0.5, sigma, (height, width, 3)).astype(np.float32)
            whole = denoiser.denoise(image, DenoiseOptions(tile=None))
            np.testing.assert_allclose(denoiser.denoise(image, DenoiseOptions(tile=side)), whole, atol=1 / 65535)
    monkeypatch.setattr("unnoise.inference.network.CHUNK_PIXELS", 9000)
    batch = rng.random((2, 200, 150, 3), np.float32)
    np.testing.assert_allclose(
        denoiser.denoise(batch), denoiser.denoise(batch, DenoiseOptions(tile=None)), atol=1 / 65535
    )
    with pytest.raises(InputError, match="are too small for this model"):
        denoiser.denoise(batch, DenoiseOptions(tile=card.stride))


def test_the_largest_possible_tile_is_one_run(tmp_path):
    package_run(untrained_run(tmp_path / "run", MODELS["unet"]), tmp_path / "model.onnx")
    image = np.random.default_rng(0).random((50, 40), np.float32)
    denoiser = load(tmp_path / "model.onnx")
    np.testing.assert_array_equal(
        denoiser.denoise(image, DenoiseOptions(tile=52)), denoiser.denoise(image, DenoiseOptions(tile=None))
    )
    for tile in (0, 2.5, "large"):
        with pytest.raises(InputError, match="tile must be a whole number"):
            denoiser.denoise(image, DenoiseOptions(tile=tile))


def test_half_the_size_and_the_answer_of_the_rounded_weights(tmp_path):
    run = untrained_run(tmp_path / "run", MODELS["bias-free-unet"] | {"filters": [16, 32]})
    sizes = {}
    for half in (False, True):
        path = tmp_path / f"{half}.onnx"
        package_run(run, path, half=half)
        onnx.checker.check_model(onnx.load(path))
        sizes[half] = path.stat().st_size
    assert sizes[True] < 0.6 * sizes[False]
    model = run.load_model("autoencoder")
    noisy = noisy_images(2, *SHAPE)
    exact = keras.ops.convert_to_numpy(model(noisy))
    model.set_weights([weights.astype(np.float16).astype(np.float32) for weights in model.get_weights()])
    rounded = keras.ops.convert_to_numpy(model(noisy))
    answer = load(tmp_path / "True.onnx").denoise(noisy)
    assert abs(answer - rounded).max() < 1e-5
    assert abs(exact - rounded).max() > 1e-5
    with pytest.raises(UsageError, match="of the format onnx only; received the format keras"):
        package_run(run, tmp_path / "model.keras", format="keras", half=True)
