"""Evaluation over noise strengths: a run and its baselines on weaker or stronger noise than they were made for."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from unnoise import noise as noises
from unnoise.atomic import write_text
from unnoise.errors import UsageError
from unnoise.evaluation.comparison import compare
from unnoise.evaluation.subject import open_subject
from unnoise.experiment.run_folder import RunFolder
from unnoise.reporting.figures import save_figure, sweep_plot
from unnoise.reporting.kpi import DO_NOTHING, KpiTable


def strength(noise: noises.NoiseModel) -> tuple[str, float]:
    """Return name and value of the parameter that is a noise's strength, its first.

    Raises:
        UsageError: a noise made of several, or one without a number.
    """
    name = noise.parameters()[0].name
    value = getattr(noise, name)
    if not isinstance(value, Real) or isinstance(value, bool):
        raise UsageError(
            f"Strengths replace the number of a single noise, such as gaussian(0.5); the recipe's noise is {noise}.",
            remedy="noise",
        )
    return name, float(value)


def evaluate_strengths(
    run: RunFolder, strengths: Sequence[float], *, data_dir: str | Path | None = None, console: Console
) -> list[dict[str, Any]]:
    """Measure a finished run at several strengths of its recipe's noise.

    The network and the baselines stay as they were trained and fitted, at the recipe's own strength. Writes
    ``strengths.csv`` and ``strengths.png`` into ``evaluations/strengths`` of the run and prints a table.

    Args:
        run: The run folder.
        strengths: Values of the noise's first parameter; they are sorted, and each is taken once.
        data_dir: Where data sets are looked for first.
        console: Where to print.

    Returns:
        One row a strength and method: strength, method, psnr, ssim, accuracy; None where one does not apply.

    Raises:
        UsageError: the recipe's noise has no strength, or one that is out of its range.
        InputError: the run is not finished.
    """
    strengths = sorted(set(strengths))
    recipe = run.recipe
    noise = noises.parse(recipe.noise)
    name, trained = strength(noise)
    # All are spelled first: the noise refuses a wrong one before models and data are loaded.
    changes: list[dict[str, Any]] = [{name: value} for value in strengths]
    spellings = [str(dataclasses.replace(noise, **change)) for change in changes]

    names = dict.fromkeys([*recipe.evaluation.baselines, "linear", "pca"])
    comparison = compare(open_subject(run.path), names=names, data_dir=data_dir)
    rows: list[dict[str, Any]] = []
    with console.status("") as status:
        for value, spelling in zip(strengths, spellings, strict=True):
            status.update(f"measuring {spelling}")
            pair = comparison.pair(spelling)
            rows += _rows(value, comparison.measure(pair, comparison.denoise(pair)))

    folder = run.path / "evaluations" / "strengths"
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "strengths.csv", text.getvalue())
    recognised = comparison.subject.classifier is not None
    percent = [row | {"accuracy": None if row["accuracy"] is None else 100 * row["accuracy"]} for row in rows]
    figure = sweep_plot(
        percent,
        "strength",
        ["accuracy", "psnr"] if recognised else ["psnr"],
        group="method",
        x_label=f"{name} of {noise.kind} noise",
        y_label=["accuracy [%]", "mean PSNR [dB]"] if recognised else ["mean PSNR [dB]"],
        mark=(trained, "trained"),
    )
    save_figure(figure, folder / "strengths.png")

    console.print(f"trained and fitted at {noise}; {len(comparison.own[1])} test images", highlight=False)
    console.print(
        _table(percent, "accuracy", "accuracy [%]", 1) if recognised else _table(rows, "psnr", "PSNR [dB]", 2),
        highlight=False,
    )
    for method, reason in comparison.baselines.skipped.items():
        console.print(f"{method} left out: {reason}", highlight=False, soft_wrap=True)
    console.print(
        f"table: {folder / 'strengths.csv'}\nplot: {folder / 'strengths.png'}", highlight=False, soft_wrap=True
    )
    return rows


def _rows(value: float, table: KpiTable) -> list[dict[str, Any]]:
    """Return what was measured at one strength: clean, noisy, denoised by each method, composite."""
    found = {"noisy" if row.name == DO_NOTHING else row.name: row for row in table.rows}
    judged = {row.name.removeprefix("denoised (").removesuffix(")"): row.accuracy for row in table.accuracies}
    rows = []
    # Both orders are the protocol's; without a classifier nothing is judged and only `found` has names.
    for method in judged or found:
        kpi = found.get(method)
        figures = {
            "psnr": None if kpi is None else kpi.psnr,
            "ssim": None if kpi is None else kpi.ssim,
            "accuracy": judged.get(method),
        }
        rounded = {key: None if figure is None else round(figure, 5) for key, figure in figures.items()}
        rows.append({"strength": value, "method": method, **rounded})
    return rows


def _table(rows: Sequence[dict[str, Any]], what: str, title: str, digits: int) -> Table:
    """Return one quantity as a table, methods down and strengths across."""
    drawn = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    drawn.add_column("")
    for value in dict.fromkeys(row["strength"] for row in rows):
        drawn.add_column(f"{value:g}", justify="right")
    for method in dict.fromkeys(row["method"] for row in rows):
        drawn.add_row(method, *(f"{row[what]:.{digits}f}" for row in rows if row["method"] == method))
    return drawn
