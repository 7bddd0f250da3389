"""EXIF of TIFF files, which libvips neither reads nor writes: taken out of the tags, and put back among them."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import Any, BinaryIO

# Text tags of the main directory: description, maker, model, software, date, artist, copyright.
_TEXTS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
# Pointers to the directories with EXIF's and GPS' tags; EXIF's own pointer to a further one is not followed.
_DIRECTORIES = (0x8769, 0x8825)
_INTEROPERABILITY = 0xA005
_LITTLE, _PREFIX = b"II*\0\x08\0\0\0", b"Exif\0\0"


def exif_of_tiff(source: Path | bytes) -> bytes | None:
    """Return the EXIF block of a TIFF file, as JPEG files hold it; None where there is none or it is damaged."""
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as handle:
        found = _tags(handle)
    if found is None:
        return None
    content, main = _serialised(*found, offset=8)
    return _PREFIX + _LITTLE[:4] + struct.pack("<L", main) + content


def add_exif_to_tiff(handle: BinaryIO, exif: bytes) -> bool:
    """Add the tags of an EXIF block to a little-endian TIFF file of less than 4 GiB; return whether that was done."""
    found = _tags(io.BytesIO(exif.removeprefix(_PREFIX)))
    handle.seek(0)
    if found is None or handle.read(4) != _LITTLE[:4]:
        return False
    (start,) = struct.unpack("<L", handle.read(4))
    entries = _entries(handle, start)
    end = handle.seek(0, io.SEEK_END)
    end += handle.write(b"\0" * (end % 2))
    content, main = _serialised(*found, offset=end)
    handle.write(content + b"\0" * (len(content) % 2))
    position = handle.tell()
    # A tag that the file has already, such as its size, stays.
    merged = sorted((_entries(handle, main) | entries).items())
    handle.seek(position)
    handle.write(struct.pack("<H", len(merged)) + b"".join(entry for _, entry in merged) + bytes(4))
    handle.seek(4)
    handle.write(struct.pack("<L", position))
    return True


def _tags(handle: BinaryIO) -> tuple[Any, dict[int, Any]] | None:
    """Return the text tags of the main directory, and the directories that it points to, by the pointer's tag."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    def directory(offset: int) -> Any:
        handle.seek(offset)
        read = ImageFileDirectory_v2(head)
        read.load(handle)
        return read

    def copied(tags: Any, chosen: Any) -> Any:
        result = ImageFileDirectory_v2(_LITTLE)
        for tag in chosen:
            if tag in tags:
                result.tagtype[tag] = tags.tagtype[tag]
                result[tag] = tags[tag]
        return result

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            head = handle.read(8)
            head += handle.read(8) if b"+" in head[2:4] else b""  # BigTIFF's is longer
            main = directory(ImageFileDirectory_v2(head).next)
            inner = {pointer: directory(main[pointer]) for pointer in _DIRECTORIES if pointer in main}
            copies = {p: copied(tags, [tag for tag in tags if tag != _INTEROPERABILITY]) for p, tags in inner.items()}
            texts = copied(main, _TEXTS)
            return (texts, copies) if copies or len(texts) else None
    except Exception:  # Pillow raises whatever a damaged directory leads to
        return None


def _serialised(main: Any, inner: dict[int, Any], *, offset: int) -> tuple[bytes, int]:
    """Return the directories as they stand in a file from ``offset`` on, and where the main one begins."""
    content = b""
    for pointer, tags in inner.items():
        main.tagtype[pointer] = 4
        main[pointer] = offset + len(content)
        content += tags.tobytes(offset + len(content))
        content += b"\0" * (len(content) % 2)
    return content + main.tobytes(offset + len(content)), offset + len(content)


def _entries(handle: BinaryIO, offset: int) -> dict[int, bytes]:
    """Return the entries of the directory at ``offset`` of a little-endian TIFF file, by tag."""
    handle.seek(offset)
    (count,) = struct.unpack("<H", handle.read(2))
    entries = [handle.read(12) for _ in range(count)]
    return {struct.unpack("<H", entry[:2])[0]: entry for entry in entries}
