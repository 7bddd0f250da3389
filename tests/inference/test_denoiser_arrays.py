"""The answer has the shape, dtype and range of the question; with an identity network it is the question."""

import numpy as np
import pytest

from unnoise.errors import InputError, ModelFileError
from unnoise.inference import DenoiseOptions, load

SHAPES = [(1, 1), (1, 7), (5, 4), (33, 47), (6, 5, 1), (6, 5, 3), (2, 6, 5, 1), (3, 1, 1, 3), (70, 4, 3, 1)]
DTYPES = ["uint8", "uint16", ">u2", "float16", "float32", "float64"]


def pixels(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "u":
        return rng.integers(0, np.iinfo(kind).max, shape, endpoint=True, dtype=kind.newbyteorder("=")).astype(kind)
    return rng.normal(0.5, 0.5, shape).astype(kind)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_identity_network_gives_equal_pixels(model_file, shape, dtype, channels):
    image = pixels(shape, dtype)
    before = image.copy()
    answer = load(model_file(input_shape=(None, None, channels))).denoise(image)
    assert answer.shape == image.shape
    assert answer.dtype == image.dtype
    # The network computes in float32, which is all of the smaller types and 24 bits of float64.
    np.testing.assert_allclose(answer, image, rtol=1e-7 if dtype == "float64" else 0)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("values", [np.arange(256, dtype=np.uint8), np.arange(65536, dtype=np.uint16)], ids=["8", "16"])
def test_every_integer_value_comes_back(model_file, values):
    image = values.reshape(16, -1)
    np.testing.assert_array_equal(load(model_file()).denoise(image), image)
    np.testing.assert_array_equal(load(model_file()).denoise(image, DenoiseOptions(strength=0.3)), image)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2), (4, 8), (33, 47)], ids=str)
def test_any_size_is_mirrored_to_the_stride_and_cropped_back(model_file, size):
    image = pixels(size, "float32")
    np.testing.assert_array_equal(load(model_file("blocks", stride=4)).denoise(image), image)


def test_the_border_is_mirrored_with_the_edge_pixel_repeated(model_file):
    """The mean over the padded image tells which pixels the padding holds."""
    image = np.array([[0.0, 0.3, 0.9]], np.float32)
    answer = load(model_file("mean", stride=4)).denoise(image)
    np.testing.assert_allclose(answer, np.full((1, 3), np.mean([0.0, 0.3, 0.9, 0.9])), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_strength_mixes_input_and_answer(model_file, dtype):
    image = pixels((5, 6), dtype)
    denoiser = load(model_file("half"))
    for strength in (0, 0.25, 1):
        expected = image.astype(np.float64) * (1 - strength / 2)
        tolerance = 0.5001 if image.dtype.kind == "u" else 2e-3 if dtype == "float16" else 1e-6
        np.testing.assert_allclose(denoiser.denoise(image, DenoiseOptions(strength=strength)), expected, atol=tolerance)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_the_channel_axis_may_be_anywhere(model_file, axis):
    image = pixels((4, 5, 3), "float32")
    moved = np.ascontiguousarray(np.moveaxis(image, -1, axis))
    denoiser = load(model_file("mean", input_shape=(None, None, 3)))
    np.testing.assert_array_equal(
        np.moveaxis(denoiser.denoise(moved, channel_axis=axis), axis, -1), denoiser.denoise(image)
    )


def test_without_channel_axis_three_axes_are_gray_images(model_file):
    batch = pixels((3, 4, 28), "float32")
    answer = load(model_file("mean")).denoise(batch, channel_axis=None)
    np.testing.assert_allclose(answer, np.broadcast_to(batch.mean(axis=(1, 2), keepdims=True), batch.shape), rtol=1e-5)


def test_a_gray_model_takes_the_channels_of_a_colour_image_one_by_one(model_file):
    batch = pixels((2, 4, 5, 3), "float32")
    answer = load(model_file("mean")).denoise(batch)
    np.testing.assert_allclose(answer, np.broadcast_to(batch.mean(axis=(1, 2), keepdims=True), batch.shape), rtol=1e-5)


def test_a_batch_in_chunks_equals_its_images_alone(model_file, monkeypatch):
    monkeypatch.setattr("unnoise.inference.network.CHUNK_PIXELS", 50)
    batch = pixels((7, 4, 5, 1), "float32")
    denoiser = load(model_file("mean"))
    alone = np.stack([denoiser.denoise(image) for image in batch])
    np.testing.assert_allclose(denoiser.denoise(batch), alone, rtol=1e-6)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_nan_and_infinite_pixels_become_their_channels_mean(model_file, strength):
    image = np.full((4, 4, 3), 0.25, np.float32)
    image[0, 0, 0], image[1, 2, 1], image[3, 3, 2] = np.nan, np.inf, -np.inf
    image[:, 0, 1] = 0.75
    answer = load(model_file()).denoise(image, DenoiseOptions(strength=strength))
    assert np.isfinite(answer).all()
    assert answer[0, 0, 0] == 0.25
    assert answer[1, 2, 1] == pytest.approx((4 * 0.75 + 11 * 0.25) / 15)
    assert np.isfinite(load(model_file()).denoise(np.full((2, 2), np.nan))).all()


def test_data_range_is_the_value_of_white(model_file):
    denoiser = load(model_file("half"))
    image = pixels((4, 4), "float64") * 255
    np.testing.assert_allclose(denoiser.denoise(image, data_range=255), image / 2, atol=1e-4)
    twelve_bits = np.array([[0, 100, 4095]], np.uint16)
    np.testing.assert_array_equal(denoiser.denoise(twelve_bits, data_range=4095), [[0, 50, 2048]])
    np.testing.assert_array_equal(denoiser.denoise(np.array([[200]], np.int32), data_range=255), [[100]])
    # White past the dtype must not wrap around.
    np.testing.assert_array_equal(load(model_file()).denoise(np.array([[255]], np.uint8), data_range=1023), [[255]])


def test_floats_past_the_range_are_not_clipped(model_file):
    image = np.array([[-0.7, 1.9]], np.float32)
    np.testing.assert_array_equal(load(model_file()).denoise(image), image)


@pytest.mark.parametrize(
    ("image", "options", "says"),
    [
        (np.zeros((2, 2), bool), {}, "bool"),
        (np.zeros((2, 2), complex), {}, "complex128"),
        (np.full((2, 2), None), {}, "object"),
        (np.zeros((2, 2), np.int64), {}, "data_range"),
        (np.zeros(3), {}, r"\(3,\)"),
        (np.float32(1), {}, r"\(\)"),
        (np.zeros((1, 2, 2, 2, 1)), {}, r"\(1, 2, 2, 2, 1\)"),
        (np.zeros((0, 4)), {}, r"\(0, 4\)"),
        (np.zeros((0, 4, 4, 1)), {}, r"\(0, 4, 4, 1\)"),
        (np.zeros((4, 4, 4)), {}, "4.*alpha"),
        (np.zeros((9, 28, 28)), {}, "28.*channel_axis=None"),
        (np.zeros((4, 4, 3)), {"channel_axis": 3}, "channel_axis is 3"),
        (np.zeros((2, 4, 4, 3)), {"channel_axis": 0}, "channel_axis cannot be 0"),
        (np.zeros((2, 4, 4, 3)), {"channel_axis": None}, "channel_axis"),
        (np.full((2, 2), 200.0), {}, "200.*data_range"),
        (np.full((2, 2), -9.0), {}, "-9.*data_range"),
        (np.full((2, 2), 1e300), {}, "data_range"),
        (np.full((2, 2), 1e6), {"data_range": 255}, "data_range"),
        (np.zeros((2, 2)), {"data_range": 0}, "data_range"),
        (np.zeros((2, 2)), {"data_range": float("nan")}, "data_range"),
        (np.zeros((2, 2)), {"data_range": "255"}, "data_range"),
    ],
)
def test_what_is_no_image_is_one_clear_error(model_file, image, options, says):
    with pytest.raises(InputError, match=says):
        load(model_file()).denoise(image, **options)


@pytest.mark.parametrize("size", [(32, 30), (28, 29), (1, 1)], ids=str)
def test_a_model_of_fixed_size_names_its_own_and_the_received(model_file, size):
    denoiser = load(model_file(input_shape=(28, 28, 1)))
    assert denoiser.denoise(np.zeros((28, 28))).shape == (28, 28)
    with pytest.raises(ModelFileError, match=f"28×28.*{size[0]}×{size[1]}"):
        denoiser.denoise(np.zeros(size))


def test_a_network_that_fails_or_answers_nonsense_is_a_model_error(model_file):
    with pytest.raises(ModelFileError, match="5×6"):
        load(model_file("blocks", stride=1)).denoise(np.zeros((5, 6)))
    with pytest.raises(ModelFileError, match="not finite"):
        load(model_file("nan")).denoise(np.zeros((5, 6)))


class TestClassify:
    """The composite of these tests gives (1 - mean, mean)."""

    def test_probabilities_and_names(self, model_file):
        denoiser = load(model_file(kind="composite", classes=("dark", "bright")))
        batch = np.stack([np.full((4, 4, 1), 0.25), np.full((4, 4, 1), 0.875)])
        answer = denoiser.classify(batch)
        np.testing.assert_allclose(answer.probabilities, [[0.75, 0.25], [0.125, 0.875]])
        np.testing.assert_array_equal(answer.labels, [0, 1])
        assert str(answer) == "dark (75%), bright (88%)"
        assert str(denoiser.classify(np.full((4, 4), 255, np.uint8))) == "bright (100%)"
        np.testing.assert_array_equal(denoiser.denoise(batch), batch)

    def test_a_denoiser_without_classes_says_so(self, model_file):
        with pytest.raises(ModelFileError, match="no classifier"):
            load(model_file()).classify(np.zeros((4, 4)))

    def test_channels_and_classes_must_fit(self, model_file):
        with pytest.raises(ModelFileError, match="1 channels"):
            load(model_file(kind="composite", classes=("a", "b"))).classify(np.zeros((4, 4, 3)))
        with pytest.raises(ModelFileError, match="wrong shapes"):
            load(model_file(kind="composite", classes=("a", "b", "c"))).classify(np.zeros((4, 4)))
