"""report.html: one self-contained page on a trained network."""

from __future__ import annotations

import base64
import importlib.resources
import math
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from unnoise.atomic import write_text
from unnoise.errors import InputError
from unnoise.evaluation.kpi import KpiTable
from unnoise.evaluation.tables import Cell, TextTable, footnotes, text_tables

SECTIONS = {
    "pictures": "Pictures",
    "curves": "Learning curves",
    "confusion": "Confusion",
    "codes": "Codes",
    "other": "More figures",
}
"""Sections that hold figures, in their order on the page; ``kpi`` figures stand under the tables."""


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the report.

    Args:
        caption: What is seen; also the text for readers who do not see the image, unless ``alt`` is given.
        png: The bytes of a PNG file, or its path.
        section: ``kpi``, ``pictures``, ``curves``, ``confusion``, ``codes`` or ``other``.
        alt: Text in place of the image.
    """

    caption: str
    png: bytes | str | Path
    section: str = "other"
    alt: str = ""


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
    tables = "\n".join(_table(text) for text in text_tables(table))
    notes = "".join(f"<li>{escape(note)}</li>" for note in footnotes(table))
    shown = {name: _figures(known, name) for name in ("kpi", *SECTIONS)}
    sections = "\n".join(
        f'<section id="{name}"><h2>{heading}</h2>\n{shown[name]}\n</section>'
        for name, heading in SECTIONS.items()
        if shown[name]
    )
    present = {"trained": "What was trained", "figures": "Key figures"}
    present |= {name: heading for name, heading in SECTIONS.items() if shown[name]}
    present |= {"log": "Training log"} if history else {}
    present |= {"repeat": "Repeat it"}
    page = _template().substitute(
        title=escape(title),
        summary="".join(f"<p>{escape(part)}</p>" for part in summary.split("\n\n") if part.strip()),
        contents="".join(f'<a href="#{name}">{escape(heading)}</a>' for name, heading in present.items()),
        facts="".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items()),
        model_summary=_folded("Layers", f"<pre>{escape(model_summary)}</pre>") if model_summary.strip() else "",
        tables=f'{tables}\n<ul class="notes">{notes}</ul>\n{shown["kpi"]}',
        sections=sections,
        log=_log(history),
        command=escape(command),
    )
    write_text(path, page, overwrite=overwrite)
    return Path(path)


def _template() -> string.Template:
    return string.Template(importlib.resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8"))


def _table(text: TextTable) -> str:
    """Return a table in a box of its own that scrolls sideways on a narrow screen."""
    sentence = text.header.index("Tuned") if "Tuned" in text.header else -1
    head = "".join(
        f'<th scope="col"{" class=text" if place == sentence else ""}>{escape(name)}</th>'
        for place, name in enumerate(text.header)
    )
    body = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0].text)}</th>'
        + "".join(_cell(cell, place == sentence) for place, cell in enumerate(row) if place)
        + "</tr>"
        for row in text.rows
    )
    return (
        f'<h3>{escape(text.title)}</h3><div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell, sentence: bool) -> str:
    content = f"<strong>{escape(cell.text)}</strong>" if cell.best else escape(cell.text)
    return f'<td class="text">{content}</td>' if sentence else f"<td>{content}</td>"


def _figures(figures: Iterable[ReportFigure], section: str) -> str:
    parts = [_figure(figure) for figure in figures if figure.section == section]
    return f'<div class="{section}">{"".join(parts)}</div>' if parts else ""


def _figure(figure: ReportFigure) -> str:
    png = figure.png if isinstance(figure.png, bytes) else _read(Path(figure.png))
    if not png.startswith(b"\x89PNG\r\n\x1a\n") or len(png) < 24:
        raise InputError(f"A figure of the report must be a PNG file; {figure.caption!r} is not one. Draw it again.")
    width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(figure.alt or figure.caption)}"><figcaption>{escape(figure.caption)}</figcaption></figure>'
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read the figure {path}: {error.strerror or error}. Draw it again.") from error


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
    return f'<section id="log"><h2>Training log</h2>{_folded(epochs, log)}</section>'


def _short(value: Any) -> str:
    """Return a value of the history with at most five significant digits, other text as it is."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return str(value) if number.is_integer() else f"{number:.5g}"


def _folded(heading: str, content: str) -> str:
    return f"<details><summary>{escape(heading)}</summary>{content}</details>"
