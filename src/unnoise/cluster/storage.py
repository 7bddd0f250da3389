"""Folders of any file system that fsspec serves, with files that are either whole or not there."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from unnoise.atomic import atomic_path, remove_leftovers
from unnoise.errors import InputError, MissingExtraError, OutputError, UnnoiseError, UsageError

# Object stores show an object when all of it has come; other file systems get a temporary name first.
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "memory"})
# Enough to find out that a store is full.
_PROBE_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder, made by :meth:`Place.of`; it can be pickled.

    Attributes:
        shown: Its name in messages and reports, without a password.
        root: Its path in the file system.
        fs: The file system of fsspec; None for a folder of this machine, which needs none.
    """

    shown: str
    root: str
    fs: Any

    @classmethod
    def of(cls, url: str | Path) -> Place:
        """Return the place that a path or a URL such as ``s3://bucket/folder`` means.

        Raises:
            UsageError: no file system of this name.
            MissingExtraError: the package for it is not installed.
        """
        import fsspec
        from fsspec.implementations.local import LocalFileSystem

        shown = without_secrets(str(url)).rstrip("/") or "/"
        try:
            fs, root = fsspec.core.url_to_fs(str(url))
        except ImportError as error:
            raise MissingExtraError(f"{shown} cannot be opened: {reason(error)}.") from None
        except Exception as error:
            raise UsageError(f"{shown} cannot be opened: {reason(error)}.") from None
        root = root.rstrip("/")
        return cls(root or "/", root, None) if isinstance(fs, LocalFileSystem) else cls(shown, root, fs)

    def name_of(self, name: PurePosixPath) -> str:
        """Return how messages and reports call the file ``name`` of the folder."""
        return f"{self.shown.rstrip('/')}/{name}"

    def files(self, *, recursive: bool) -> dict[PurePosixPath, int]:
        """Return the bytes of each file by its name relative to the folder, in the order of the names.

        Hidden files, and those in hidden folders, are left out. A folder that is not there has none.

        Raises:
            InputError: it cannot be listed.
        """
        fs = self._file_system()
        try:
            fs.invalidate_cache()
            found = fs.find(self.root, maxdepth=None if recursive else 1, detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:
            raise InputError(f"Cannot list {self.shown}: {reason(error)}. Check its name and your rights.") from None
        names = {PurePosixPath(path[len(self.root) :].lstrip("/")): info["size"] for path, info in found.items()}
        seen = (name for name in names if not any(part.startswith(".") for part in name.parts))
        return {name: int(names[name] or 0) for name in sorted(seen)}

    def has(self, name: PurePosixPath) -> bool:
        """Return whether there is such a file."""
        if self.fs is None:
            return self.local(name).exists()
        with _told(OutputError, f"Cannot look for {self.name_of(name)}", "output"):
            return bool(self.fs.exists(self._path(name)))

    def local(self, name: PurePosixPath) -> Path:
        """Return the path of a file of a folder of this machine."""
        return Path(self.root, name)

    @contextlib.contextmanager
    def fetched(self, name: PurePosixPath) -> Iterator[Path]:
        """Give a path of this machine from which the file can be read; errors of the block call it by its own name."""
        if self.fs is None:
            yield self.local(name)
            return
        with tempfile.TemporaryDirectory(prefix="unnoise-") as folder:
            path = Path(folder, name.name)
            with _told(InputError, f"Cannot read {self.name_of(name)}"):
                self.fs.get_file(self._path(name), str(path))
            with _renamed(path, self.name_of(name)):
                yield path

    @contextlib.contextmanager
    def stored(self, name: PurePosixPath, *, overwrite: bool) -> Iterator[Path]:
        """Give a path of this machine to write; what is there when the block ends well is put in place, whole."""
        if self.fs is None:
            path = self.local(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path)
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="unnoise-") as folder:
            path = Path(folder, name.name)
            with _renamed(path, self.name_of(name)):
                yield path
            if not overwrite and self.has(name):
                raise OutputError(f"{self.name_of(name)} exists already (overwrite is false).", remedy="overwrite")
            self.put(path, name)

    def put(self, path: Path, name: PurePosixPath) -> None:
        """Put a file of this machine in place, whole or not at all; one that is there is replaced."""
        if self.fs is None:
            self.local(name).parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(self.local(name)) as temporary:
                temporary.write_bytes(path.read_bytes())
            return
        target = self._path(name)
        protocols = {self.fs.protocol} if isinstance(self.fs.protocol, str) else set(self.fs.protocol)
        with _told(OutputError, f"Cannot write {self.name_of(name)}", "output"):
            if protocols & OBJECT_STORES:
                self.fs.put_file(str(path), target)
                return
            hidden = self._path(name.with_name(f".{name.name}.tmp"))
            self.fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            self.fs.put_file(str(path), hidden)
            self.fs.mv(hidden, target)

    def check_writable(self) -> None:
        """Write a file of a megabyte and remove it again.

        Raises:
            OutputError: the place is full, not there, or not to be written to.
        """
        name = PurePosixPath(f".unnoise-{uuid.uuid4().hex[:8]}.tmp")
        with tempfile.TemporaryDirectory(prefix="unnoise-") as folder:
            path = Path(folder, "probe")
            path.write_bytes(bytes(_PROBE_BYTES))
            try:
                self.put(path, name)
            except (UnnoiseError, OSError) as error:
                said = str(error).replace(self.name_of(name), self.shown)
                raise OutputError(f"Cannot write to {self.shown}: {said}", remedy="output") from None
        with contextlib.suppress(Exception):  # a store that keeps all that it gets is one to write to
            self._file_system().rm_file(self._path(name))

    def _path(self, name: PurePosixPath) -> str:
        return f"{self.root}/{name}"

    def _file_system(self) -> Any:
        from fsspec.implementations.local import LocalFileSystem

        return LocalFileSystem() if self.fs is None else self.fs


def without_secrets(text: str) -> str:
    """Return the text without passwords and queries in its URLs.

    Example:
        >>> without_secrets("no answer from sftp://me:secret@host/scans?token=abc")
        'no answer from sftp://me@host/scans'
    """
    return re.sub(r"(\w://[^\s?]*)\?\S+", r"\1", re.sub(r"(\w://[^\s/:@]*):[^\s/]*@", r"\1@", text))


def reason(error: BaseException) -> str:
    """Return in one line what an error of a file system says, without secrets."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error).strip() or type(error).__name__
    return without_secrets(" ".join(str(text).split()))[:300].rstrip(".")


@contextlib.contextmanager
def _told(kind: type[UnnoiseError], rule: str, remedy: str | None = None) -> Iterator[None]:
    """Turn whatever a file system raises (fsspec's kinds share no base class) into an error of the package."""
    try:
        yield
    except Exception as error:
        raise kind(f"{rule}: {reason(error)}.", remedy=remedy) from None


@contextlib.contextmanager
def _renamed(path: Path, shown: str) -> Iterator[None]:
    """Call a temporary file by the name that it stands for."""
    try:
        yield
    except UnnoiseError as error:
        raise type(error)(str(error).replace(str(path), shown), remedy=error.remedy) from None
