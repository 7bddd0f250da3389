"""Files through the real path, with a network that changes nothing: whatever differs is our doing."""

import functools
import io
import json

import numpy as np
import onnx
import PIL.Image
import pytest
import pyvips
from typer.testing import CliRunner

from onnx_models import build
from unnoise.cli.app import app
from unnoise.errors import InputError, ModelFileError, OutputError, UsageError
from unnoise.files import denoise_file
from unnoise.imaging.formats import FORMATS
from unnoise.imaging.image_file import open_image
from unnoise.inference import DenoiseOptions, load


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "identity.onnx"
    # Stride and receptive field as the packaged network has them, so that images go in tiles.
    onnx.save(build("identity", input_shape=(None, None, 3), stride=8, receptive_field=33), path)
    return load(path)


def samples(dtype, shape, seed=0):
    values = np.random.default_rng(seed).random(shape)
    return values.astype(dtype) if dtype == "float32" else np.rint(values * np.iinfo(dtype).max).astype(dtype)


def write(path, pixels, **options):
    interpretation = {1: "b-w", 2: "b-w", 3: "srgb", 4: "srgb"}[pixels.shape[2]]
    if pixels.dtype == np.uint16:
        interpretation = {"b-w": "grey16", "srgb": "rgb16"}[interpretation]
    if pixels.dtype == np.float32 and pixels.shape[2] > 2:
        interpretation = "scrgb"
    image = pyvips.Image.new_from_array(pixels).copy(interpretation=interpretation)
    image.write_to_file(str(path), **options)


def read(path):
    return open_image(path).read()


LOSSLESS = [
    (".png", "uint8", {}), (".png", "uint16", {}),
    (".tif", "uint8", {}), (".tif", "uint16", {}), (".tif", "float32", {}),
    (".webp", "uint8", {"lossless": True, "exact": True}), (".avif", "uint8", {"lossless": True}),
    (".avif", "uint16", {"lossless": True, "bitdepth": 12}),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "dtype", "options"), LOSSLESS)
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 90), (70, 33)])
def test_lossless_files_keep_every_pixel_and_alpha(tmp_path, identity, suffix, dtype, options, bands, size):
    write(tmp_path / f"in{suffix}", samples(dtype, (*size, bands)), **options)
    before = read(tmp_path / f"in{suffix}")
    report = denoise_file(
        tmp_path / f"in{suffix}", tmp_path / f"out{suffix}", model=identity,
        options=DenoiseOptions(max_memory=400 * 48 * 48),
    )  # fmt: skip
    after = read(tmp_path / f"out{suffix}")
    assert after.dtype == before.dtype
    np.testing.assert_array_equal(after, before)
    assert report.unchanged == ""
    assert report.mean_drift == pytest.approx(0, abs=1e-6)
    assert report.alpha == (before.shape[2] in (2, 4))


@pytest.mark.parametrize("suffix", [".bmp", ".ppm", ".pgm"])
def test_files_of_pillow_keep_every_pixel(tmp_path, identity, suffix):
    pixels = samples("uint8", (20, 30) if suffix == ".pgm" else (20, 30, 3))
    PIL.Image.fromarray(pixels).save(tmp_path / f"in{suffix}")
    denoise_file(tmp_path / f"in{suffix}", tmp_path / f"out{suffix}", model=identity)
    with PIL.Image.open(tmp_path / f"out{suffix}") as after:
        np.testing.assert_array_equal(np.asarray(after), pixels)


@pytest.mark.parametrize(("quality", "expected"), [(80, 95), (98, 98)])
@pytest.mark.parametrize("bands", [1, 3])
def test_jpeg_is_encoded_once_with_the_better_quality(tmp_path, identity, quality, expected, bands):
    write(tmp_path / "in.jpg", samples("uint8", (40, 50, bands)), Q=quality)
    denoise_file(tmp_path / "in.jpg", tmp_path / "out.jpg", model=identity)
    decoded = pyvips.Image.new_from_file(str(tmp_path / "in.jpg"))
    direct = pyvips.Image.new_from_buffer(decoded.jpegsave_buffer(Q=expected), "")
    np.testing.assert_array_equal(read(tmp_path / "out.jpg"), direct.numpy().reshape(40, 50, bands))


def metadata_of(path):
    """EXIF tags, XMP and ICC profile as Pillow reads them."""
    with PIL.Image.open(path) as image:
        exif = image.getexif()
        tags = {tag: exif[tag] for tag in (0x010F, 0x0110, 0x0112) if tag in exif}
        if tags.get(0x0112) == 1:  # upright, which goes without saying
            del tags[0x0112]
        inner = exif.get_ifd(0x8769)
        tags |= {tag: inner[tag] for tag in (0x9003, 0x829A, 0x8827) if tag in inner}
        return tags, image.info.get("xmp"), image.info.get("icc_profile"), image.info.get("dpi")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif"])
def test_metadata_stays_where_the_format_holds_it(tmp_path, identity, suffix):
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model"
    if suffix != ".avif":  # whose own orientation is applied when it is decoded
        exif[0x0112] = 6
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x829A], inner[0x8827] = "2020:01:02 03:04:05", (1, 125), 3200
    profile = pyvips.Image.new_from_array(samples("uint8", (9, 9, 3))).icc_transform("p3", input_profile="srgb")
    icc = profile.get("icc-profile-data")
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a/></x:xmpmeta>'
    options = {"lossless": True} if suffix == ".webp" else {}
    if suffix in (".jpg", ".webp", ".avif"):
        options["xmp"] = xmp
    image = PIL.Image.fromarray(samples("uint8", (40, 50, 3)))
    image.save(tmp_path / f"in{suffix}", exif=exif.tobytes(), icc_profile=icc, dpi=(300, 300), **options)
    report = denoise_file(tmp_path / f"in{suffix}", tmp_path / f"out{suffix}", model=identity)
    before, after = metadata_of(tmp_path / f"in{suffix}"), metadata_of(tmp_path / f"out{suffix}")
    assert before[0] == after[0]
    assert len(before[0]) == (5 if suffix == ".avif" else 6)
    assert before[1:3] == after[1:3]
    assert before[2] == icc
    if suffix in (".jpg", ".png", ".tif"):
        assert after[3] == pytest.approx((300, 300), abs=0.5)
    assert "EXIF" in report.metadata_kept
    assert "ICC profile" in report.metadata_kept
    assert report.metadata_lost == []


@pytest.mark.parametrize(("first", "second"), [(".tif", ".jpg"), (".jpg", ".tif"), (".tif", ".png")])
def test_exif_moves_between_tiff_and_the_others(tmp_path, identity, first, second):
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model", 6
    inner, place = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    inner[0x9003], inner[0x829A], inner[0x8827] = "2020:01:02 03:04:05", (1, 125), 3200
    place[1], place[2] = "N", (52.0, 31.0, 12.5)
    image = PIL.Image.fromarray(samples("uint8", (40, 50, 3)))
    image.save(tmp_path / f"in{first}", exif=exif.tobytes())
    report = denoise_file(tmp_path / f"in{first}", tmp_path / f"out{second}", model=identity)
    assert report.metadata_kept == ["EXIF"]
    assert len(metadata_of(tmp_path / f"in{first}")[0]) == 6
    assert metadata_of(tmp_path / f"out{second}")[0] == metadata_of(tmp_path / f"in{first}")[0]
    with PIL.Image.open(tmp_path / f"out{second}") as after:
        assert after.getexif().get_ifd(0x8825) == {1: "N", 2: (52.0, 31.0, 12.5)}


def test_a_damaged_exif_directory_is_no_reason_to_refuse_a_tiff(tmp_path, identity):
    image = PIL.Image.fromarray(samples("uint8", (40, 50, 3)))
    image.save(tmp_path / "in.tif", tiffinfo={0x8769: 1 << 30})
    denoise_file(tmp_path / "in.tif", tmp_path / "out.tif", model=identity)
    np.testing.assert_array_equal(read(tmp_path / "out.tif"), np.asarray(image))


def test_stripping_leaves_what_the_picture_needs(tmp_path, identity):
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    PIL.Image.fromarray(samples("uint8", (40, 50, 3))).save(tmp_path / "in.jpg", exif=exif.tobytes())
    report = denoise_file(tmp_path / "in.jpg", tmp_path / "out.jpg", model=identity, strip_metadata=True)
    assert metadata_of(tmp_path / "out.jpg")[0] == {0x0112: 6}
    assert report.metadata_lost == ["EXIF"]


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """A network that halves all values, by which images darker than 2 of 255 are clean."""
    path = tmp_path_factory.mktemp("model") / "half.onnx"
    onnx.save(build("half", input_shape=(None, None, 3), clean_threshold=1 / 255), path)
    return load(path)


def test_nothing_to_do_gives_the_same_bytes(tmp_path, half):
    dark = samples("uint8", (80, 90, 3)) // 100
    write(tmp_path / "in.png", dark, compression=1)
    for name, options in (("gate.png", {}), ("zero.png", {"strength": 0, "skip_clean": False})):
        report = denoise_file(tmp_path / "in.png", tmp_path / name, model=half, options=DenoiseOptions(**options))
        assert report.unchanged
        assert (tmp_path / name).read_bytes() == (tmp_path / "in.png").read_bytes()
    other = denoise_file(tmp_path / "in.png", tmp_path / "other.tif", model=half)
    assert other.unchanged == "no noise was found"
    np.testing.assert_array_equal(read(tmp_path / "other.tif"), dark)
    forced = denoise_file(
        tmp_path / "in.png", tmp_path / "forced.png", model=half, options=DenoiseOptions(skip_clean=False)
    )
    assert forced.unchanged == ""
    assert 0 < forced.noise < 1 / 255


@pytest.mark.parametrize("options", [{}, {"strength": 0}, {"sigma": 0}])
@pytest.mark.parametrize("dark", [False, True])
def test_holes_are_filled_even_where_all_else_is_left_as_it_is(tmp_path, half, options, dark):
    image = (samples("float32", (40, 50, 3)) / (200 if dark else 1)).astype(np.float32)
    image[3, 4] = np.nan
    write(tmp_path / "a.tif", image)
    options = DenoiseOptions(**options)
    report = denoise_file(tmp_path / "a.tif", tmp_path / "b.tif", model=half, options=options)
    result = read(tmp_path / "b.tif")
    assert np.isfinite(result).all()
    assert "NaN" in report.notes[0]
    np.testing.assert_allclose(result, half.denoise(image, options), rtol=1e-5)
    if report.unchanged:
        seen = np.isfinite(image)
        np.testing.assert_array_equal(result[seen], image[seen])
    assert bool(report.unchanged) == (dark or options.changes_nothing)


def test_hidden_pixels_do_not_count_for_the_noise(tmp_path, half):
    pixels = np.concatenate([samples("uint8", (96, 96, 3)) // 200, np.full((96, 96, 1), 255, np.uint8)], axis=2)
    pixels[:, 32:] = samples("uint8", (96, 64, 4), seed=1)
    pixels[:, 32:, 3] = 0
    write(tmp_path / "a.png", pixels)
    report = denoise_file(tmp_path / "a.png", tmp_path / "b.png", model=half)
    assert report.unchanged == "no noise was found"
    pixels[:, 32:, 3] = 255
    write(tmp_path / "c.png", pixels)
    assert denoise_file(tmp_path / "c.png", tmp_path / "d.png", model=half).unchanged == ""


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_gray_held_as_rgb_stays_gray(tmp_path, suffix):
    gray = np.clip(np.random.default_rng(0).normal(128, 25, (60, 70, 1)), 0, 255).astype(np.uint8)
    write(tmp_path / f"a{suffix}", gray.repeat(3, axis=2))
    denoise_file(tmp_path / f"a{suffix}", tmp_path / f"b{suffix}")
    result = read(tmp_path / f"b{suffix}")
    assert (result == result[..., :1]).all()
    assert result.std() < 5
    np.testing.assert_array_equal(result, load().denoise(gray.repeat(3, axis=2)))
    np.testing.assert_array_equal(result[..., 0], load().denoise(gray[..., 0]))


@pytest.mark.parametrize("options", [{"self_ensemble": 4}, {"sigma": 30 / 255}, {"sigma": 9 / 255, "strength": 0.6}])
def test_files_are_answered_as_arrays_are(tmp_path, options):
    from skimage import data

    pixels = data.chelsea()[:80, :70].astype(np.float32) / 255
    noisy = (pixels + np.random.default_rng(0).normal(0, 15 / 255, pixels.shape)).astype(np.float32)
    write(tmp_path / "a.tif", noisy)
    denoise_file(tmp_path / "a.tif", tmp_path / "b.tif", options=DenoiseOptions(**options))
    np.testing.assert_allclose(read(tmp_path / "b.tif"), load().denoise(noisy, DenoiseOptions(**options)), atol=1e-5)


def test_content_is_taken_like_a_file(tmp_path, identity):
    buffer = io.BytesIO()
    pixels = samples("uint8", (30, 20, 3))
    PIL.Image.fromarray(pixels).save(buffer, "PNG")
    report = denoise_file(buffer.getvalue(), tmp_path / "out.png", model=identity)
    np.testing.assert_array_equal(read(tmp_path / "out.png"), pixels)
    assert report.source == "the data"


@pytest.mark.parametrize(("given", "wanted"), [(None, "PNG"), ("tif", "TIFF"), (".tif", "TIFF")])
def test_a_file_object_is_written_like_a_file(identity, given, wanted):
    source, sink = io.BytesIO(), io.BytesIO()
    pixels = samples("uint8", (30, 20, 3))
    PIL.Image.fromarray(pixels).save(source, "PNG")
    report = denoise_file(source.getvalue(), sink, model=identity, format=given)
    with PIL.Image.open(sink) as image:
        assert image.format == wanted
        np.testing.assert_array_equal(np.asarray(image), pixels)
    assert report.target == "memory"
    copied = io.BytesIO()
    denoise_file(source.getvalue(), copied, model=identity, options=DenoiseOptions(strength=0))
    assert copied.getvalue() == source.getvalue()


def test_the_model_is_loaded_once_until_its_file_changes(tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    onnx.save(build("identity", input_shape=(None, None, 3)), path)
    write(tmp_path / "a.png", samples("uint8", (8, 8, 3)))
    loaded = []
    monkeypatch.setattr("unnoise.inference.loading.load", lambda *a, **b: loaded.append(a) or load(*a, **b))
    for number in range(3):
        denoise_file(tmp_path / "a.png", tmp_path / f"{number}.png", model=path)
    assert len(loaded) == 1
    onnx.save(build("half", input_shape=(None, None, 3)), path)
    denoise_file(tmp_path / "a.png", tmp_path / "4.png", model=path)
    assert len(loaded) == 2
    assert read(tmp_path / "4.png").mean() < 0.6 * read(tmp_path / "a.png").mean()


def test_wrong_outputs_are_refused_and_nothing_is_left(tmp_path, identity):
    write(tmp_path / "in.png", samples("uint8", (30, 20, 4)))
    cases = {
        "in.png": (InputError, "is the input itself"), "out.jpg": (OutputError, "JPEG holds no transparency"),
        "out.xyz": (UsageError, "unknown suffix"), "no/out.png": (OutputError, "does not exist"),
    }  # fmt: skip
    for name, (error, message) in cases.items():
        with pytest.raises(error, match=message):
            denoise_file(tmp_path / "in.png", tmp_path / name, model=identity)
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


@pytest.mark.parametrize(("option", "reason"), [({"sigma": 0}, "sigma is 0"), ({"strength": 0}, "strength is 0")])
def test_why_a_file_is_left_as_it_is_is_told(tmp_path, identity, option, reason):
    write(tmp_path / "a.png", samples("uint8", (40, 40, 3)))
    report = denoise_file(tmp_path / "a.png", tmp_path / "b.png", model=identity, options=DenoiseOptions(**option))
    assert report.unchanged == reason
    assert report.noise is None


def test_a_file_that_nothing_is_done_to_may_have_any_size(tmp_path):
    onnx.save(build("identity", input_shape=(28, 28, 1)), tmp_path / "model.onnx")
    write(tmp_path / "a.png", samples("uint8", (40, 40, 3)))
    denoise = functools.partial(denoise_file, tmp_path / "a.png", tmp_path / "b.png", model=tmp_path / "model.onnx")
    with pytest.raises(ModelFileError, match=r"28×28.*40×40"):
        denoise()
    assert denoise(options=DenoiseOptions(strength=0)).unchanged == "strength is 0"


@pytest.mark.parametrize("rows", [1, 130])
def test_holes_of_float_files_are_filled_as_those_of_arrays(tmp_path, identity, rows):
    image = np.broadcast_to(np.array([0.1, 0.4, 0.9], np.float32), (130, 40, 3)).copy()
    image += np.linspace(0, 0.05, 130, dtype=np.float32).reshape(-1, 1, 1)
    image[:rows, 5:25] = np.nan
    image[0, 30] = -np.inf
    write(tmp_path / "holes.tif", image)
    denoise_file(tmp_path / "holes.tif", tmp_path / "out.tif", model=identity)
    result = read(tmp_path / "out.tif")
    np.testing.assert_allclose(result, identity.denoise(image), atol=1e-5)
    finite = np.isfinite(image)
    np.testing.assert_array_equal(result[finite], image[finite])
    means = [image[..., c][finite[..., c]].mean() for c in range(3)]
    np.testing.assert_allclose(result[0, 30], means, atol=1e-5)


def test_float_files_of_another_range_are_refused(tmp_path, identity):
    write(tmp_path / "far.tif", 255 * samples("float32", (40, 40, 3)))
    with pytest.raises(InputError, match=r"far\.tif reach from 0 to 25\d.*, far outside 0 to 1") as error:
        denoise_file(tmp_path / "far.tif", tmp_path / "out.tif", model=identity)
    assert error.value.remedy == "white"
    assert not (tmp_path / "out.tif").exists()


def test_a_missing_source_is_told_where_the_target_exists(tmp_path, identity):
    write(tmp_path / "there.png", samples("uint8", (8, 8, 3)))
    with pytest.raises(InputError, match=r"absent\.png"):
        denoise_file(tmp_path / "absent.png", tmp_path / "there.png", model=identity)


@pytest.mark.parametrize(("body", "stride", "says"), [("nan", 1, "not finite"), ("blocks", 1, "cannot process")])
def test_a_network_that_fails_is_one_error_and_leaves_nothing(tmp_path, body, stride, says):
    onnx.save(build(body, input_shape=(None, None, 3), stride=stride, receptive_field=1), tmp_path / "model.onnx")
    write(tmp_path / "a.png", samples("uint8", (41, 37, 3)))
    with pytest.raises(ModelFileError, match=says):
        denoise_file(tmp_path / "a.png", tmp_path / "b.png", model=load(tmp_path / "model.onnx"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "model.onnx"]


def test_the_report_of_standard_output_names_it(tmp_path):
    write(tmp_path / "a.png", samples("uint8", (40, 40, 3)))
    report = tmp_path / "report.json"
    done = CliRunner().invoke(app, ["denoise", str(tmp_path / "a.png"), "-o", "-", "--report", str(report)])
    assert done.exit_code == 0, done.output
    (entry,) = json.loads(report.read_text())["files"]
    assert entry["target"] == "standard output"


@pytest.mark.parametrize("name", ["new/", "new/deeper/"])
def test_a_folder_that_ends_in_a_slash_is_made(tmp_path, name):
    write(tmp_path / "a.png", samples("uint8", (20, 20, 3)))
    done = CliRunner().invoke(app, ["denoise", str(tmp_path / "a.png"), "-o", f"{tmp_path}/{name}", "--strength", "0"])
    assert done.exit_code == 0, done.output
    assert "left as it is, strength is 0" in done.output
    assert (tmp_path / name / "a.png").read_bytes() == (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize("report", ["missing/report.json", "."])
def test_a_report_that_cannot_be_written_is_told_before_the_work(tmp_path, report):
    write(tmp_path / "a.png", samples("uint8", (20, 20, 3)))
    arguments = ["denoise", str(tmp_path / "a.png"), "--report", str(tmp_path / report)]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, OutputError)
    assert "--report" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_format_gives_a_name_without_suffix_its_suffix(tmp_path):
    write(tmp_path / "a.png", samples("uint8", (40, 40, 3)))
    done = CliRunner().invoke(app, ["denoise", str(tmp_path / "a.png"), "--format", "tif", "-o", str(tmp_path / "b")])
    assert done.exit_code == 0, done.output
    assert open_image(tmp_path / "b.tif").format is FORMATS[".tif"]


@pytest.mark.parametrize("option", ["--strength", "--chroma", "--sigma", "--max-pixels"])
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_no_number_is_wrong_usage(tmp_path, option, value):
    write(tmp_path / "a.png", samples("uint8", (8, 8, 3)))
    done = CliRunner().invoke(app, ["denoise", str(tmp_path / "a.png"), option, value])
    assert done.exit_code == 2, done.output
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
