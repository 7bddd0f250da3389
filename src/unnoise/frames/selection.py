"""Frames chosen by their numbers, and what a file says of its frames made true for those."""

from __future__ import annotations

import dataclasses
import itertools
import re
import struct
from collections import Counter
from collections.abc import Sequence

from unnoise.errors import UsageError
from unnoise.imaging.containers import imagej
from unnoise.imaging.containers.directories import ASCII, BYTE, LONG, Directory, Tag, serialised
from unnoise.imaging.containers.directories import numbers as integers
from unnoise.imaging.containers.exif import directory_of
from unnoise.imaging.containers.tiff import DESCRIPTION
from unnoise.imaging.metadata import Metadata

_LABEL = b"labl"[::-1]  # as it stands in a little-endian file


def chosen(text: str, count: int) -> list[int]:
    """Return the frames, counted from 0, that a text chooses, in their order.

    Args:
        text: Numbers from 1 on and spans of them with commas between, such as ``"1-10,15"``, ``"5-"``, ``"first"`` or
            ``"last"``.
        count: How many frames there are.

    Raises:
        UsageError: another text, or a frame that is not there.

    Example:
        >>> chosen("1-3, last", 10)
        [0, 1, 2, 9]
    """
    found: set[int] = set()
    for word in text.lower().replace("first", "1").replace("last", str(count)).split(","):
        span = re.fullmatch(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?)?\s*", word)
        if span is None:
            raise UsageError(
                f"frames are numbers from 1 on and spans, such as 1-10,15 or 5- or first or last; received {text!r}."
            )
        first, dash, last = span.groups()
        start, end = int(first), int(last or (count if dash else first))
        if not 1 <= start <= end <= count:
            raise UsageError(
                f"frames are numbers from 1 to {count} here, where the file has {count}; received {text!r}."
            )
        found.update(range(start - 1, end))
    return sorted(found)


def description_of(metadata: Metadata) -> str:
    """Return the description among the tags of a TIFF page; an empty one where there is none."""
    found = directory_of(dict(metadata.own).get("tags", b"")).get(DESCRIPTION)
    return found.text if isinstance(found, Tag) else ""


def described(metadata: Metadata, numbers: Sequence[int], *, all_of_them: bool) -> Metadata:
    """Return the metadata of a TIFF page with a description that is true for the pages that are written.

    ImageJ's and tifffile's descriptions say how many images there are, OME's which is which.

    Args:
        metadata: Of the first page.
        numbers: The pages that are written, counted from 0.
        all_of_them: Whether these are all that the description is about.
    """
    own, text = dict(metadata.own), description_of(metadata)
    if not text:
        return metadata
    directory, left_out = directory_of(own["tags"]), metadata.left_out
    changed: str | None = text
    if text.startswith('{"shape":'):
        changed = text.replace(', "truncated": true', "") if all_of_them else None
    elif text.startswith("ImageJ=") and not all_of_them:
        told = re.compile(r"(images|slices|frames|channels|hyperstack)=")
        lines = [line for line in text.splitlines() if not told.match(line)]
        count = len(numbers)
        lines[1:1] = [f"images={count}", f"slices={count}"] if count > 1 else []
        changed = "\n".join([*lines, ""])
    elif "<OME " in text and not all_of_them:
        changed, left_out = None, (*left_out, "OME-XML, which is about all frames")
    if changed == text:
        return metadata
    if not all_of_them:
        _choose_labels(directory, numbers)
    own["tags"] = _with(directory, changed)
    exif = None if metadata.exif is None else _with(directory_of(metadata.exif), changed)
    return dataclasses.replace(metadata, own=tuple(own.items()), exif=exif, left_out=left_out)


def _with(directory: Directory, description: str | None) -> bytes:
    """Return tags as a block, with another description, or none."""
    directory = {tag: value for tag, value in directory.items() if tag != DESCRIPTION}
    if description is not None:
        directory[DESCRIPTION] = Tag(ASCII, description.encode() + b"\0")
    content, start = serialised(directory, 8)
    return b"II*\0" + struct.pack("<I", start) + content


def _choose_labels(directory: Directory, numbers: Sequence[int]) -> None:
    """Leave those of ImageJ's labels, one for each page, that belong to the pages chosen."""
    lengths, tag = integers(directory, imagej.COUNTS), directory.get(imagej.CONTENT)
    if not lengths or not isinstance(tag, Tag) or lengths[0] % 8 != 4:
        return
    header = list(struct.iter_unpack("<4sI", tag.data[4 : lengths[0]]))
    kinds = [kind for kind, count in header for _ in range(min(count, len(lengths)))]
    ends = list(itertools.accumulate(lengths))
    parts = [
        (kind, tag.data[end - length : end]) for kind, length, end in zip(kinds, lengths[1:], ends[1:], strict=False)
    ]
    labels = [part for part in parts if part[0] == _LABEL]
    if len(labels) <= max(numbers):
        return
    parts = [part for part in parts if part[0] != _LABEL] + [labels[number] for number in numbers]
    counts = Counter(kind for kind, _ in parts)
    start = tag.data[:4] + b"".join(kind + struct.pack("<I", count) for kind, count in counts.items())
    parts.sort(key=lambda part: list(counts).index(part[0]))
    sizes = [len(start), *(len(part) for _, part in parts)]
    directory[imagej.COUNTS] = Tag(LONG, struct.pack(f"<{len(sizes)}I", *sizes))
    directory[imagej.CONTENT] = Tag(BYTE, start + b"".join(part for _, part in parts))
