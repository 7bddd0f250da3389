"""report.html: one self-contained page on a trained network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from unnoise.errors import InputError
from unnoise.reporting.kpi import KpiTable
from unnoise.reporting.page import (
    ReportFigure,
    Section,
    facts_html,
    figures_html,
    folded_html,
    notes_html,
    table_html,
    write_page,
)
from unnoise.reporting.tables import footnotes, text_tables

SECTIONS = {
    "pictures": "Pictures",
    "curves": "Learning curves",
    "confusion": "Confusion",
    "codes": "Codes",
    "other": "More figures",
}
"""Sections that hold figures, in their order on the page; ``kpi`` figures stand under the tables."""


def write_report(
    path: str | Path,
    *,
    title: str,
    summary: str,
    facts: Mapping[str, str],
    history: Sequence[Mapping[str, Any]],
    table: KpiTable,
    figures: Iterable[ReportFigure | tuple[str, bytes | str | Path]],
    command: str,
    model_summary: str,
    overwrite: bool = True,
) -> Path:
    """Write the report and return its path: one HTML file that loads nothing, images and style inside.

    Args:
        path: The file to write.
        title: Heading of the page.
        summary: One paragraph; blank lines separate paragraphs.
        facts: What was trained, as name and value: data, noise, network, seed, versions.
        history: One mapping an epoch, all columns are shown as the training log.
        table: The key figures.
        figures: Figures in their order; a pair (caption, PNG) goes to the last section.
        command: The command that repeats the run.
        model_summary: The layers of the network as text, as Keras prints it.
        overwrite: Whether an existing file may be replaced.

    Raises:
        InputError: a figure that is not a PNG file, or one with an unknown section.
        OutputError: the folder is missing, the file exists, or the disk refuses.
    """
    known = [figure if isinstance(figure, ReportFigure) else ReportFigure(*figure) for figure in figures]
    for figure in known:
        if figure.section not in ("kpi", *SECTIONS):
            raise InputError(
                f"A figure's section is one of kpi, {', '.join(SECTIONS)}; {figure.caption!r} has {figure.section!r}."
            )
    shown = {name: figures_html((f for f in known if f.section == name), name) for name in ("kpi", *SECTIONS)}
    layers = folded_html("Layers", f"<pre>{escape(model_summary)}</pre>") if model_summary.strip() else ""
    tables = "\n".join(table_html(text) for text in text_tables(table))
    return write_page(
        path,
        title=title,
        summary=summary,
        sections=[
            Section("trained", "What was trained", f"{facts_html(dict(facts))}\n{layers}"),
            Section("figures", "Key figures", f"{tables}\n{notes_html(footnotes(table))}\n{shown['kpi']}"),
            *(Section(name, heading, shown[name]) for name, heading in SECTIONS.items()),
            Section("log", "Training log", _log(history)),
            Section("repeat", "Repeat it", f"<pre><code>{escape(command)}</code></pre>"),
        ],
        overwrite=overwrite,
    )


def _log(history: Sequence[Mapping[str, Any]]) -> str:
    if not history:
        return ""
    names = list(dict.fromkeys(name for row in history for name in row))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_short(row.get(name)))}</td>" for name in names) + "</tr>" for row in history
    )
    log = f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    epochs = f"{len(history)} epoch{'' if len(history) == 1 else 's'}"
    return folded_html(epochs, log)


def _short(value: Any) -> str:
    """Return a value of the history with at most five significant digits, other text as it is."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return str(value) if number.is_integer() else f"{number:.5g}"
