"""Reading a .tar.gz once, from the first byte to the last, so that damage anywhere in it is noticed."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from unnoise.datasets.sources import damaged

_BLOCK = 1 << 20


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Give ``(name, content)`` of the regular files in an archive whose name is ``wanted``, in its order.

    The checksum of the compression stands at the very end: only after the last item is it known that all were whole.
    So use nothing before the iteration has ended.

    Args:
        path: A ``.tar.gz`` or ``.tgz`` file.
        wanted: Told the name, without a leading ``./``; says whether to read the content.

    Raises:
        DataError: the archive is truncated or damaged.
    """
    try:
        with gzip.open(path) as unpacked:
            with tarfile.open(fileobj=unpacked, mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if not member.isreg() or not wanted(name):
                        continue
                    handle = archive.extractfile(member)
                    content = b"" if handle is None else handle.read()
                    if len(content) != member.size:
                        raise EOFError(f"{name} ends after {len(content):,} of {member.size:,} bytes")
                    yield name, content
            while unpacked.read(_BLOCK):
                pass
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise damaged(path, "a whole .tar.gz archive", f"damage ({error})") from error
