"""What ``unnoise denoise`` does with files and folders: names, lines, progress bar, report."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from unnoise.atomic import write_text
from unnoise.cli.errors import describe
from unnoise.errors import InputError, OutputError, UnnoiseError, UsageError
from unnoise.files import FileReport, Job, Outcome, denoise_files, plan_sources
from unnoise.files.jobs import entry
from unnoise.files.memory import limit_memory
from unnoise.frames import open_frames
from unnoise.imaging.formats import format_of
from unnoise.imaging.samples import to_float
from unnoise.inference import DenoiseOptions, Denoiser
from unnoise.luma import LUMA

Work = Callable[..., FileReport]


def check_report(path: Path | None) -> None:
    """Raise OutputError where a report cannot be written, before the work is done."""
    if path is None:
        return
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        why = "it is a folder" if path.is_dir() else f"{folder} is no folder that can be written to"
        raise OutputError(f"The report cannot be written to {path}: {why}. Give another file with --report.")


def denoise_one(
    source: str,
    output: str | None,
    denoiser: Denoiser,
    work: Work,
    options: DenoiseOptions,
    suffix: str | None,
    *,
    report: Path | None,
) -> None:
    """Denoise a file, or standard input, to a file or standard output."""
    content: str | bytes = source
    if source == "-":
        content = sys.stdin.buffer.read()
        if not content:
            raise InputError("Standard input is empty. Pipe an image into it.")
        output = output or "-"
    if output == "-":
        sink = io.BytesIO()
        done = dataclasses.replace(work(content, sink, format=suffix), target="standard output")
        sys.stdout.buffer.write(sink.getvalue())
        sys.stdout.buffer.flush()
        typer.echo(_line(done), err=True)
    else:
        target = _target(source, content, output, suffix)
        with progress_bar() as bar:
            task = bar.add_task(Path(source).name, total=1.0)
            done = work(content, target, progress=lambda share: bar.update(task, completed=share))
        typer.echo(_line(done))
        _classes(content, denoiser)
    if report is not None:
        _write_report(report, [_entry(Outcome(Job(Path(source), Path(done.target)), done))], options)


def _target(source: str, content: str | bytes, output: str | None, suffix: str | None) -> Path:
    """Return the file to write; folders that are named with a slash at their end are made."""
    kind = suffix or (Path(source).suffix if isinstance(content, str) else open_frames(content).format.suffixes[0])
    if output is None:
        return Path(source).with_name(f"{Path(source).stem}.denoised{kind}")
    target = Path(output)
    if output.endswith(("/", os.sep)):
        target.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        return target / Path("image" if source == "-" else source).with_suffix(kind).name
    if suffix is not None and not target.suffix:
        target = target.with_name(target.name + suffix)
    if suffix is not None and format_of(target) is not format_of(f"x{suffix}"):
        raise UsageError(f"--format {suffix[1:]} contradicts the name {target}. Give one of both.")
    return target


def denoise_many(
    sources: list[str],
    output: str | None,
    denoiser: Denoiser,
    work: Work,
    options: DenoiseOptions,
    suffix: str | None,
    *,
    recursive: bool,
    resume: bool,
    report: Path | None,
) -> None:
    """Denoise folders and several files; raise at the end where a file was bad."""
    limit_memory()
    jobs, others = plan_sources(sources, output, recursive=recursive, suffix=suffix)
    sizes = {job: _megapixels(job) for job in jobs}
    shares = dict.fromkeys(jobs, 0.0)
    outcomes: list[Outcome] = []
    started = time.perf_counter()
    typer.echo(f"{len(jobs)} images, {sum(sizes.values()):.1f} megapixels, on {denoiser.device}")
    for line in others:
        typer.echo(line)
    with progress_bar("{task.fields[speed]:.2f} MP/s") as bar:
        task = bar.add_task(Path(sources[0]).name, total=sum(sizes.values()) or 1, speed=0.0)

        def on_progress(job: Job, share: float) -> None:
            shares[job] = share
            done = sum(sizes[job] * share for job, share in shares.items())
            bar.update(task, completed=done, speed=done / (time.perf_counter() - started))

        for outcome in denoise_files(jobs, work, resume=resume, on_progress=on_progress):
            outcomes.append(outcome)
            on_progress(outcome.job, 1.0)
            if outcome.error is not None:
                bar.console.print(describe(outcome.error), highlight=False, soft_wrap=True, markup=False)
            elif (done := outcome.report) is not None and (done.unchanged or done.notes):
                bar.console.print(_line(done), highlight=False, soft_wrap=True, markup=False)
    order = {job: number for number, job in enumerate(jobs)}
    outcomes.sort(key=lambda outcome: order[outcome.job])
    if report is not None:
        _write_report(report, [_entry(outcome) for outcome in outcomes], options)
    bad = [str(outcome.job.source) for outcome in outcomes if outcome.error is not None]
    reports = [outcome.report for outcome in outcomes if outcome.report is not None]
    unchanged = sum(bool(done.unchanged) for done in reports)
    before = len(outcomes) - len(bad) - len(reports)
    tell_end(len(reports), unchanged, before, len(bad), bad, time.perf_counter() - started)


def tell_end(written: int, unchanged: int, before: int, failed: int, bad: list[str], seconds: float) -> None:
    """Print what became of many files; raise InputError where some failed, with the names ``bad`` of these."""
    typer.echo(
        f"{written} written"
        + (f", {unchanged} of them left as they are" if unchanged else "")
        + (f", {before} done before" if before else "")
        + f", {seconds:.1f} s"
    )
    if failed:
        names = ", ".join(bad) + (f" and {failed - len(bad)} more" if failed > len(bad) else "")
        total = written + before + failed
        raise InputError(f"{failed} of {total} images could not be denoised: {names}. See the lines above.")


def progress_bar(*more: str) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), *map(TextColumn, more), TimeRemainingColumn())
    # Standard output may be the image.
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def _line(report: FileReport) -> str:
    """Return what was done to a file, in a sentence or two."""
    if report.unchanged == "no noise was found":
        what = "left as it is, no noise was found (--force denoises it all the same)"
    elif report.unchanged:
        what = f"left as it is, {report.unchanged}"
    else:
        what = f"denoised, noise {(report.noise or 0) * 255:.1f} of 255"
    size = f"{report.width}×{report.height}" + (f", {report.frames} frames" if report.frames > 1 else "")
    line = f"{report.target}: {what}; {size}, {report.bits} bit, {report.seconds:.1f} s"
    line += f" on {report.device}"
    if report.metadata_lost:
        line += f"; not kept: {', '.join(report.metadata_lost)}"
    return "; ".join([line, *report.notes])


def _classes(source: str | bytes, denoiser: Denoiser) -> None:
    """Print the class that a composite model sees, in gray where it takes gray images."""
    if denoiser.metadata.kind == "composite":
        file = open_frames(source)[0]
        image = to_float(file.read()[..., : file.channels])
        wanted = denoiser.metadata.input_shape[2]
        if wanted == 1 < file.channels:
            image = (image @ LUMA)[..., np.newaxis]
        elif wanted == 3 > file.channels:
            image = np.repeat(image, 3, axis=-1)
        typer.echo(f"class: {denoiser.classify(image)}")


def _megapixels(job: Job) -> float:
    try:
        frames = open_frames(job.source)
        return len(frames) * frames[0].width * frames[0].height / 1e6
    except (UnnoiseError, OSError, MemoryError):
        return 0.0  # the job itself will tell


def _entry(outcome: Outcome) -> dict[str, Any]:
    return entry(str(outcome.job.source), str(outcome.job.target), outcome.error or outcome.report, tell=describe)


def _write_report(path: Path, entries: list[dict[str, Any]], options: DenoiseOptions) -> None:
    content = {"options": dataclasses.asdict(options), "files": entries}
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n", overwrite=True)
