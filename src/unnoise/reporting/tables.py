"""Key figures as text: cells and best values once, then Markdown and Rich (HTML is in page.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unnoise.reporting.kpi import LINEAR, KpiTable

if TYPE_CHECKING:
    from rich.console import Console

MOST_CLASSES = 20
"""Most classes whose accuracy is written out; beyond, the confusion figure shows them."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and whether it is the best of its column."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class TextTable:
    """A table ready to write in any format; the first column holds names."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{digits}f}"


def _spread(mean: float, spread: float | None, digits: int) -> str:
    return _number(mean, digits) + ("" if spread is None else f" ± {_number(spread, digits)}")


def _column(
    values: Sequence[float | None], texts: Iterable[str], best: Callable[[Iterable[float]], float] | None
) -> list[Cell]:
    known = [value for value in values if value is not None]
    winner = best(known) if best is not None and len(known) > 1 else None
    return [Cell(text, value is not None and value == winner) for value, text in zip(values, texts, strict=True)]


def _against_linear(table: KpiTable) -> list[str]:
    linear = table.row(LINEAR)
    if linear is None or math.isinf(linear.psnr):
        return ["–" for _ in table.rows]
    return [
        "0" if row is linear else "∞" if math.isinf(row.psnr) else f"{row.psnr - linear.psnr:+.2f}".replace("-", "−")
        for row in table.rows
    ]


def denoising_table(table: KpiTable) -> TextTable:
    """Return the denoising rows as cells; without a linear row its column is left out, as are BCE and notes."""
    rows = table.rows
    columns: dict[str, list[Cell]] = {
        "Method": [Cell(row.name) for row in rows],
        "PSNR [dB]": _column([r.psnr for r in rows], [_spread(r.psnr, r.psnr_std, 2) for r in rows], max),
    }
    if table.row(LINEAR) is not None:
        columns["vs. linear [dB]"] = [Cell(text) for text in _against_linear(table)]
    columns["SSIM"] = _column([r.ssim for r in rows], [_spread(r.ssim, r.ssim_std, 3) for r in rows], max)
    columns["MSE"] = _column([r.mse for r in rows], [_spread(r.mse, r.mse_std, 4) for r in rows], min)
    if any(row.bce is not None for row in rows):
        columns["BCE"] = _column([r.bce for r in rows], [_number(r.bce, 3) for r in rows], min)
    if any(row.note for row in rows):
        columns["Tuned"] = [Cell(row.note) for row in rows]
    return TextTable("Denoising", tuple(columns), tuple(zip(*columns.values(), strict=True)))


def accuracy_table(table: KpiTable) -> TextTable | None:
    """Return the recognition rows as cells, None where nothing was classified.

    The best value is marked among inputs that began noisy: the clean row is the ceiling, no contestant.
    """
    rows = table.accuracies
    if not rows:
        return None
    accuracies = _column(_contest(table, [row.accuracy for row in rows]), [_percent(row.accuracy) for row in rows], max)
    cells = tuple((Cell(row.name), cell) for row, cell in zip(rows, accuracies, strict=True))
    return TextTable("Recognition", ("Input", "Accuracy [%]"), cells)


def class_table(table: KpiTable) -> TextTable | None:
    """Return the accuracy of every class as cells, a row a class; None where there is none, or too many classes."""
    rows = table.accuracies
    if not rows or len(table.class_names) > MOST_CLASSES:
        return None
    cells = []
    for k, name in enumerate(table.class_names):
        values = [row.per_class[k] for row in rows]
        cells.append((Cell(name), *_column(_contest(table, values), [_percent(value) for value in values], max)))
    return TextTable("Accuracy of each class [%]", ("Class", *(row.name for row in rows)), tuple(cells))


def _contest(table: KpiTable, values: Sequence[float | None]) -> list[float | None]:
    return [None if row.name == "clean" else value for row, value in zip(table.accuracies, values, strict=True)]


def text_tables(table: KpiTable) -> list[TextTable]:
    """Return the tables that there are: denoising, recognition, recognition of each class."""
    found = (denoising_table(table), accuracy_table(table), class_table(table))
    return [text for text in found if text is not None]


def footnotes(table: KpiTable) -> list[str]:
    """Return what must be said below the tables: the number of images, the meaning of ±, what was left out."""
    plural = "" if table.images == 1 else "s"
    notes = [
        f"{table.images} test image{plural}; ± is the standard deviation over images; bold is the best of a column"
        + ("; clean is the ceiling and takes no part." if table.accuracies else ".")
    ]
    if table.row(LINEAR) is not None:
        notes.append(
            "linear: affine least squares in closed form, noisy to clean. A network below this row has not "
            "learnt more than a matrix can do."
        )
    notes += [harm for row in table.rows[1:] if (harm := table.harm(row.name)) is not None]
    notes += [f"{name} left out: {reason}" for name, reason in table.skipped.items()]
    return notes


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def markdown(table: KpiTable) -> str:
    """Return the tables and their notes as Markdown."""
    parts = [to_markdown(text) for text in text_tables(table)]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in footnotes(table))]) + "\n"


def to_markdown(text: TextTable) -> str:
    """Return one table with its title as Markdown, the best values in bold."""
    lines = [_pipes(text.header), _pipes(["---"] + ["---:"] * (len(text.header) - 1))]
    lines += [_pipes(f"**{cell.text}**" if cell.best else cell.text for cell in row) for row in text.rows]
    return f"### {text.title}\n\n" + "\n".join(lines)


def _pipes(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def print_table(table: KpiTable, console: Console) -> None:
    """Print the tables and their notes on a Rich console."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    # The classes are for the report, tuned values stand below: a terminal is not wide enough for them.
    for text in filter(None, (denoising_table(table), accuracy_table(table))):
        width = len(text.header) - (text.header[-1] == "Tuned")
        drawn = Table(title=text.title, box=box.SIMPLE_HEAD, title_justify="left")
        for position, name in enumerate(text.header[:width]):
            drawn.add_column(Text(name), justify="left" if position == 0 else "right", no_wrap=True)
        for row in text.rows:
            drawn.add_row(*(Text(cell.text, style="bold green" if cell.best else "") for cell in row[:width]))
        console.print(drawn)
    tuned = [f"{row.name} tuned on validation images: {row.note}" for row in table.rows if row.note]
    for note in [*footnotes(table), *tuned]:
        console.print(Text(note, style="dim"), soft_wrap=True)
