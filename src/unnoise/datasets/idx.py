"""The idx format of MNIST: a magic number, the lengths of the dimensions, then the bytes.

Source: LeCun, Cortes, Burges, "The MNIST database", section "File formats".
"""

from __future__ import annotations

import gzip
import struct
import zlib
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unnoise.datasets.sources import damaged

#: 0x08 stands for unsigned bytes, the last digit for the number of dimensions.
LABELS_MAGIC = 0x00000801
IMAGES_MAGIC = 0x00000803


def read_content(path: Path | Traversable) -> bytes:
    """Give the whole content of a file, unpacked where its name ends in ``.gz``.

    Raises:
        DataError: the file cannot be read, or its compression is damaged.
    """
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise damaged(path, "a readable file", f"{error.strerror or error}") from error
    if not path.name.endswith(".gz"):
        return packed
    try:
        return gzip.decompress(packed)
    except (EOFError, OSError, zlib.error, struct.error) as error:
        raise damaged(path, "a whole gzip file", f"{len(packed):,} bytes that do not unpack ({error})") from error


def parse(content: bytes, magic: int, path: Path | Traversable) -> npt.NDArray[np.uint8]:
    """Give the array that an idx file holds, writeable.

    Args:
        content: The unpacked file.
        magic: `LABELS_MAGIC` (one dimension) or `IMAGES_MAGIC` (three).
        path: The file, for errors.

    Raises:
        DataError: another magic number, no records, or a length that does not agree with the dimensions.

    Example:
        >>> parse(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]), LABELS_MAGIC, Path("labels")).tolist()
        [7, 8, 9]
    """
    dimensions = magic & 0xFF
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise damaged(path, f"an idx header of {header} bytes", f"{len(content)} bytes")
    found, *shape = struct.unpack(f">{1 + dimensions}I", content[:header])
    if found != magic:
        raise damaged(path, f"the idx magic number {magic:#010x}", f"{found:#010x}")
    if 0 in shape:
        raise damaged(path, "at least one record of at least one byte", f"the dimensions {_times(shape)}")
    expected = header
    length = 1
    for dimension in shape:  # Python integers: a damaged header must not overflow
        length *= dimension
    expected += length
    if len(content) != expected:
        raise damaged(path, f"{expected:,} bytes for {_times(shape)} records", f"{len(content):,} bytes")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape).copy()


def pack(array: npt.NDArray[np.uint8]) -> bytes:
    """Give the idx file of an array of 1 dimension (labels) or 3 (images).

    Example:
        >>> pack(np.array([7, 8], np.uint8)).hex(" ")
        '00 00 08 01 00 00 00 02 07 08'
    """
    return struct.pack(f">{1 + array.ndim}I", 0x00000800 | array.ndim, *array.shape) + array.tobytes()


def _times(shape: list[int]) -> str:
    return "×".join(str(length) for length in shape)
