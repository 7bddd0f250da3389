"""Kinds of image files that unnoise does not read or write, and what to do with each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Foreign:
    """A kind of file that is known but not served.

    Args:
        name: In messages, such as "a raw file".
        plural: Where several are counted, such as "raw files".
        remedy: What to do, with {} for "it" or "them".
        suffixes: Of its names, in lower case.
        marks: What its content begins with.
        brands: For the containers of ISO/IEC 14496-12, the brands behind ``ftyp``.
    """

    name: str
    plural: str
    remedy: str
    suffixes: tuple[str, ...]
    marks: tuple[bytes, ...] = ()
    brands: tuple[bytes, ...] = ()


_ALL = (
    Foreign(
        "a raw file", "raw files", "develop {} to 16-bit TIFF first",
        (".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".pef", ".srw",
         ".x3f", ".3fr", ".iiq", ".erf", ".mrw", ".raw"),
        (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR"),
        (b"crx ",),
    ),
    Foreign(
        "a HEIC file", "HEIC files", "the codec HEVC is not among the free ones; save {} as JPEG, PNG or AVIF first",
        (".heic", ".heif", ".hif"), (), (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"),
    ),
    Foreign(
        "a JPEG XL file", "JPEG XL files", "save {} as PNG or TIFF first", (".jxl",),
        (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
    ),
    Foreign(
        "a JPEG 2000 file", "JPEG 2000 files", "save {} as PNG or TIFF first", (".jp2", ".j2k", ".jpx"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
    ),
    Foreign("a Photoshop file", "Photoshop files", "save {} as TIFF first", (".psd", ".psb"), (b"8BPS",)),
    Foreign("an OpenEXR file", "OpenEXR files", "save {} as float TIFF first", (".exr",), (b"v/1\x01",)),
    Foreign("a Radiance file", "Radiance files", "save {} as float TIFF first", (".hdr",), (b"#?RADIANCE", b"#?RGBE")),
    Foreign("a drawing (SVG)", "drawings (SVG)", "no pixels, hence no noise", (".svg",), (b"<svg",)),
    Foreign("a PDF file", "PDF files", "save the pages as TIFF first", (".pdf",), (b"%PDF",)),
)  # fmt: skip


def told(names: Iterable[str | Path]) -> list[str]:
    """Return in words which of some names are of such kinds: "3 raw files: develop them to 16-bit TIFF first"."""
    counts = Counter(kind for name in names if (kind := foreign_name(name)) is not None)
    return [
        f"{kind.name} was left out: {kind.remedy.format('it')}"
        if count == 1
        else f"{count} {kind.plural} were left out: {kind.remedy.format('them')}"
        for kind, count in counts.items()
    ]


def foreign_content(head: bytes) -> Foreign | None:
    """Return the kind of a file that begins with ``head``, if it is one of those."""
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    return next((kind for kind in _ALL if head.startswith(kind.marks) or (brand and brand in kind.brands)), None)


def foreign_name(path: str | Path) -> Foreign | None:
    """Return the kind that the suffix of ``path`` means, if it is one of those."""
    suffix = Path(path).suffix.lower()
    return next((kind for kind in _ALL if suffix in kind.suffixes), None)
