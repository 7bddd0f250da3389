"""The pages of stacks: each is read as it was written, whoever wrote it, without the others."""

import io

import numpy as np
import pytest
import tifffile
from made_stacks import COLOUR, STACK, stack

from unnoise.errors import InputError
from unnoise.frames import open_frames
from unnoise.imaging import open_image, read_image, write_image

WRITERS = {
    "plain": {}, "big-endian": {"byteorder": ">"}, "big": {"bigtiff": True}, "compressed": {"compression": "zlib"},
    "ImageJ": {"imagej": True}, "OME": {"ome": True, "metadata": {"axes": "ZYX"}},
    "one directory": {"truncate": True}, "one directory, big-endian": {"truncate": True, "byteorder": ">"},
    "ImageJ, one directory": {"imagej": True, "truncate": True},
    "tiled": {"tile": (16, 16)}, "two pages": {"pixels": STACK[:2]},
    "colour": {"pixels": COLOUR, "imagej": True, "photometric": "rgb"},
    "float, one directory": {"pixels": STACK / np.float32(4000), "imagej": True, "truncate": True},
}  # fmt: skip


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("as_path", [False, True])
def test_each_frame_is_read_as_it_was_stack(tmp_path, writer, as_path):
    content = stack(**WRITERS[writer])
    (tmp_path / "stack.tif").write_bytes(content)
    frames = open_frames(tmp_path / "stack.tif" if as_path else content)
    wanted = WRITERS[writer].get("pixels", STACK)
    wanted = wanted.reshape(-1, *wanted.shape[-3:] if wanted is COLOUR else (*wanted.shape[-2:], 1))
    assert len(frames) == len(wanted)
    for frame, expected in zip(frames, wanted, strict=True):
        np.testing.assert_array_equal(frame.read(), expected)
    np.testing.assert_array_equal(frames[1].read(), wanted[1])
    np.testing.assert_array_equal(read_image(frames[0]).pixels, np.squeeze(wanted[0]))
    assert frames[1].name.endswith(", frame 2")
    with pytest.raises(InputError, match=f"it has {len(wanted)} frames"):
        open_image(content)


def test_pages_of_other_sizes_and_kinds_are_frames_and_smaller_copies_are_not():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(COLOUR[0, 0], photometric="rgb", metadata=None)
        writer.write(COLOUR[0, 0, ::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
        writer.write(STACK[0], photometric="minisblack", metadata=None)
    assert [(frame.width, frame.height, frame.channels, frame.bits) for frame in open_frames(file.getvalue())] == [
        (16, 20, 3, 8), (32, 40, 1, 16)
    ]  # fmt: skip


def test_a_single_image_has_one_frame(tmp_path):
    for suffix in (".png", ".tif", ".jpg", ".ppm"):
        write_image(tmp_path / f"a{suffix}", COLOUR[0, 0])
        frames = open_frames(tmp_path / f"a{suffix}")
        assert len(frames) == 1
        assert frames[0].read().shape == (20, 16, 3)
        with pytest.raises(IndexError):
            frames[1]


def test_a_stack_that_says_more_than_it_holds_is_refused():
    content = stack(imagej=True, truncate=True)
    with pytest.raises(InputError, match="it has 5 images, and does not hold them"):
        open_frames(content[:-4000])
    with pytest.raises(InputError, match="it has 5 images"):
        open_frames(stack(STACK[0], description="ImageJ=1.54f\nimages=5\n", metadata=None, compression="zlib"))


def test_a_damaged_frame_leaves_the_others_readable():
    content = bytearray(stack(compression="zlib"))
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        place = file.pages[2].dataoffsets[0]
    content[place : place + 50] = bytes(50)
    frames = open_frames(bytes(content))
    with pytest.raises(InputError, match=r"the data, frame 3: it is damaged"):
        frames[2].read()
    np.testing.assert_array_equal(frames[3].read()[..., 0], STACK[3])
