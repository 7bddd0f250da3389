"""Several files, patterns and folders at once: each is written where it belongs, and none over another."""

import numpy as np
import PIL.Image
import pytest

from unnoise.errors import InputError, OutputError, UsageError
from unnoise.files import plan_sources

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with images, in which the test stands."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.jpg", "scans/c.png", "scans/deep/d.png", "more/c.png", "more/raw.NEF"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("NEF"):
            (tmp_path / name).touch()
        else:
            PIL.Image.fromarray(PIXELS).save(tmp_path / name)
    return tmp_path


def written(sources, output="out", **options):
    jobs, _ = plan_sources(sources, output, **options)
    return {job.source.as_posix(): job.target.as_posix() for job in jobs}


def test_files_and_folders_go_where_they_belong(place):
    assert written(["a.png", "b.jpg"]) == {"a.png": "out/a.png", "b.jpg": "out/b.jpg"}
    assert written(["a.png", "b.jpg"], None) == {"a.png": "a.denoised.png", "b.jpg": "b.denoised.jpg"}
    assert written(["scans"]) == {"scans/c.png": "out/c.png"}
    assert written(["scans", "more", "a.png"], recursive=True) == {
        "scans/c.png": "out/scans/c.png", "scans/deep/d.png": "out/scans/deep/d.png", "more/c.png": "out/more/c.png",
        "a.png": "out/a.png",
    }  # fmt: skip
    assert written(["scans/*.png", "[ab].*"], suffix=".tif") == {
        "scans/c.png": "out/c.tif", "a.png": "out/a.tif", "b.jpg": "out/b.tif"
    }  # fmt: skip
    assert plan_sources(["more", "a.png"], "out")[1] == ["a raw file was left out: develop it to 16-bit TIFF first"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(place):
    PIL.Image.fromarray(PIXELS).save("[ab].png")
    assert written(["[ab].png"]) == {"[ab].png": "out/[ab].png"}


@pytest.mark.parametrize(
    ("sources", "output", "error", "message"),
    [
        (["x*.png"], "out", InputError, "No file matches 'x"),
        (["scans/c.png", "more/c.png"], "out", InputError, "would both be written to out/c.png"),
        (["a.png", "b.jpg"], "a.png", OutputError, "is a file, and several images need a folder"),
        (["scans"], "scans", OutputError, "is the input folder"),
        (["a.png", "scans"], None, UsageError, "scans is a folder"),
    ],
)
def test_what_cannot_be_planned_is_told(place, sources, output, error, message):
    with pytest.raises(error, match=message):
        plan_sources(sources, output)


def test_a_bad_file_among_several_is_one_line(place, unnoise):
    code, out, err = unnoise("denoise", "a.png", "gone.png", "scans", "*.jpg", "-o", "out", "--strength", "0")
    assert code == 1
    assert "3 written, 3 of them left as they are" in out
    assert "Cannot read gone.png: No such file" in err
    assert "1 of 4 images could not be denoised: gone.png" in err
    for name in ("a.png", "b.jpg", "scans/c.png"):
        source = place / ("scans/c.png" if "/" in name else name)
        assert (place / "out" / name).read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.png", "scans"), "scans is a folder: give the folder to write to with -o"),
        (("a.png", "b.jpg", "-o", "-"), "- is for one image"),
        (("a.png", "-", "-o", "out"), "- is for one image"),
        (("a.png", "b.jpg", "-o", "out", "-r"), "-r and --resume are for folders"),
        (("a.png", "--resume"), "-r and --resume are for folders"),
    ],
)
def test_wrong_usage_is_told(place, unnoise, arguments, message):
    code, _, err = unnoise("denoise", *arguments)
    assert code == 2
    assert message in err


def test_a_memory_in_which_nothing_fits_is_told(place, unnoise):
    code, _, err = unnoise("denoise", "a.png", "--max-memory", "1")
    assert code == 1
    assert "max_memory must be at least 11,828,160 bytes" in err
    assert "Give more with --max-memory" in err
    assert not list(place.glob("*denoised*"))
    assert unnoise("denoise", "a.png", "--max-memory", "12")[0] == 0
