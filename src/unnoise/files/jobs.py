"""What becomes of one file among many: an answer or an error, and what a report says of it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from unnoise.errors import InputError, UnnoiseError
from unnoise.files.one_file import FileReport

J = TypeVar("J")
R = TypeVar("R")


def attempt(name: str, denoise: Callable[[], R]) -> R | UnnoiseError:
    """Return what ``denoise`` gives, or the error of the file ``name``, which ends no other file's work."""
    try:
        return denoise()
    except UnnoiseError as error:
        return error
    except OSError as error:
        return InputError(f"{name}: {error.strerror or error}.")
    except MemoryError:
        return InputError(f"{name}: there is not enough memory for it.", remedy="max_memory")
    except Exception as error:  # whatever a library raises at a damaged file
        return InputError(f"{name} cannot be denoised ({type(error).__name__}: {error}).".replace("\n", " "))


def at_once(jobs: Iterable[J], work: Callable[[J], R], count: int, stopped: threading.Event) -> Iterator[R]:
    """Do ``count`` jobs at once, in threads, and give what each comes to as soon as it is done.

    ``stopped`` is set at the end, also where the caller stops before: what is at work can look at it and give up.
    """
    waiting: set[Future[R]] = set()
    with ThreadPoolExecutor(count) as pool:
        try:
            for job in jobs:
                if len(waiting) >= count:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
                waiting.add(pool.submit(work, job))
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            stopped.set()


def entry(
    source: str, target: str, result: FileReport | UnnoiseError | None, *, tell: Callable[[UnnoiseError], str] = str
) -> dict[str, Any]:
    """Return what a report says of one file: names, status, and either the error or the fields of a FileReport.

    Args:
        source, target: The names of the files.
        result: What became of it; None: it was done before.
        tell: What makes a text of an error.
    """
    names = {"source": source, "target": target}
    if isinstance(result, UnnoiseError):
        return {**names, "status": "error", "error": tell(result)}
    if result is None:
        return {**names, "status": "done before"}
    return {"status": "unchanged" if result.unchanged else "denoised", **dataclasses.asdict(result)}
