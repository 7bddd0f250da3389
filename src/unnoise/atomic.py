"""Files that are either whole or not there: written to a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import glob
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from unnoise.errors import OutputError

_DIGITS = 8


@contextlib.contextmanager
def atomic_path(path: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block ends well.

    The temporary name keeps the suffix, so that writers that look at it choose the same format.
    When the block raises, the temporary file is removed and ``path`` is untouched.

    Args:
        path: The file to write.
        overwrite: Whether an existing ``path`` may be replaced.

    Raises:
        OutputError: ``path`` exists and ``overwrite`` is false, its folder is missing, or the disk refuses the write.
    """
    path = Path(path)
    require_free(path, overwrite=overwrite)
    if not path.parent.is_dir():
        raise OutputError(f"Cannot write {path}: the folder {path.parent} does not exist. Create it first.")
    temporary = path.with_name(_temporary_name(path, uuid.uuid4().hex[:_DIGITS]))
    try:
        yield temporary
        # Windows flushes only what is open for writing.
        with open(temporary, "r+b") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"Cannot write {path}: {reason}.", remedy="output") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(path: str | Path) -> None:
    """Remove the temporary files that a killed process has left beside ``path``."""
    path = Path(path)
    for file in path.parent.glob(_temporary_name(Path(glob.escape(path.name)), "[0-9a-f]" * _DIGITS)):
        file.unlink(missing_ok=True)


def _temporary_name(path: Path, digits: str) -> str:
    return f".{path.stem}.{digits}.tmp{path.suffix}"


def require_free(path: str | Path, *, overwrite: bool) -> None:
    """Raise OutputError where ``path`` exists and may not be replaced; for a look before long work."""
    if Path(path).exists() and not overwrite:
        raise OutputError(f"{path} exists already (overwrite is false).", remedy="overwrite")


def write_bytes(path: str | Path, content: bytes, *, overwrite: bool = True) -> None:
    """Write ``content`` to ``path`` whole or not at all."""
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str, *, overwrite: bool = True) -> None:
    """Write ``content`` as UTF-8 to ``path`` whole or not at all."""
    write_bytes(path, content.encode("utf-8"), overwrite=overwrite)
