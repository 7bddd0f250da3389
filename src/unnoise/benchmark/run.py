"""Runs a benchmark: a process for each set and method, rows as they come, then tables, figures and the report."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from unnoise.benchmark.image_sets import ImageSet, found_sets, load_set
from unnoise.benchmark.methods import DEFAULT, checked_name, read_tuned, title_of
from unnoise.benchmark.protocol import REAL, Row, checked_noise
from unnoise.benchmark.report import write_benchmark_report
from unnoise.benchmark.results import Mean, Results, file_name, means, noise_order
from unnoise.errors import UsageError
from unnoise.experiment.run_folder import environment

SIGMAS = ("15", "25", "50")


@dataclass(frozen=True)
class Plan:
    """What a benchmark is to measure.

    Args:
        models: Packaged models, by name or file.
        sets: Known sets, folders, or pairs; those on this machine when empty.
        noises: Sigmas such as ``25`` and spellings of noise; pairs have their own.
        methods: Baselines.
        images: Only the first so many of a set, None for all.
        eight_bit: Whether noisy images are clipped to [0, 1] and rounded to 8 bits.
        tuned: A file of tuned values in place of the committed ones.
        data_dir: Where known sets are looked for first.
    """

    models: Sequence[str] = ("photo",)
    sets: Sequence[str] = ()
    noises: Sequence[str] = SIGMAS
    methods: Sequence[str] = DEFAULT
    images: int | None = None
    eight_bit: bool = False
    tuned: Path | None = None
    data_dir: Path | None = None


@dataclass
class BenchmarkResult:
    """What a benchmark gave.

    Attributes:
        means: The means of every set, noise and method of the folder.
        failed: Methods that ended with an error, with its text.
        report: The page.
    """

    means: list[Mean]
    report: Path
    failed: dict[str, str] = field(default_factory=dict)


def run_benchmark(plan: Plan, folder: str | Path, *, console: Console) -> BenchmarkResult:
    """Measure what the plan says and is not yet in the folder; write tables, figures and ``report.html``.

    The folder gets ``images.csv`` (a row an image, written as it comes), ``summary.csv``, ``table.md``, ``figures/``,
    ``crops/``, ``report.html`` and ``benchmark.json`` (machine, versions, settings). Stopped at any moment, the same
    call goes on.

    Raises:
        UsageError: an unknown set, method or noise; told before anything is measured.
        DataError: a set that is not on this machine.
        InputError: the folder holds results of other settings or models.
    """
    sets = [load_set(name, data_dir=plan.data_dir) for name in plan.sets or found_sets(plan.data_dir)]
    noises = sorted({checked_noise(label) for label in plan.noises}, key=noise_order)
    methods = list(dict.fromkeys(checked_name(name) for name in (*plan.models, *plan.methods)))
    if not methods or not noises:
        raise UsageError(
            f"A benchmark needs a method and a noise; received {len(methods)} methods and {len(noises)} noises.",
            remedy="methods",
        )
    if plan.tuned is not None:
        read_tuned(plan.tuned)
    results = Results(folder)
    results.require_eight_bit(plan.eight_bit)
    results.facts |= environment()
    results.save_facts()

    result = BenchmarkResult([], results.folder / "report.html")
    todo = {
        (images.name, method): missing
        for images in sets
        for method in methods
        if (missing := _missing(results, images, method, noises, plan.images))
    }
    by_name = {images.name: images for images in sets}
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} images"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=sum(len(jobs) for jobs in todo.values()))
        for (name, method), jobs in todo.items():
            bar.update(task, description=f"{name}, {title_of(method)}")
            text = _process(results, by_name[name], method, jobs, noises, plan, bar, task)
            if text is not None:
                result.failed[f"{method} on {name}"] = text
            console.print(_line(results, name, method, noises, text), highlight=False, soft_wrap=True)
            results.save_facts()
    result.means = results.finish()
    write_benchmark_report(results, result.means)
    return result


def _missing(
    results: Results, images: ImageSet, method: str, noises: Sequence[str], most: int | None
) -> list[tuple[str, int]]:
    labels = [REAL] if images.pairs else noises
    return [
        (label, number)
        for label in labels
        for number, sample in enumerate(images.samples[:most])
        if (images.name, label, method, sample.name) not in results.rows
    ]


def _process(
    results: Results,
    images: ImageSet,
    method: str,
    jobs: list[tuple[str, int]],
    noises: Sequence[str],
    plan: Plan,
    bar: Progress,
    task: TaskID,
) -> str | None:
    """Let a process do the jobs; return what went wrong, None for nothing."""
    crops = results.folder / "crops" / file_name(images.name)
    crops.mkdir(parents=True, exist_ok=True)
    count = len(images.samples[: plan.images])
    content = {
        "set": images.name,
        "method": method,
        "jobs": jobs,
        "data_dir": None if plan.data_dir is None else str(plan.data_dir),
        "tuned": None if plan.tuned is None else str(plan.tuned),
        "eight_bit": plan.eight_bit,
        "crops": str(crops),
        # The middle one of the strengths, and three images spread over the set.
        "crop_noise": REAL if images.pairs else noises[len(noises) // 2],
        "crop_images": sorted({count // 6, count // 2, count - 1 - count // 6}),
    }
    for said in _lines(content):
        if "skipped" in said:
            results.facts["skipped"][method] = said["skipped"]
            bar.advance(task, len(jobs))
            return None
        if "error" in said:
            return str(said["error"])
        if "identity" in said:
            results.identify(method, said["identity"])
            continue
        results.add([Row(**said)])
        bar.advance(task)
    return None


def _lines(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a worker says; an error where it ends without a word."""
    # A file, since a pipe that nobody reads while rows come would fill up.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        worker = subprocess.Popen(
            [sys.executable, "-m", "unnoise.benchmark.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
        )
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(json.dumps(content))
            worker.stdin.close()
            for line in worker.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
            if worker.wait() != 0:
                complaints.seek(0)
                last = (complaints.read().strip().splitlines() or ["no word"])[-1]
                yield {"error": f"its process ended with exit code {worker.returncode}: {last}"}
        finally:
            worker.kill()
            worker.wait()
            worker.stdout.close()


def _line(results: Results, name: str, method: str, noises: Sequence[str], failed: str | None) -> str:
    if failed is not None:
        return f"{name}, {title_of(method)}: failed. {failed}"
    if method in results.facts["skipped"]:
        return f"{name}, {title_of(method)}: left out. {results.facts['skipped'][method]}"
    rows = [row for row in results.rows.values() if row.set == name and row.method == method]
    found = means(sorted(rows, key=lambda row: noise_order(row.noise)))
    shown = " / ".join(f"{mean.psnr:.2f}" for mean in found if mean.noise in (*noises, REAL))
    return f"{name}, {title_of(method)}: {shown} dB, {found[-1].megapixels_per_second:.2g} MP/s"
