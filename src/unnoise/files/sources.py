"""Several files, patterns and folders at once: what is written where."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from unnoise.errors import InputError, OutputError, UsageError
from unnoise.files.folder import Job, left_out, plan


def plan_sources(
    sources: Sequence[str], output: str | Path | None, *, recursive: bool = False, suffix: str | None = None
) -> tuple[list[Job], list[str]]:
    """Return the jobs of several sources, in their order, and in words what folders leave out.

    A file is written into ``output`` under its name. A folder that is the only source is mirrored in ``output``, one of
    several in a folder of its name there.

    Args:
        sources: Files, folders, and patterns such as ``"photos/*.jpg"``, in which no such file is there.
        output: A folder, made where it is not there; None: beside each file, with .denoised before the suffix.
        recursive: Whether sub-folders of folders are mirrored, too.
        suffix: Another format for all, such as ".png"; None keeps each file's own.

    Raises:
        InputError: a pattern that nothing matches, a folder without images, or two files that would be written to one
            name.
        OutputError: an output that is a file, or the folder of the sources.
        UsageError: a folder without an output.
    """
    found = [path for source in sources for path in _matches(source)]
    found = list(dict.fromkeys(found))
    if output is not None and Path(output).exists() and not Path(output).is_dir():
        raise OutputError(f"{output} is a file, and several images need a folder.", remedy="output")
    jobs: list[Job] = []
    others: list[str] = []
    for path in found:
        if not path.is_dir():
            jobs.append(Job(path, _target(path, output, suffix)))
            continue
        if output is None:
            raise UsageError(f"{path} is a folder, and no folder to write to is given.")
        inside = Path(output) if len(found) == 1 else Path(output) / path.resolve().name
        jobs += plan(path, inside, recursive=recursive, suffix=suffix)
        others += left_out(path, inside, recursive=recursive)
    taken: dict[str, Path] = {}
    for job in jobs:
        # Some file systems do not tell capitals from small letters.
        first = taken.setdefault(str(job.target).lower(), job.source)
        if first is not job.source:
            raise InputError(f"{first} and {job.source} would both be written to {job.target}. Write them apart.")
    return jobs, others


def _target(path: Path, output: str | Path | None, suffix: str | None) -> Path:
    kind = path.suffix if suffix is None else suffix
    return path.with_name(f"{path.stem}.denoised{kind}") if output is None else Path(output) / f"{path.stem}{kind}"


def is_name(source: str) -> bool:
    """Return whether a source is a name; otherwise it is a pattern."""
    return Path(source).exists() or glob.escape(source) == source


def _matches(source: str) -> list[Path]:
    """Return the file or folder of that name, or what the pattern matches, sorted."""
    if is_name(source):
        return [Path(source)]
    found = sorted(glob.glob(source))
    if not found:
        raise InputError(f"No file matches {source!r}. Check the folder and the pattern.")
    return [Path(path) for path in found]
