"""Stacks through an identity network: pixels, structure and what is said of them come back, read by tifffile."""

import io

import numpy as np
import onnx
import pytest
import tifffile
from made_stacks import COLOUR, STACK, denoised, stack

from onnx_models import build
from unnoise.errors import OutputError, UsageError
from unnoise.frames import writing
from unnoise.inference import DenoiseOptions, load

TABLE = np.zeros((3, 256), np.uint8)
TABLE[1] = np.arange(256)
IMAGEJ = {
    "imagej": True, "resolution": (1 / 0.1625, 1 / 0.1625),
    "metadata": {"axes": "ZYX", "unit": "um", "spacing": 0.5, "LUTs": [TABLE], "Ranges": (0.0, 4000.0),
                 "Info": "Objective = 60x", "Labels": list("abcde")},
}  # fmt: skip
OME = {"ome": True, "metadata": {"axes": "TYX", "PhysicalSizeX": 0.1625, "PhysicalSizeXUnit": "µm"}}
KINDS = {
    "plain": (STACK, {}), "big-endian": (STACK, {"byteorder": ">"}), "big": (STACK, {"bigtiff": True}),
    "ImageJ": (STACK, IMAGEJ), "ImageJ, big-endian": (STACK, IMAGEJ | {"byteorder": ">"}), "OME": (STACK, OME),
    "hyperstack": (COLOUR, {"imagej": True, "photometric": "rgb"}),
    "OME, channels": (COLOUR[..., 0], {"ome": True, "metadata": {"axes": "ZCYX"}}),
    "float": (STACK / np.float32(5000), {"imagej": True}), "8 bit": (COLOUR[:, 0], {"photometric": "rgb"}),
    "one directory": (STACK, {"truncate": True}), "ImageJ, one directory": (STACK, {"imagej": True, "truncate": True}),
}  # fmt: skip


def described(content):
    """Return what tifffile says of a file: structure, resolution, and the metadata of ImageJ or OME."""
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        (series,) = file.series
        tags = file.pages[0].tags
        unit = tags["ResolutionUnit"].value if "ResolutionUnit" in tags else None
        ratio = tags["XResolution"].value if "XResolution" in tags else (1, 1)
        return series.axes, series.shape, series.dtype, unit or 1, ratio, repr(file.imagej_metadata), file.ome_metadata


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strength", [1, 0.5])
def test_a_stack_comes_back_whole(identity, kind, strength):
    pixels, options = KINDS[kind]
    source = stack(pixels, **options)
    content, report = denoised(identity, source, options=DenoiseOptions(strength=strength))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        np.testing.assert_array_equal(file.asarray(), pixels)
        assert len(file.pages) == report.frames == pixels.size // tifffile.imread(io.BytesIO(source), key=0).size
    assert described(content) == described(source)
    assert (report.metadata_lost, report.notes) == ([], [])


def test_every_page_keeps_its_own_tags(identity):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for number, page in enumerate(STACK):
            writer.write(
                page, metadata=None, description=f"page {number}", resolution=(100 + number, 100), contiguous=False
            )
    content, _ = denoised(identity, file.getvalue())
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        found = [(page.description, page.tags["XResolution"].value[0]) for page in after.pages]
    assert found == [(f"page {number}", 100 + number) for number in range(5)]


def test_pages_that_differ_are_looked_at_one_by_one(identity, tmp_path):
    onnx.save(build("half", input_shape=(None, None, 3), clean_threshold=0.05), tmp_path / "half.onnx")
    file = io.BytesIO()
    rng = np.random.default_rng(2)
    noisy = np.clip(rng.normal(128, 40, (64, 64)), 0, 255).astype(np.uint8)
    with tifffile.TiffWriter(file) as writer:
        writer.write(noisy, metadata=None)
        writer.write(np.zeros((32, 48, 3), np.uint8), photometric="rgb", metadata=None)
    content, report = denoised(load(tmp_path / "half.onnx", threads=1), file.getvalue())
    assert report.notes == ["1 of 2 frames left as they are, no noise was found"]
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        assert [page.shape for page in after.pages] == [(64, 64), (32, 48, 3)]
        assert after.pages[0].asarray().mean() < 0.6 * noisy.mean()
    content, _ = denoised(identity, file.getvalue())
    with tifffile.TiffFile(io.BytesIO(content)) as after:
        np.testing.assert_array_equal(after.pages[0].asarray(), noisy)


def test_frames_of_a_stack_have_one_white_and_one_treatment(tmp_path):
    """The last frame alone would have another white, and the first one alone would be taken for clean."""
    onnx.save(build("half", input_shape=(None, None, 3), clean_threshold=0.01), tmp_path / "half.onnx")
    rng = np.random.default_rng(3)
    frames = np.clip(rng.normal(8000, 2000, (6, 96, 96)), 0, 16383).astype(np.uint16)
    frames[0] = 500
    content, report = denoised(load(tmp_path / "half.onnx", threads=1), stack(frames))
    after = tifffile.imread(io.BytesIO(content))
    assert report.unchanged == ""
    np.testing.assert_allclose(after, frames / 2, atol=1)


def test_a_stack_that_seems_clean_is_copied(tmp_path):
    onnx.save(build("half", input_shape=(None, None, 3), clean_threshold=0.01), tmp_path / "half.onnx")
    source = stack(np.full((4, 64, 64), 900, np.uint16), **IMAGEJ | {"metadata": {"axes": "ZYX"}})
    content, report = denoised(load(tmp_path / "half.onnx", threads=1), source)
    assert report.unchanged == "no noise was found"
    assert content == source


def test_large_stacks_get_long_offsets(identity, monkeypatch):
    monkeypatch.setattr(writing, "SMALL_TIFF", 1000)
    content, _ = denoised(identity, stack(**IMAGEJ))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), STACK)


@pytest.mark.parametrize(("text", "chosen"), [("first", [0]), ("2-4", [1, 2, 3]), ("4-,1", [0, 3, 4]), ("last", [4])])
@pytest.mark.parametrize("kind", ["plain", "ImageJ", "OME", "one directory", "ImageJ, one directory"])
def test_chosen_frames_are_written_alone(identity, kind, text, chosen):
    pixels, options = KINDS[kind]
    content, report = denoised(identity, stack(pixels, **options), frames=text)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        assert len(file.pages) == report.frames == len(chosen)
        (series,) = file.series
        np.testing.assert_array_equal(series.asarray(squeeze=False).reshape(-1, 40, 32), pixels[chosen])
        if kind == "ImageJ":
            told = file.imagej_metadata
            assert told["unit"] == "um"
            assert told["Info"] == "Objective = 60x"
            np.testing.assert_array_equal(np.reshape(told["LUTs"], TABLE.shape), TABLE)
            assert np.atleast_1d(told["Labels"]).tolist() == [list("abcde")[number] for number in chosen]
    assert report.metadata_lost == (["OME-XML, which is about all frames"] if kind == "OME" else [])


@pytest.mark.parametrize("text", ["0", "6", "3-9", "4-2", "a", "", "1,,2", "-3"])
def test_frames_that_are_not_there_are_wrong_usage(identity, text):
    with pytest.raises(UsageError, match="frames are numbers from 1"):
        denoised(identity, stack(), frames=text)


def test_a_format_of_one_picture_says_so(identity, tmp_path):
    for suffix, says in ((".jpg", "JPEG holds one picture, and there are 5 frames"), (".png", "have no times")):
        with pytest.raises(OutputError, match=says) as caught:
            denoised(identity, stack(COLOUR[:, 0].repeat(2, 0)[:5], photometric="rgb"), format=suffix)
        assert caught.value.remedy == "frames"
    content, _ = denoised(identity, stack(), frames="3", format=".png")
    assert content.startswith(b"\x89PNG")


def test_the_command_tells_of_frames_and_how_to_choose_one(tmp_path, unnoise):
    (tmp_path / "stack.tif").write_bytes(stack(**IMAGEJ))
    code, _, err = unnoise("denoise", tmp_path / "stack.tif", "-o", tmp_path / "a.jpg", "--strength", "0")
    assert code == 1
    assert "JPEG holds one picture, and there are 5 frames" in err
    assert "Choose one with --frames, such as --frames first." in err
    code, out, _ = unnoise("denoise", tmp_path / "stack.tif", "-o", tmp_path / "a.tif", "--frames", "2-4", "--force")
    assert code == 0
    assert "32×40, 3 frames, 16 bit" in out
    code, _, err = unnoise("denoise", tmp_path / "stack.tif", "-o", tmp_path / "b.tif", "--frames", "9")
    assert code == 2
    assert "frames are numbers from 1 to 5 here" in err
    assert not (tmp_path / "b.tif").exists()


def test_folders_count_and_resume_stacks(tmp_path, unnoise):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "stack.tif").write_bytes(stack())
    for done in ("1 written", "0 written, 1 done before"):
        code, out, _ = unnoise("denoise", tmp_path / "in", "-o", tmp_path / "out", "--force", "--resume")
        assert code == 0
        assert done in out
    with tifffile.TiffFile(tmp_path / "out" / "stack.tif") as file:
        assert len(file.pages) == 5
