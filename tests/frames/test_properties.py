"""With a network that changes nothing, nothing changes: any format, depth, transparency, frames and metadata."""

import io

import numpy as np
import PIL.Image
import pytest
import pyvips
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_stacks import animation, denoised, played

from unnoise.inference import DenoiseOptions

P3 = pyvips.Image.black(2, 2, bands=3).copy(interpretation="srgb").icc_transform("p3", input_profile="srgb")
P3 = P3.get("icc-profile-data")
# Depths and whether there is gray, transparency, and more than one frame.
FORMATS = {
    ".tif": (("uint8", "uint16", "float32"), True, True, True),
    ".png": (("uint8", "uint16"), True, True, False),
    ".webp": (("uint8",), False, True, False),
    ".bmp": (("uint8",), True, False, False),
    ".ppm": (("uint8",), False, False, False),
}


@st.composite
def pictures(draw):
    """Draw a suffix and frames ``(N, H, W, C)`` that its format can hold."""
    suffix = draw(st.sampled_from(sorted(FORMATS)))
    dtypes, gray, alpha, several = FORMATS[suffix]
    bands = draw(
        st.sampled_from([3, *([1] if gray else []), *([4] if alpha else []), *([2] if alpha and gray else [])])
    )
    shape = (draw(st.integers(1, 3)) if several else 1, draw(st.integers(1, 40)), draw(st.integers(1, 40)), bands)
    dtype = draw(st.sampled_from(dtypes))
    values = np.random.default_rng(draw(st.integers(0, 99))).random(shape)
    if bands in (2, 4) and draw(st.booleans()):
        values[:, :1, ..., -1] = 0
    pixels = values if dtype == "float32" else np.rint(values * np.iinfo(dtype).max)
    return suffix, pixels.astype(dtype)


def encoded(suffix, pixels, profile):
    """Return the file as tifffile, libvips or Pillow writes it."""
    file, bands = io.BytesIO(), pixels.shape[-1]
    if suffix == ".tif":
        options = {"photometric": "minisblack" if bands < 3 else "rgb", "planarconfig": "contig" if bands > 1 else None}
        extra = {"extrasamples": ["unassalpha"]} if bands in (2, 4) else {}
        with tifffile.TiffWriter(file) as writer:
            for frame in pixels:
                writer.write(np.squeeze(frame, -1) if bands == 1 else frame, metadata=None, iccprofile=profile,
                             contiguous=False, **options, **extra)  # fmt: skip
        return file.getvalue()
    if suffix in (".png", ".webp"):
        space = {1: "b-w", 2: "b-w", 3: "srgb", 4: "srgb"}
        deep = {1: "grey16", 2: "grey16", 3: "rgb16", 4: "rgb16"}
        image = pyvips.Image.new_from_array(pixels[0])
        image = image.copy(interpretation=(deep if pixels.dtype == np.uint16 else space)[bands])
        if profile:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        return image.write_to_buffer(suffix, **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
    PIL.Image.fromarray(pixels[0, ..., 0] if bands == 1 else pixels[0]).save(file, suffix[1:])
    return file.getvalue()


def seen(suffix, content):
    """Return frames and profile as tifffile, libvips (which alone reads 16-bit colour of PNG) or Pillow sees them."""
    if suffix == ".tif":
        with tifffile.TiffFile(io.BytesIO(content)) as file:
            return [page.asarray() for page in file.pages], [page.iccprofile for page in file.pages]
    if suffix == ".png":
        image = pyvips.Image.new_from_buffer(content, "")
        return [image.numpy()], [image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None]
    with PIL.Image.open(io.BytesIO(content)) as image:
        return [np.asarray(image)], [image.info.get("icc_profile")]


@settings(
    max_examples=120, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pictures(), st.booleans(), st.sampled_from([1, 0.4]))
def test_nothing_changes(identity, picture, with_profile, strength):
    suffix, pixels = picture
    profile = P3 if with_profile and suffix not in (".bmp", ".ppm") and pixels.shape[-1] > 2 else None
    source = encoded(suffix, pixels, profile)
    content, report = denoised(identity, source, options=DenoiseOptions(strength=strength))
    (before, profiles), (after, kept) = seen(suffix, source), seen(suffix, content)
    assert len(after) == len(before) == report.frames == len(pixels)
    for old, new in zip(before, after, strict=True):
        assert old.dtype == new.dtype
        np.testing.assert_array_equal(new, old)
    assert kept == profiles
    assert report.metadata_lost == []


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["PNG", "WEBP"]),
    st.lists(st.integers(1, 2000), min_size=2, max_size=4),
    st.integers(0, 5),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_no_animation_changes(identity, kind, times, loop, width, height):
    frames = np.random.default_rng(sum(times)).integers(0, 256, (len(times), height, width, 3), np.uint8)
    source = animation(kind, frames, duration=times, loop=loop)
    content, _ = denoised(identity, source)
    for old, new in zip(played(source), played(content), strict=True):
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize("suffix", [".jpg", ".gif", ".avif"])
def test_lossy_formats_are_a_direct_encoding_of_the_decoded_pixels(identity, suffix):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    kind = {".jpg": {"Q": 80}, ".avif": {"compression": "av1", "Q": 60}}.get(suffix, {})
    source = image.write_to_buffer(suffix, **kind)
    content, _ = denoised(identity, source)
    decoded = pyvips.Image.new_from_buffer(source, "")
    direct = {".jpg": {"Q": 95}, ".avif": {"compression": "av1", "lossless": True, "bitdepth": 8}}.get(suffix, {})
    expected = pyvips.Image.new_from_buffer(decoded.write_to_buffer(suffix, keep="none", **direct), "")
    np.testing.assert_array_equal(pyvips.Image.new_from_buffer(content, "").numpy(), expected.numpy())
