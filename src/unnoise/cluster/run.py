"""The files of a plan, denoised by the workers of a cluster; Ray Data schedules them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from unnoise.cluster.report import row_schema
from unnoise.cluster.worker import Worker

Row = dict[str, Any]

# The most that a worker gets at a time, and how often each gets something where there is less.
_BATCH_BYTES, _BATCH_FILES, _TURNS = 64_000_000, 256, 8
# How often a file is given out whose worker was lost: with others first, then alone.
_ATTEMPTS = 3


def batches(sizes: dict[str, int], workers: int) -> list[list[str]]:
    """Return the names of files in the batches that workers get, in their order.

    Args:
        sizes: The bytes of each file.
        workers: How many share them.

    Example:
        >>> batches({"a": 40_000_000, "b": 30_000_000, "c": 1, "d": 1}, workers=1)
        [['a'], ['b'], ['c', 'd']]
    """
    limit = min(_BATCH_BYTES, sum(sizes.values()) // (_TURNS * workers))
    count = max(1, min(_BATCH_FILES, len(sizes) // (_TURNS * workers)))
    found: list[list[str]] = []
    room = 0
    for name, size in sizes.items():
        if not found or size > room or len(found[-1]) == count:
            found.append([])
            room = limit
        found[-1].append(name)
        room -= size
    return found


def denoise_on_cluster(sizes: dict[str, int], worker: Worker, *, workers: int) -> Iterator[list[Row]]:
    """Denoise files on the cluster that has been joined, and give their rows as they come.

    A bad file is a row that says so. Files whose worker was lost, with its machine or by what the file did to it, are
    given out again, each alone; what has lost its worker three times is a row, too.

    Args:
        sizes: The bytes of each file, by its name.
        worker: What each worker holds.
        workers: How many there are.
    """
    waiting = dict(sizes)
    if not waiting:
        return
    for attempt in range(_ATTEMPTS):
        alone = attempt > 0
        shares = [[name] for name in waiting] if alone else batches(waiting, workers)
        # The next batch waits at the worker, but not where the one before may end it.
        for rows in _through_ray(shares, worker, min(workers, len(shares)), in_flight=1 if alone else 2):
            for row in rows:
                waiting.pop(row["name"], None)
            yield rows
        if not waiting:
            return
    yield [worker.lost(name) for name in waiting]


class _Actor:
    """A worker in a process of Ray: a batch of names in, their rows out."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        rows = list(self._worker.rows(batch["name"].to_pylist()))
        return pa.Table.from_pylist(rows, schema=row_schema())


def _through_ray(shares: Iterable[list[str]], worker: Worker, workers: int, *, in_flight: int) -> Iterator[list[Row]]:
    import pyarrow as pa
    import ray.data

    # Ray Data tells of lost workers at length; the rows tell of it here.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL + 1)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1
    names = ray.data.from_arrow([pa.table({"name": pa.array(share, pa.string())}) for share in shares])
    with warnings.catch_warnings():
        # Ray wants max_task_retries out of this call from 2.64 on, and names no other place for it yet.
        warnings.simplefilter("ignore", DeprecationWarning)
        done = names.map_batches(
            _Actor,
            fn_constructor_args=(worker,),
            batch_size=None,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=in_flight),
            num_cpus=worker.threads,
            # A worker that is lost is started again, but what it had is given to whoever is free, not kept for it.
            max_task_retries=0,
        )
    for table in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield table.to_pylist()
