"""One self-contained HTML page of tables and figures, as every report is."""

from __future__ import annotations

import base64
import importlib.resources
import string
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from unnoise.atomic import write_text
from unnoise.errors import InputError
from unnoise.reporting.tables import Cell, TextTable


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Args:
        name: Its anchor.
        heading: Its heading.
        content: HTML.
    """

    name: str
    heading: str
    content: str


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the report.

    Args:
        caption: What is seen; also the text for readers who do not see the image, unless ``alt`` is given.
        png: The bytes of a PNG file, or its path.
        section: The section that it stands in.
        alt: Text in place of the image.
    """

    caption: str
    png: bytes | str | Path
    section: str = "other"
    alt: str = ""


def write_page(
    path: str | Path, *, title: str, summary: str, sections: Iterable[Section], overwrite: bool = True
) -> Path:
    """Write the page and return its path: one HTML file that loads nothing, images and style inside.

    Args:
        path: The file to write.
        title: Heading of the page.
        summary: Plain text; blank lines separate paragraphs.
        sections: In their order; those without content are left out.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputError: the folder is missing, the file exists, or the disk refuses.
    """
    shown = [section for section in sections if section.content]
    template = string.Template(importlib.resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    page = template.substitute(
        title=escape(title),
        summary="".join(f"<p>{escape(part)}</p>" for part in summary.split("\n\n") if part.strip()),
        contents="".join(f'<a href="#{section.name}">{escape(section.heading)}</a>' for section in shown),
        sections="\n".join(
            f'<section id="{section.name}"><h2>{escape(section.heading)}</h2>\n{section.content}\n</section>'
            for section in shown
        ),
    )
    write_text(path, page, overwrite=overwrite)
    return Path(path)


def facts_html(facts: dict[str, str]) -> str:
    """Return facts as a list of names and values."""
    return (
        "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()) + "</dl>"
    )


def notes_html(notes: Iterable[str]) -> str:
    """Return notes as a quiet list."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def figures_html(figures: Iterable[ReportFigure], kind: str) -> str:
    """Return figures side by side or one below the other, as the style of ``kind`` says."""
    parts = [_figure(figure) for figure in figures]
    return f'<div class="{kind}">{"".join(parts)}</div>' if parts else ""


def table_html(text: TextTable) -> str:
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


def folded_html(heading: str, content: str) -> str:
    """Return content that is opened by a click on its heading."""
    return f"<details><summary>{escape(heading)}</summary>{content}</details>"


def _cell(cell: Cell, sentence: bool) -> str:
    content = f"<strong>{escape(cell.text)}</strong>" if cell.best else escape(cell.text)
    return f'<td class="text">{content}</td>' if sentence else f"<td>{content}</td>"


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
