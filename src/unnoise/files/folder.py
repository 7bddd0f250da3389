"""Folders of image files: what goes where, and all of it done, past bad files and stops."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

from unnoise.atomic import remove_leftovers
from unnoise.errors import InputError, OutputError, UnnoiseError
from unnoise.files.jobs import at_once, attempt
from unnoise.files.one_file import FileReport, denoise_file
from unnoise.frames import open_frames
from unnoise.imaging.foreign import told
from unnoise.imaging.formats import FORMATS, format_of
from unnoise.imaging.image_file import MAX_PIXELS
from unnoise.inference import DenoiseOptions, Denoiser, load_cached
from unnoise.inference.options import DEFAULT

# Files at work at once: while one is decoded or encoded, the network is busy with others.
AT_ONCE = 3

P = TypeVar("P", bound=PurePath)


@dataclasses.dataclass(frozen=True)
class Job:
    """One file to denoise."""

    source: Path
    target: Path


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a job: a report, or an error, or neither where it was done before."""

    job: Job
    report: FileReport | None = None
    error: UnnoiseError | None = None


class _Stopped(Exception):  # noqa: N818 - no error
    """The caller has stopped; the file at work is given up."""


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
        raise OutputError(f"{output} is a file, not a folder.", remedy="output")
    if output.resolve() == folder.resolve():
        raise OutputError(f"The output folder is the input folder {folder}.", remedy="output")
    entries = _entries(folder, output.resolve(), recursive)
    pairs = mirrored((source.relative_to(folder) for source in entries), suffix=suffix)
    jobs = [Job(folder / name, output / target) for name, target in pairs]
    if not jobs:
        others = "; ".join(left_out(folder, output, recursive=recursive))
        message = f"There are no images in {folder}" + (f"; {others}." if others else ".")
        raise InputError(message, remedy=None if recursive else "recursive")
    return jobs


def mirrored(names: Iterable[P], *, suffix: str | None = None) -> list[tuple[P, P]]:
    """Return the names of images among ``names``, each with the name that its denoised image gets.

    Args:
        names: Of files, relative to their folder; images count by their suffix.
        suffix: Another format for all, such as ".png"; None keeps each file's own.

    Raises:
        InputError: two files would be written to one name.
        UsageError: an unknown suffix.
    """
    if suffix is not None:
        format_of(f"x{suffix}")
    pairs: list[tuple[P, P]] = []
    taken: dict[str, P] = {}
    for name in names:
        if name.suffix.lower() not in FORMATS:
            continue
        target = name if suffix is None else name.with_suffix(suffix)
        # Some file systems do not tell capitals from small letters.
        first = taken.setdefault(str(target).lower(), name)
        if first is not name:
            raise InputError(
                f"{first} and {name} would both be written to {target}. Rename one of them, or keep each file's format."
            )
        pairs.append((name, target))
    return pairs


def left_out(folder: str | Path, output: str | Path, *, recursive: bool = False) -> list[str]:
    """Return in words what :func:`plan` leaves out because it is of a kind that is not read, such as raw files."""
    return told(_entries(Path(folder), Path(output).resolve(), recursive))


def _entries(folder: Path, output: Path, recursive: bool) -> Iterator[Path]:
    """Give the files of a folder and perhaps of those in it, sorted by name, but hidden ones."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"Cannot list {folder}: {error.strerror or error}. Check its permissions.") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if recursive and entry.resolve() != output and not entry.is_symlink():
                yield from _entries(entry, output, recursive)
        else:
            yield entry


def is_done(job: Job) -> bool:
    """Return whether the target is there, readable and of the source's size; targets are only ever written whole."""
    try:
        (source, count), (target, written) = (
            (frames[0], len(frames)) for frames in (open_frames(job.source), open_frames(job.target))
        )
    except UnnoiseError:
        return False
    # An orientation may have been applied, and frames may have been chosen.
    return written <= count and {source.width, source.height} == {target.width, target.height}


def denoise_folder(
    folder: str | Path,
    output: str | Path,
    *,
    model: str | Path | Denoiser = "photo",
    options: DenoiseOptions = DEFAULT,
    format: str | None = None,
    recursive: bool = False,
    resume: bool = False,
    strip_metadata: bool = False,
    overwrite: bool = False,
    max_pixels: int = MAX_PIXELS,
    quality: int | None = None,
    white: float | None = None,
    frames: str | None = None,
    on_progress: Callable[[Job, float], None] = lambda job, share: None,
) -> list[Outcome]:
    """Denoise the images of a folder into another, and return what became of each, in the order of their names.

    A bad file does not stop the others; its outcome holds the error.

    Args:
        folder, output, recursive: As in :func:`plan`.
        model, options, strip_metadata, overwrite, max_pixels, quality, white, frames: As in :func:`denoise_file`.
        format: Another format for all, such as ".png"; None keeps each file's own.
        resume: Whether files that are done are left out.
        on_progress: Called from the working threads with a job and the share of it that is done.

    Raises:
        InputError, OutputError: as in :func:`plan`.
        ModelFileError: a model that cannot be used.
    """
    suffix = None if format is None else f".{format.removeprefix('.')}"
    jobs = plan(folder, output, recursive=recursive, suffix=suffix)
    one = functools.partial(
        denoise_file,
        model=model if isinstance(model, Denoiser) else load_cached(model),
        options=options,
        strip_metadata=strip_metadata,
        overwrite=overwrite,
        max_pixels=max_pixels,
        quality=quality,
        white=white,
        frames=frames,
    )
    outcomes = {outcome.job: outcome for outcome in denoise_files(jobs, one, resume=resume, on_progress=on_progress)}
    return [outcomes[job] for job in jobs]


def denoise_files(
    jobs: Sequence[Job],
    denoise: Callable[..., FileReport],
    *,
    resume: bool = False,
    on_progress: Callable[[Job, float], None] = lambda job, share: None,
) -> Iterator[Outcome]:
    """Do the jobs, a few at a time, and give what became of each as soon as it is done.

    A bad file does not stop the others. When the caller stops (an exception, or the iterator is closed), the files at
    work are given up and nothing half written is left.

    Args:
        jobs: As :func:`plan` gives them.
        denoise: Called with source, target and ``progress``: :func:`denoise_file` with its other arguments given.
        resume: Whether jobs that are done are left out.
        on_progress: Called from the working threads with a job and the share of it that is done.
    """
    stopped = threading.Event()

    def work(job: Job) -> Outcome:
        def progress(share: float) -> None:
            if stopped.is_set():
                raise _Stopped
            on_progress(job, share)

        def denoised() -> FileReport | None:
            if resume:
                remove_leftovers(job.target)
                if is_done(job):
                    return None
            job.target.parent.mkdir(parents=True, exist_ok=True)
            return denoise(job.source, job.target, progress=progress)

        result = attempt(str(job.source), denoised)
        return Outcome(job, error=result) if isinstance(result, UnnoiseError) else Outcome(job, result)

    yield from at_once(jobs, work, AT_ONCE, stopped)
