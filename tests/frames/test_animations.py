"""Animations through an identity network: frames, times and loop come back, read by Pillow."""

import io
import zlib

import numpy as np
import PIL.Image
import pytest
import tifffile
from made_stacks import animation, denoised, played

from unnoise.errors import InputError, OutputError
from unnoise.frames import open_frames
from unnoise.imaging import open_image
from unnoise.inference import DenoiseOptions

RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 256, (4, 24, 30, 3), np.uint8)
TIMES = [100, 250, 40, 1000]
KINDS = ("PNG", "WEBP", "GIF")


def cut_out():
    """Return frames with transparency that moves."""
    frames = np.concatenate([FRAMES, np.full((4, 24, 30, 1), 255, np.uint8)], axis=-1)
    for number, frame in enumerate(frames):
        frame[4 + number : 12 + number, 5:20, 3] = 0
    return frames


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
@pytest.mark.parametrize("loop", [0, 3])
def test_frames_times_and_loop_stay(identity, kind, suffix, loop):
    source = animation(kind, FRAMES, duration=TIMES, loop=loop)
    content, report = denoised(identity, source, format=suffix)
    (before, times, _), (after, new_times, new_loop) = played(source), played(content)
    assert (report.frames, new_times, new_loop, report.metadata_lost) == (4, times, loop, [])
    if suffix == ".gif":
        assert "256 colours a frame" in " ".join(report.notes)
        assert np.abs(after.astype(int) - before).mean() < 12
    else:
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif", ".tif"])
def test_transparency_stays_and_no_frame_shows_through(identity, kind, suffix):
    source = animation(kind, cut_out(), duration=100, disposal=2) if kind == "GIF" else animation(kind, cut_out())
    before, *_ = played(source)
    content, _ = denoised(identity, source, format=suffix)
    after = tifffile.imread(io.BytesIO(content)) if suffix == ".tif" else played(content)[0]
    np.testing.assert_array_equal(after[..., 3], before[..., 3])
    visible = before[..., 3] > 0
    assert visible.mean() < 1
    if suffix != ".gif":
        np.testing.assert_array_equal(after[visible], before[visible])


def test_a_gif_without_loop_is_played_once(identity):
    content, _ = denoised(identity, animation("GIF", FRAMES, duration=TIMES))
    assert played(content)[2] is None
    content, _ = denoised(identity, animation("GIF", FRAMES, duration=TIMES), format=".png")
    assert played(content)[2] == 1


def test_frames_that_are_stored_as_differences_are_seen_whole(identity):
    """Pillow stores the part that changes; the network has to see the picture."""
    frames = FRAMES[:1].repeat(3, axis=0)
    frames[1, 2:6, 3:9] = 7
    frames[2, 20:, 20:] = 250
    for kind in KINDS:
        source = animation(kind, frames, duration=[50, 60, 70])
        content, report = denoised(identity, source, format=".webp")
        assert report.frames == 3
        np.testing.assert_array_equal(played(content)[0], played(source)[0])


def test_a_still_before_the_animation_stays_one(identity):
    source = animation("PNG", FRAMES, default_image=True, duration=[0, 100, 200, 300])
    with PIL.Image.open(io.BytesIO(source)) as image:
        count = image.n_frames
    content, _ = denoised(identity, source)
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert image.info["default_image"]
        assert image.n_frames == count
    np.testing.assert_array_equal(played(content)[0], played(source)[0])


def test_metadata_of_an_animation_stay(identity):
    exif = PIL.Image.Exif()
    exif[0x010F] = "ACM"
    for kind in ("PNG", "WEBP"):
        source = animation(kind, FRAMES, exif=exif, icc_profile=b"p" * 200, duration=100)
        content, report = denoised(identity, source)
        with PIL.Image.open(io.BytesIO(content)) as image:
            assert image.getexif()[0x010F] == "ACM"
            assert image.info["icc_profile"] == b"p" * 200
        assert report.metadata_lost == []


def test_chosen_frames_keep_their_times(identity):
    content, report = denoised(identity, animation("GIF", FRAMES, duration=TIMES, loop=0), format=".webp", frames="2-3")
    assert (report.frames, played(content)[1]) == (2, [250, 40])
    content, report = denoised(identity, animation("PNG", FRAMES, duration=TIMES), frames="first")
    with PIL.Image.open(io.BytesIO(content)) as image:
        assert getattr(image, "n_frames", 1) == 1
        np.testing.assert_array_equal(np.asarray(image), FRAMES[0])
    assert report.metadata_lost == ["times of the frames"]


def test_pages_of_a_tiff_lose_their_times_and_that_is_said(identity):
    content, report = denoised(identity, animation("PNG", FRAMES, duration=TIMES), format=".tif")
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(content)), FRAMES)
    assert report.metadata_lost == ["times of the frames"]
    with pytest.raises(OutputError, match=r"BMP holds one picture.*\.png, \.webp, \.gif or \.tif"):
        denoised(identity, animation("PNG", FRAMES), format=".bmp")


@pytest.mark.parametrize("kind", KINDS)
def test_an_animation_of_which_nothing_changes_is_copied(identity, kind):
    source = animation(kind, FRAMES, duration=TIMES)
    content, _ = denoised(identity, source, options=DenoiseOptions(strength=0))
    assert content == source


@pytest.mark.parametrize("kind", KINDS)
def test_an_animation_that_is_cut_off_is_one_error(kind):
    source = animation(kind, FRAMES, duration=TIMES)
    with pytest.raises(InputError, match="the data"):
        open_frames(source[: len(source) * 2 // 3])


def test_an_animation_of_too_many_pixels_is_refused():
    with pytest.raises(InputError, match="megapixels") as caught:
        open_frames(animation("GIF", FRAMES), max_pixels=100)
    assert caught.value.remedy == "max_pixels"


def test_a_frame_that_reaches_beyond_the_first_one_is_seen_whole(identity):
    source = bytearray(animation("GIF", FRAMES, duration=100))
    source[6:10] = (20).to_bytes(2, "little") + (12).to_bytes(2, "little")  # of the screen
    (before, *_), content = played(bytes(source)), denoised(identity, bytes(source), format=".png")[0]
    np.testing.assert_array_equal(played(content)[0][1:], before[1:])


def test_an_impossible_number_of_frames_means_one_picture():
    source = animation("PNG", FRAMES, duration=100)
    place = source.index(b"acTL") + 4
    body = b"acTL" + (1 << 31).to_bytes(4, "big") + bytes(4)
    changed = source[: place - 4] + body + zlib.crc32(body).to_bytes(4, "big") + source[place + 12 :]
    np.testing.assert_array_equal(open_image(changed).read(), FRAMES[0])
