"""What ``unnoise denoise --cluster`` prints while the machines of a cluster work, and how it ends."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import typer

from unnoise.cli.denoising import progress_bar, tell_end
from unnoise.cli.errors import describe
from unnoise.errors import UnnoiseError

# Names that the last message repeats; the report has all.
_NAMES = 20


def denoise_cluster(
    source: str, output: str, *, address: str, report: str | None, recursive: bool, **arguments: Any
) -> None:
    """Denoise a folder on a cluster; raise at the end where a file was bad.

    Args:
        source, output: Folders, or URLs that fsspec opens.
        address: Of the cluster.
        report: The Parquet file to write, if any.
        recursive: Whether sub-folders are mirrored, too.
        arguments: Those of a Worker.
    """
    from unnoise.cluster import Worker, plan
    from unnoise.cluster.ray_cluster import check_machines, joined, workers_of
    from unnoise.cluster.report import ParquetReport
    from unnoise.cluster.run import denoise_on_cluster

    started = time.perf_counter()
    worker = Worker(source, output, **arguments)
    todo = plan(
        worker.source, worker.target, recursive=recursive, suffix=arguments["suffix"], overwrite=arguments["overwrite"]
    )
    counts = {"denoised": 0, "unchanged": 0, "done before": 0, "error": 0}
    bad: list[str] = []
    with contextlib.ExitStack() as stack:
        record = None if report is None else stack.enter_context(ParquetReport(report))

        def take(row: dict[str, Any], echo: Any) -> None:
            counts[row["status"]] += 1
            if row["status"] == "error":
                row["error"] = describe(UnnoiseError(row["error"], remedy=row["remedy"]))
                echo(row["error"])
                if len(bad) < _NAMES:
                    bad.append(row["source"])
            if record is not None:
                record.add([row])

        for made_from, made in todo.done:
            take({"source": made_from, "target": made, "status": "done before"}, typer.echo)
        for line in todo.left_out:
            typer.echo(line)
        if todo.sizes:
            stack.enter_context(joined(address))
            workers = workers_of(worker.threads)
            check_machines(worker, list(todo.sizes)[:3])
            total = sum(todo.sizes.values())
            typer.echo(f"{len(todo.sizes)} images, {total / 1e6:.1f} MB, on {workers} workers")
            bar = stack.enter_context(progress_bar())
            task = bar.add_task(worker.source.shown, total=total or 1)

            def echo(line: str) -> None:
                bar.console.print(line, highlight=False, soft_wrap=True, markup=False)

            for rows in denoise_on_cluster(todo.sizes, worker, workers=workers):
                for row in rows:
                    take(row, echo)
                bar.advance(task, sum(todo.sizes[row["name"]] for row in rows))
    tell_end(
        counts["denoised"] + counts["unchanged"], counts["unchanged"], counts["done before"], counts["error"], bad,
        time.perf_counter() - started,
    )  # fmt: skip
