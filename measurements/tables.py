"""Writing tables of results, with the machine that they come from."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import unnoise
from unnoise.experiment.run_folder import processor

RESULTS = Path(__file__).parent / "results"
"""Where tables are kept."""


def machine() -> str:
    """Return processor, cores and versions in one line."""
    versions = f"Python {platform.python_version()}, unnoise {unnoise.__version__}"
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}, {versions}"


def write_table(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table as CSV, the machine in a first line that begins with ``#``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as handle:
        handle.write(f"# {machine()}\n")
        table = csv.writer(handle, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table by the names of its columns."""
    with open(path, newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(line for line in handle if not line.startswith("#")))
