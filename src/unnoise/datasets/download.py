"""Downloads with pooch, guarded by a checksum before the file gets its name in the cache."""

from __future__ import annotations

import gzip
import hashlib
import logging
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from unnoise.atomic import atomic_path
from unnoise.datasets.extras import import_extra
from unnoise.errors import DataError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Remote:
    """A file on the network.

    Args:
        url: Its address.
        digest: ``"sha256:…"`` or ``"md5:…"`` of the file, in hexadecimal digits.
        of_content: Whether the digest is that of the unpacked content of a ``.gz`` file. The same content can be packed
            in many ways, so that mirrors differ in the file and agree in the content.
    """

    url: str
    digest: str
    of_content: bool = False


def fetch(remote: Remote, target: Path) -> Path:
    """Download ``remote`` and give its path, ``target``; nothing is left behind unless the digest is right.

    Args:
        remote: What to download, and its digest.
        target: Where to put it; its folder is made.

    Raises:
        DataError: the network, the disk or the digest says no.
        MissingExtraError: pooch is not installed.
    """
    pooch = import_extra("pooch", "Downloading a data set")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as temporary:
            try:
                _retrieve(pooch, remote.url, temporary)
                _check(temporary, remote)
            except (OSError, ValueError, EOFError, zlib.error) as error:
                raise DataError(f"{remote.url} could not be downloaded: {_first_line(error)}") from error
    except OSError as error:
        raise DataError(f"{target.parent} cannot be made: {error.strerror}. Set UNNOISE_CACHE.") from error
    return target


def _retrieve(pooch: ModuleType, url: str, path: Path) -> None:
    logger = pooch.get_logger()
    logger.info(f"Downloading {url}")
    # `_check` compares the digest, since pooch knows only that of the packed file; its advice to give it one is kept
    # quiet. A filter, because this logger remembers its level from the first message on.
    logger.addFilter(_warnings_only)
    try:
        pooch.retrieve(url, known_hash=None, fname=path.name, path=path.parent)
    finally:
        logger.removeFilter(_warnings_only)


def _warnings_only(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _check(path: Path, remote: Remote) -> None:
    algorithm, _, expected = remote.digest.partition(":")
    # MD5 guards against damage, not against malice; some official pages publish nothing else.
    state = hashlib.new(algorithm, usedforsecurity=False)
    with gzip.open(path) if remote.of_content else path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            state.update(block)
    if state.hexdigest() != expected:
        what = "its content has" if remote.of_content else "it has"
        raise ValueError(f"{what} the {algorithm} {state.hexdigest()}, expected {expected}; the file was not kept")


def _first_line(error: Exception) -> str:
    if type(error).__name__ in ("ConnectionError", "ConnectTimeout"):  # of requests, which pooch brings
        return "no connection to its server"
    return (str(error).splitlines() or [type(error).__name__])[0]
