"""What a benchmark shows: tables in Markdown, figures, and one page of HTML, all from its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unnoise.atomic import write_text
from unnoise.evaluation.benchmark import pictures
from unnoise.evaluation.benchmark.image_sets import title_of as set_title
from unnoise.evaluation.benchmark.methods import is_model, title_of
from unnoise.evaluation.benchmark.protocol import REAL
from unnoise.evaluation.benchmark.results import Mean, Results, noise_order
from unnoise.evaluation.canvas import save_figure
from unnoise.evaluation.page import ReportFigure, Section, facts_html, figures_html, notes_html, table_html, write_page
from unnoise.evaluation.tables import Cell, TextTable, to_markdown

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


def set_table(means: Sequence[Mean], name: str) -> TextTable:
    """Return the table of one set: PSNR and SSIM by noise, speed and memory; the methods by their first PSNR."""
    mine = [mean for mean in means if mean.set == name]
    noises = sorted({mean.noise for mean in mine}, key=noise_order)
    by_key = {(mean.noise, mean.method): mean for mean in mine}
    methods = sorted({mean.method for mean in mine}, key=lambda method: _place(method, noises, by_key))
    columns: dict[str, list[Cell]] = {"Method": [Cell(title_of(method)) for method in methods]}
    quality: tuple[tuple[str, Callable[[Mean], float], str], ...] = (
        ("PSNR", lambda mean: mean.psnr, ".2f"),
        ("SSIM", lambda mean: mean.ssim, ".3f"),
    )
    for heading, value, spelling in quality:
        for noise in noises:
            found = [by_key.get((noise, method)) for method in methods]
            texts = ["–" if mean is None else format(value(mean), spelling) for mean in found]
            best = max(value(mean) for mean in found if mean is not None)
            columns[f"{heading}, {_noise_title(noise)}"] = [
                Cell(text, mean is not None and text == format(best, spelling))
                for text, mean in zip(texts, found, strict=True)
            ]
    for_each = {method: [mean for mean in mine if mean.method == method] for method in methods}
    columns["MP/s"] = [
        Cell("–" if method == "do-nothing" else f"{_speed(found):.2g}") for method, found in for_each.items()
    ]
    columns["memory [MB]"] = [
        Cell("–" if method == "do-nothing" or not peaks else f"{max(peaks):.0f}")
        for method, peaks in ((m, [x.peak_mb for x in found if x.peak_mb is not None]) for m, found in for_each.items())
    ]
    images = max(mean.images for mean in mine)
    return TextTable(f"{set_title(name)}, {images} images", tuple(columns), tuple(zip(*columns.values(), strict=True)))


def set_tables(means: Sequence[Mean]) -> list[TextTable]:
    """Return one table a set, in the order of the means."""
    return [set_table(means, name) for name in dict.fromkeys(mean.set for mean in means)]


def write_benchmark_report(results: Results, means: Sequence[Mean]) -> Path:
    """Write ``table.md``, ``figures/*.png`` and ``report.html`` into the folder; return the page's path.

    Raises:
        OutputError: the disk refuses.
    """
    tables = set_tables(means)
    left_out = [f"{title_of(method)} left out: {reason}" for method, reason in results.facts["skipped"].items()]
    notes = [*NOTES, *left_out]
    if results.facts["eight_bit"]:
        notes.append("Noisy images were clipped to [0, 1] and rounded to 8 bits before denoising.")
    text = "\n\n".join(to_markdown(table) for table in tables)
    write_text(results.folder / "table.md", text + "\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")

    (results.folder / "figures").mkdir(exist_ok=True)
    style = pictures.looks(list(dict.fromkeys(mean.method for mean in means)))
    sections = []
    for name, table in zip(dict.fromkeys(mean.set for mean in means), tables, strict=True):
        figures = _figures(results, [mean for mean in means if mean.set == name], name, style)
        wide = figures_html([figure for figure in figures if figure.section == "pictures"], "pictures")
        small = figures_html([figure for figure in figures if figure.section == "kpi"], "kpi")
        sections.append(Section(_anchor(name), set_title(name), table_html(table) + wide + small))
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


def _place(method: str, noises: Sequence[str], by_key: dict[tuple[str, str], Mean]) -> tuple[bool, float]:
    """Sort the noisy image first, then the methods from the worst to the best."""
    first = next(by_key[noise, method] for noise in noises if (noise, method) in by_key)
    return method != "do-nothing", first.psnr


def _speed(means: Sequence[Mean]) -> float:
    """Return the speed over all noises, which have the same images: the harmonic mean."""
    return len(means) / sum(1 / mean.megapixels_per_second for mean in means)


def _noise_title(noise: str) -> str:
    return f"σ {noise}" if noise.isdigit() else "real noise" if noise == REAL else noise


def _anchor(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


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
            path = save_figure(figure, results.folder / "figures" / f"{_anchor(name)}-{kind}.png")
            drawn.append(ReportFigure(caption, path, section))

    shown = [*reversed(peers[:PEERS_IN_CROPS]), *models]
    where = results.folder / "crops" / crop_folder(name)
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


def crop_folder(name: str) -> str:
    """Return the name of the folder with the crops of a set."""
    return _anchor(Path(name).name)
