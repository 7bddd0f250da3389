"""What a benchmark shows: tables in Markdown, figures, and one page of HTML, all from its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unnoise.atomic import write_text
from unnoise.benchmark import pictures
from unnoise.benchmark.image_sets import title_of as set_title
from unnoise.benchmark.methods import is_model, title_of
from unnoise.benchmark.protocol import REAL
from unnoise.benchmark.results import Mean, Results, file_name, noise_order
from unnoise.reporting.canvas import save_figure
from unnoise.reporting.page import ReportFigure, Section, facts_html, figures_html, notes_html, table_html, write_page
from unnoise.reporting.tables import Cell, TextTable, to_markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTES = (
    "PSNR in dB and SSIM are means over images of float values that are not clipped; bold is the best of a column.",
    "White Gaussian noise of standard deviation sigma (white = 255) is float and not clipped; image i has the noise of "
    "default_rng([sigma, i]).",
    "Models are blind: they are told nothing of the noise. Tuned filters and BM3D are told its strength; the filters' "
    "values were tuned on photographs outside of the test sets.",
    "MP/s: megapixels a second, of the denoising alone; memory: the peak of a process of its own while it denoises.",
)
PEERS_IN_CROPS = 3


def set_tables(means: Sequence[Mean], name: str) -> list[TextTable]:
    """Return the tables of one set: its sigmas (or the noise of pairs), then noise of other kinds."""
    mine = [mean for mean in means if mean.set == name]
    measured = [mean for mean in mine if mean.noise.isdigit() or mean.noise == REAL]
    other = [mean for mean in mine if mean not in measured]
    return [table(found) for found, table in ((measured, _main_table), (other, _other_noise_table)) if found]


def _main_table(means: list[Mean]) -> TextTable:
    """Return PSNR and SSIM by noise, speed and memory; a row a method, from the worst to the best."""
    noises, methods, by_key = _ordered(means)
    columns: dict[str, list[Cell]] = {"Method": [Cell(title_of(method)) for method in methods]}
    quality: tuple[tuple[str, Callable[[Mean], float], str], ...] = (
        ("PSNR", lambda mean: mean.psnr, ".2f"),
        ("SSIM", lambda mean: mean.ssim, ".3f"),
    )
    for heading, value, spelling in quality:
        for noise in noises:
            found = [by_key.get((noise, method)) for method in methods]
            columns[f"{heading}, {_noise_title(noise)}"] = _cells(found, value, spelling)
    for_each = {method: [mean for mean in means if mean.method == method] for method in methods}
    columns["MP/s"] = [Cell("–" if m == "do-nothing" else f"{_speed(found):.2g}") for m, found in for_each.items()]
    peaks = {method: [mean.peak_mb for mean in found if mean.peak_mb is not None] for method, found in for_each.items()}
    columns["memory [MB]"] = [
        Cell("–" if method == "do-nothing" or not known else f"{max(known):.0f}") for method, known in peaks.items()
    ]
    return TextTable(_title(means), tuple(columns), tuple(zip(*columns.values(), strict=True)))


def _other_noise_table(means: list[Mean]) -> TextTable:
    """Return PSNR, a row a noise, a column a method."""
    noises, methods, by_key = _ordered(means)
    rows = [
        (Cell(noise), *_cells([by_key.get((noise, method)) for method in methods], lambda mean: mean.psnr, ".2f"))
        for noise in noises
    ]
    header = ("PSNR in dB with", *(title_of(method) for method in methods))
    return TextTable(f"{_title(means)}, other noise", header, tuple(rows))


def write_benchmark_report(results: Results, means: Sequence[Mean]) -> Path:
    """Write ``table.md``, ``figures/*.png`` and ``report.html`` into the folder; return the page's path.

    Raises:
        OutputError: the disk refuses.
    """
    names = list(dict.fromkeys(mean.set for mean in means))
    tables = {name: set_tables(means, name) for name in names}
    left_out = [f"{title_of(method)} left out: {reason}" for method, reason in results.facts["skipped"].items()]
    notes = [*NOTES, *left_out]
    if results.facts["eight_bit"]:
        notes.append("Noisy images were clipped to [0, 1] and rounded to 8 bits before denoising.")
    text = "\n\n".join(to_markdown(table) for name in names for table in tables[name])
    write_text(results.folder / "table.md", text + "\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")

    (results.folder / "figures").mkdir(exist_ok=True)
    style = pictures.looks(list(dict.fromkeys(mean.method for mean in means)))
    sections = []
    for name in names:
        figures = _figures(results, [mean for mean in means if mean.set == name], name, style)
        shown = "".join(table_html(table) for table in tables[name])
        for kind in ("pictures", "kpi"):
            shown += figures_html([figure for figure in figures if figure.section == kind], kind)
        sections.append(Section(file_name(name), set_title(name), shown))
    versions = ", ".join(f"{package} {version}" for package, version in results.facts["versions"].items())
    machine = results.facts["machine"]
    facts = {"Machine": f"{machine['processor']}, {machine['cores']} cores", "Versions": versions}
    about = Section("protocol", "Protocol and machine", notes_html(notes) + facts_html(facts))
    return write_page(
        results.folder / "report.html",
        title="unnoise: benchmark",
        summary="Quality, speed and memory of denoisers on the same noisy images.",
        sections=[*sections, about],
    )


def _title(means: Sequence[Mean]) -> str:
    count = max(mean.images for mean in means)
    return f"{set_title(means[0].set)}, {count} image{'' if count == 1 else 's'}"


def _ordered(means: Sequence[Mean]) -> tuple[list[str], list[str], dict[tuple[str, str], Mean]]:
    """Return the noises in order, the methods (the noisy image first, the best last), the means by noise and method."""
    noises = sorted({mean.noise for mean in means}, key=noise_order)
    by_key = {(mean.noise, mean.method): mean for mean in means}

    def place(method: str) -> tuple[bool, float]:
        return method != "do-nothing", next(by_key[n, method].psnr for n in noises if (n, method) in by_key)

    return noises, sorted({mean.method for mean in means}, key=place), by_key


def _cells(found: Sequence[Mean | None], value: Callable[[Mean], float], spelling: str) -> list[Cell]:
    texts = ["–" if mean is None else format(value(mean), spelling) for mean in found]
    best = format(max(value(mean) for mean in found if mean is not None), spelling)
    return [Cell(text, text == best) for text in texts]


def _speed(means: Sequence[Mean]) -> float:
    """Return the speed over all noises, which have the same images: the harmonic mean."""
    return len(means) / sum(1 / mean.megapixels_per_second for mean in means)


def _noise_title(noise: str) -> str:
    return f"σ\N{NO-BREAK SPACE}{noise}" if noise.isdigit() else "real noise" if noise == REAL else noise


def _figures(results: Results, means: list[Mean], name: str, style: dict[str, dict[str, object]]) -> list[ReportFigure]:
    """Draw the figures of one set."""
    noises = sorted({mean.noise for mean in means}, key=noise_order)
    sigmas = [noise for noise in noises if noise.isdigit()]
    middle = sigmas[len(sigmas) // 2] if sigmas else noises[0]
    here = sorted((mean for mean in means if mean.noise == middle), key=lambda mean: -mean.psnr)
    title, at = set_title(name), _noise_title(middle)
    peers = [mean.method for mean in here if not is_model(mean.method) and mean.method != "do-nothing"]
    models = [mean.method for mean in here if is_model(mean.method)]
    drawn: list[ReportFigure] = []

    def add(kind: str, figure: Figure | None, caption: str, section: str = "kpi") -> None:
        if figure is not None:
            path = save_figure(figure, results.folder / "figures" / f"{file_name(name)}-{kind}.png")
            drawn.append(ReportFigure(caption, path, section))

    shown = [*reversed(peers[:PEERS_IN_CROPS]), *models]
    where = results.folder / "crops" / file_name(name)
    add("crops", pictures.crops(where, shown), f"{title}: crops at {at}, PSNR of the crop in dB.", "pictures")
    if peers or models:
        add(
            "speed",
            pictures.quality_and_speed(here, style),
            f"{title}: PSNR against speed at {at}; better is up and right.",
        )
    if len(sigmas) > 1 and any(mean.method == "do-nothing" for mean in here):
        curves = pictures.over_strengths([mean for mean in means if mean.noise.isdigit()], style)
        add("strengths", curves, f"{title}: gain over the noisy image by the strength of the noise.")
    if peers and models:
        first, second = models[0], peers[0]
        scores = {
            method: {row.image: row.psnr for row in results.rows.values() if row.key[:3] == (name, middle, method)}
            for method in (first, second)
        }
        figure = pictures.image_by_image(scores[first], scores[second], (title_of(first), title_of(second)))
        add("images", figure, f"{title}: each image at {at}, {title_of(first)} against {title_of(second)}.")
    return drawn
