"""Folders of image files: what goes where, and all of it done, past bad files and stops."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from unnoise.atomic import remove_leftovers
from unnoise.batch.one_file import DEFAULT, FileOptions, FileReport, denoise_file
from unnoise.errors import InputError, OutputError, UnnoiseError
from unnoise.imaging.formats import FORMATS, format_of
from unnoise.imaging.image_file import open_image
from unnoise.inference import Denoiser

# Files at work at once: while one is decoded or encoded, the network is busy with others.
AT_ONCE = 3
# The number of this parameter in malloc.h of glibc, and the bytes from which a block gets pages of its own.
_M_MMAP_THRESHOLD, _OWN_BLOCK = -3, 1 << 18


@dataclasses.dataclass(frozen=True)
class Job:
    """One file to denoise."""

    source: Path
    target: Path


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a job: a report, or an error's text, or neither where it was done before."""

    job: Job
    report: FileReport | None = None
    error: str = ""


class _Stopped(Exception):  # noqa: N818 - no error
    """The caller has stopped; the file at work is given up."""


def limit_memory() -> None:
    """Have glibc give the memory of images back to the system as soon as they are done; elsewhere nothing happens.

    Left alone, it keeps ever larger blocks for later, in each thread: twice the memory for a folder of photographs.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _OWN_BLOCK)


def plan(folder: str | Path, output: str | Path, *, recursive: bool = False, suffix: str | None = None) -> list[Job]:
    """Return the jobs that mirror ``folder`` in ``output``, in the order of their names.

    Files count by their suffix; hidden ones and an ``output`` within ``folder`` are left out.

    Args:
        folder: Where the images are.
        output: Where the denoised ones go, under the same names.
        recursive: Whether sub-folders are mirrored, too.
        suffix: Another format for all, such as ".png"; None keeps each file's own.

    Raises:
        InputError: no folder, or none with images; two files would be written to one name.
        OutputError: an unknown suffix, or an output that is the folder itself or a file.
    """
    folder, output = Path(folder), Path(output)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Give a folder with images.")
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file, not a folder. Choose another name with -o.")
    if output.resolve() == folder.resolve():
        raise OutputError(f"The output folder is the input folder {folder}. Choose another one with -o.")
    if suffix is not None:
        format_of(f"x{suffix}")
    jobs: list[Job] = []
    taken: dict[str, Path] = {}
    for source in _images(folder, output.resolve(), recursive):
        name = source.relative_to(folder)
        job = Job(source, output / (name if suffix is None else name.with_suffix(suffix)))
        # Some file systems do not tell capitals from small letters.
        key = str(job.target).lower()
        if key in taken:
            raise InputError(
                f"{taken[key]} and {source} would both be written to {job.target}. "
                "Rename one of them, or keep each file's format."
            )
        taken[key] = source
        jobs.append(job)
    if not jobs:
        raise InputError(
            f"There are no images in {folder}" + (". With -r its sub-folders count." if not recursive else ".")
        )
    return jobs


def _images(folder: Path, output: Path, recursive: bool) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"Cannot list {folder}: {error.strerror or error}. Check its permissions.") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if recursive and entry.resolve() != output and not entry.is_symlink():
                yield from _images(entry, output, recursive)
        elif entry.suffix.lower() in FORMATS:
            yield entry


def is_done(job: Job) -> bool:
    """Return whether the target is there, readable and of the source's size; targets are only ever written whole."""
    try:
        source, target = open_image(job.source), open_image(job.target)
    except UnnoiseError:
        return False
    # An orientation may have been applied.
    return {source.width, source.height} == {target.width, target.height}


def denoise_files(
    jobs: Sequence[Job],
    denoiser: Denoiser,
    *,
    options: FileOptions = DEFAULT,
    resume: bool = False,
    on_progress: Callable[[Job, float], None] = lambda job, share: None,
) -> Iterator[Outcome]:
    """Do the jobs, a few at a time, and give what became of each as soon as it is done.

    A bad file does not stop the others. When the caller stops (an exception, or the iterator is closed), the files at
    work are given up and nothing half written is left.

    Args:
        jobs: As :func:`plan` gives them.
        denoiser: The model.
        options: How each file is denoised.
        resume: Whether jobs that are done are left out.
        on_progress: Called from the working threads with a job and the share of it that is done.
    """
    stopped = threading.Event()

    def work(job: Job) -> Outcome:
        def progress(share: float) -> None:
            if stopped.is_set():
                raise _Stopped
            on_progress(job, share)

        try:
            if resume:
                remove_leftovers(job.target)
                if is_done(job):
                    return Outcome(job)
            job.target.parent.mkdir(parents=True, exist_ok=True)
            return Outcome(
                job, denoise_file(job.source, job.target, denoiser=denoiser, options=options, progress=progress)
            )
        except UnnoiseError as error:
            return Outcome(job, error=str(error))
        except OSError as error:
            return Outcome(job, error=f"{job.source}: {error.strerror or error}.")
        except MemoryError:
            return Outcome(
                job, error=f"{job.source}: there is not enough memory for it. Give --max-memory, or shrink it."
            )

    waiting: set[Future[Outcome]] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for job in jobs:
                if len(waiting) >= AT_ONCE:
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
