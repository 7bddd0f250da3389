"""What ``unnoise denoise`` does with files and folders: names, lines, progress bar, report."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from unnoise.atomic import write_text
from unnoise.batch import FileOptions, FileReport, Job, Outcome, denoise_file, denoise_files, limit_memory, plan
from unnoise.errors import InputError, UnnoiseError, UsageError
from unnoise.imaging.formats import format_of
from unnoise.imaging.image_file import open_image
from unnoise.inference import Denoiser
from unnoise.luma import LUMA


def denoise_one(
    source: str,
    output: str | None,
    denoiser: Denoiser,
    options: FileOptions,
    suffix: str | None,
    *,
    report: Path | None,
) -> None:
    """Denoise a file, or standard input, to a file or standard output."""
    if source == "-":
        piped = sys.stdin.buffer.read()
        if not piped:
            raise InputError("Standard input is empty. Pipe an image into it.")
        content: str | bytes = piped
        kind = open_image(piped).format.suffixes[0]
        output = output or "-"
    else:
        content, kind = source, Path(source).suffix
    kind = suffix or kind
    if output == "-":
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / f"image{kind}"
            done = denoise_file(content, target, denoiser=denoiser, options=options)
            sys.stdout.buffer.write(target.read_bytes())
            sys.stdout.buffer.flush()
        done = dataclasses.replace(done, target="standard output")
        typer.echo(_line(done), err=True)
    else:
        if output is None:
            target = Path(source).with_name(f"{Path(source).stem}.denoised{kind}")
        elif Path(output).is_dir():
            target = Path(output) / Path(source).with_suffix(kind).name
        else:
            target = Path(output)
            if suffix is not None and not target.suffix:
                target = target.with_name(target.name + suffix)
            if suffix is not None and format_of(target) is not format_of(f"x{suffix}"):
                raise UsageError(f"--format {suffix[1:]} contradicts the name {target}. Give one of both.")
        with _bar() as bar:
            task = bar.add_task(Path(source).name, total=1.0)
            done = denoise_file(
                content,
                target,
                denoiser=denoiser,
                options=options,
                progress=lambda share: bar.update(task, completed=share),
            )
        typer.echo(_line(done))
    if report is not None:
        _write_report(report, [_entry(Outcome(Job(Path(source), Path(done.target)), done))], options)
    if output != "-":
        _classes(content, denoiser)


def denoise_folder(
    folder: Path,
    output: Path,
    denoiser: Denoiser,
    options: FileOptions,
    suffix: str | None,
    *,
    recursive: bool,
    resume: bool,
    report: Path | None,
) -> None:
    """Denoise a folder; raise at the end where a file was bad."""
    limit_memory()
    jobs = plan(folder, output, recursive=recursive, suffix=suffix)
    sizes = {job: _megapixels(job) for job in jobs}
    shares = dict.fromkeys(jobs, 0.0)
    outcomes: list[Outcome] = []
    started = time.perf_counter()
    typer.echo(f"{len(jobs)} images, {sum(sizes.values()):.1f} megapixels, on {denoiser.device}")
    with _bar("{task.fields[speed]:.2f} MP/s") as bar:
        task = bar.add_task(folder.name, total=sum(sizes.values()) or 1, speed=0.0)

        def on_progress(job: Job, share: float) -> None:
            shares[job] = share
            done = sum(sizes[job] * share for job, share in shares.items())
            bar.update(task, completed=done, speed=done / (time.perf_counter() - started))

        for outcome in denoise_files(jobs, denoiser, options=options, resume=resume, on_progress=on_progress):
            outcomes.append(outcome)
            on_progress(outcome.job, 1.0)
            if outcome.error:
                bar.console.print(outcome.error, highlight=False, soft_wrap=True, markup=False)
            elif (done := outcome.report) is not None and (done.unchanged or done.correlated or done.notes):
                bar.console.print(_line(done), highlight=False, soft_wrap=True, markup=False)
    order = {job: number for number, job in enumerate(jobs)}
    outcomes.sort(key=lambda outcome: order[outcome.job])
    if report is not None:
        _write_report(report, [_entry(outcome) for outcome in outcomes], options)
    bad = [outcome for outcome in outcomes if outcome.error]
    skipped = sum(outcome.report is None and not outcome.error for outcome in outcomes)
    written = len(outcomes) - len(bad) - skipped
    seconds = time.perf_counter() - started
    masked = sum(outcome.report is not None and outcome.report.masked for outcome in outcomes)
    typer.echo(
        f"{written} written"
        + (f", {skipped} done before" if skipped else "")
        + (f", {masked} with noise that a camera had smoothed: masked" if masked else "")
        + f", {seconds:.1f} s"
    )
    if bad:
        names = ", ".join(str(outcome.job.source) for outcome in bad)
        raise InputError(f"{len(bad)} of {len(jobs)} images could not be denoised: {names}. See the lines above.")


def _bar(*more: str) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), *map(TextColumn, more), TimeRemainingColumn())
    # Standard output may be the image.
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def _line(report: FileReport) -> str:
    what = f"left as it is, {report.unchanged}" if report.unchanged else f"noise {report.noise * 255:.1f} of 255"
    line = f"{report.target}: {report.width}×{report.height}, {report.bits} bit, {what}, {report.device}"
    line += f", {report.seconds:.1f} s"
    if report.unchanged == "no noise was found":
        line += " (--force denoises it all the same)"
    if report.correlated and not report.unchanged:
        line += "; the noise is coarser than what the model was trained for, some will stay (halve the image first)"
    if report.masked:
        line += "; the camera had smoothed the noise: masked, in two passes (--sigma N: how much; --force: not at all)"
    if report.metadata_lost:
        line += f"; not kept: {', '.join(report.metadata_lost)}"
    return "; ".join([line, *report.notes])


def _classes(source: str | bytes, denoiser: Denoiser) -> None:
    """Print the class that a composite model sees, in gray where it takes gray images."""
    if denoiser.metadata.kind == "composite":
        from unnoise.batch.one_file import to_range

        file = open_image(source)
        image = to_range(file.read()[..., : file.channels])
        wanted = denoiser.metadata.input_shape[2]
        if wanted == 1 < file.channels:
            image = (image @ LUMA)[..., np.newaxis]
        elif wanted == 3 > file.channels:
            image = np.repeat(image, 3, axis=-1)
        typer.echo(f"class: {denoiser.classify(image)}")


def _megapixels(job: Job) -> float:
    try:
        file = open_image(job.source)
    except UnnoiseError:
        return 0.0  # the job itself will tell
    return file.width * file.height / 1e6


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {"source": str(outcome.job.source), "target": str(outcome.job.target)}
    if outcome.error:
        return {**entry, "status": "error", "error": outcome.error}
    if outcome.report is None:
        return {**entry, "status": "done before"}
    return {"status": "unchanged" if outcome.report.unchanged else "denoised", **dataclasses.asdict(outcome.report)}


def _write_report(path: Path, entries: list[dict[str, Any]], options: FileOptions) -> None:
    content = {"options": dataclasses.asdict(options), "files": entries}
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n", overwrite=True)
