"""The table of what each format keeps, in the guide to photographs, is what files show when they are read back."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from made_files import P3, PIXELS, exif

from unnoise.errors import OutputError
from unnoise.frames import check_holds, open_frames, plays, write_frames
from unnoise.imaging import open_image
from unnoise.imaging.containers import photoshop
from unnoise.imaging.encoding import check_fits, held_metadata, write_strips
from unnoise.imaging.formats import FORMATS
from unnoise.imaging.header import Header
from unnoise.imaging.metadata import Metadata, Resolution

GUIDE = Path(__file__).parents[2] / "docs" / "photographs.md"
COLUMNS = ("EXIF", "XMP", "IPTC", "ICC profile", "orientation", "resolution", "code points", "alpha", "bits", "frames")
FULL = Metadata(
    exif=exif(), xmp=b"<x:xmpmeta/>", photoshop=photoshop.with_iptc(b"\x1c\x02\x05\0\5Title"), icc_profile=P3,
    cicp=(12, 13, 0, 1), orientation=6, resolution=Resolution(Fraction(300), Fraction(150), "inch"),
)  # fmt: skip
SAMPLES = {"uint8": PIXELS, "uint16": PIXELS.astype(np.uint16) * 257, "float32": PIXELS / np.float32(255)}


def written(format_, dtype="uint8", alpha=False, metadata=FULL):
    pixels = np.dstack([SAMPLES[dtype], SAMPLES[dtype][..., :1]]) if alpha else SAMPLES[dtype]
    height, width = pixels.shape[:2]
    header = Header("a", format_, width, height, 3, dtype, alpha, metadata, None, 8 * pixels.itemsize, ())
    check_fits("a", header, format_)
    file = io.BytesIO()
    write_strips(file, header, [pixels], format=format_)
    return file.getvalue(), held_metadata(header, format_)


def row(format_):
    """Return what is found in a file of the format that was to hold everything."""
    content, (_, lost) = written(format_)
    image = open_image(content)
    found = image.metadata
    turned = (image.width, image.height) == PIXELS.shape[:2]
    cells = {
        "EXIF": found.exif == FULL.exif or (found.exif is not None and b"private to the maker" in found.exif),
        "XMP": found.xmp == FULL.xmp,
        "IPTC": found.photoshop is not None and photoshop.iptc_of(found.photoshop) == b"\x1c\x02\x05\0\5Title",
        "ICC profile": found.icc_profile == P3,
        "orientation": found.orientation == 6 and not turned,
        "resolution": found.resolution is not None and round(found.resolution.in_unit("inch").x) == 300,
    }  # fmt: skip
    for kind in ("EXIF", "XMP", "IPTC"):
        assert cells[kind] is (kind not in lost)  # what is not in the file is told
    content, (_, lost) = written(format_, metadata=Metadata(cicp=FULL.cicp))
    points = open_image(content).metadata.cicp
    cells["code points"] = points is not None and points[:2] == (12, 13)
    assert cells["code points"] is ("colour code points" not in lost)
    assert cells["orientation"] is not turned  # kept, or applied
    content, _ = written(format_)
    with PIL.Image.open(io.BytesIO(content)) as pillow:
        assert (pillow.info.get("icc_profile") == P3) is cells["ICC profile"]
    applied = ("orientation", "ICC profile")
    words = {kind: "yes" if kept else "applied" if kind in applied else "–" for kind, kept in cells.items()}
    words["alpha"] = "yes" if format_.alpha else "–"
    words["bits"] = ", ".join(str(bits) for bits in depths(format_))
    words["frames"] = frames(format_)
    return [words[column] for column in COLUMNS]


def frames(format_):
    """Return what several frames are in a file of the format, by how many come back."""
    stack, animation = io.BytesIO(), io.BytesIO()
    first, second = PIL.Image.fromarray(PIXELS), PIL.Image.fromarray(PIXELS[::-1])
    first.save(stack, "TIFF", save_all=True, append_images=[second])
    first.save(animation, "PNG", save_all=True, append_images=[second], duration=100)
    found = []
    for word, source in (("pages", stack), ("played", animation)):
        opened = open_frames(source.getvalue())
        try:
            check_holds("a", opened, format_)
        except OutputError:
            continue
        file = io.BytesIO()
        write_frames(file, ((frame, frame.strips()) for frame in opened), opened, format=format_)
        with PIL.Image.open(file) as pillow:
            assert pillow.n_frames == 2
        if word == "pages" or plays(opened, format_):
            found.append(word)
    return ", ".join(found) or "–"


def depths(format_):
    """Return the depths that come back as they were written, by the bits of the file."""
    found = []
    for dtype in format_.dtypes:
        content, _ = written(format_, dtype, alpha=format_.alpha, metadata=Metadata())
        image = open_image(content)
        assert (image.dtype, image.alpha) == (dtype, format_.alpha)
        found.append("float" if dtype == "float32" else image.bits)
    return found


@pytest.mark.parametrize("format_", dict.fromkeys(FORMATS.values()), ids=lambda format_: format_.name)
def test_the_guide_says_what_a_format_keeps(format_):
    text = GUIDE.read_text(encoding="utf-8").splitlines()
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text if line.startswith("|")]
    header = next(cells for cells in lines if cells[1:3] == ["EXIF", "XMP"])
    assert tuple(header[1:]) == COLUMNS
    found = next(cells for cells in lines if len(cells) == len(COLUMNS) + 1 and cells[0] == format_.name)
    assert found[1:] == row(format_)
