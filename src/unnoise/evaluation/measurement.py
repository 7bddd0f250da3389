"""What one evaluation gave: printed, and as metrics.json holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from unnoise.reporting.kpi import KpiTable
from unnoise.reporting.tables import print_table


@dataclass(frozen=True)
class Measurement:
    """The key figures of a subject and what belongs to them.

    Args:
        name: The row of the subject.
        table: The key figures.
        noise: The noise they were taken at, or whose it is.
        measured: What the images were compared with; empty where it is clean images.
        training_accuracy: The classifier's accuracy on clean training images, None without one.
        matched_noise, matched: The noise at which the accuracy on noisy images is the recipe's, and the key figures.
        report: report.html; None where none was written.
    """

    name: str
    table: KpiTable
    noise: str
    measured: str = ""
    training_accuracy: float | None = None
    matched_noise: str | None = None
    matched: KpiTable | None = None
    report: Path | None = None

    def to_json(self) -> str:
        """Return what metrics.json holds."""
        content: dict[str, Any] = {"noise": self.noise, **self.table.to_dict()}
        if self.measured:
            content["measured"] = self.measured
        if self.training_accuracy is not None:
            content["training_accuracy"] = self.training_accuracy
        if self.matched is not None:
            content["matched"] = {"noise": self.matched_noise, **self.matched.to_dict()}
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    def print(self, console: Console) -> None:
        """Print the tables on a console, and whether the subject does harm."""
        console.print(f"noise: {self.noise}", highlight=False)
        print_table(self.table, console)
        if self.measured:
            console.print(self.measured, highlight=False, soft_wrap=True)
        if self.training_accuracy is not None:
            console.print(
                f"classifier's accuracy on clean training images: {self.training_accuracy:.2%}", highlight=False
            )
        if self.matched is not None:
            console.print(
                f"and at {self.matched_noise}, where accuracy on noisy images is the recipe's:", highlight=False
            )
            print_table(self.matched, console)
        harm = self.table.harm(self.name)
        if harm is not None:
            console.print(harm, style="bold red", highlight=False, soft_wrap=True)
        if self.report is not None:
            console.print(f"report: {self.report}", soft_wrap=True, highlight=False)
