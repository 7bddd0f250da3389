"""Fills the tables of models' cards, of README and of the docs from measurements/results and training logs.

It also writes the checksums of the weights. After a change of a packaged model, with PHOTOS the folder of photographs:

    unnoise benchmark                # twice, as measurements/results/*/benchmark.json say
    python -m measurements.real_pairs PHOTOS/polyu --methods photo    # again with --cameras report
    python -m measurements.called_clean PHOTOS/polyu --cameras all
    python -m measurements.clean_images PHOTOS --cameras all
    python -m measurements.noise_estimates PHOTOS/polyu PHOTOS/train-more --cameras report
    python -m measurements.photo_checks
    python -m measurements.photo_speed    # with nothing else running
    python -m tools.fill_tables
"""

import csv
import hashlib
import json
import re
from pathlib import Path

from measurements import photo_pairs, training_speed
from measurements.tables import RESULTS, read_table
from unnoise.benchmark.report import set_tables
from unnoise.benchmark.results import means, read_rows
from unnoise.inference import packaged_models
from unnoise.reporting.tables import TextTable, to_markdown

ROOT = Path(__file__).parents[1]
README, GUIDE = ROOT / "README.md", ROOT / "docs" / "benchmark.md"
PHOTOGRAPHS = ROOT / "docs" / "photographs.md"
WEIGHTS = ROOT / "src" / "unnoise" / "weights"
# Published figures in dB at sigma 15, 25, 50: Dabov et al. 2007, Zhang et al. 2017, Zhang et al. 2021.
PUBLISHED = {
    "cbsd68": {"CBM3D": "33.52 / 30.71 / 27.38", "CDnCNN": "33.90 / 31.24 / 27.95", "DRUNet": "34.30 / 31.69 / 28.51"},
    "bsd68": {"BM3D": "31.08 / 28.57 / 25.60", "DnCNN-B": "31.61 / 29.16 / 26.23", "DRUNet": "31.91 / 29.48 / 26.59"},
    "set12": {"BM3D": "32.37 / 29.97 / 26.72", "DnCNN": "32.86 / 30.44 / 27.18", "DRUNet": "33.25 / 30.94 / 27.90"},
}
# The recipe whose row in README's table of recipes tells what a packaged model reached.
RECIPES = {"photo": "photo", "photo-awgn": "photo-awgn"}
# Where the models were trained; those without a log of their own are photo's.
MACHINES = {
    "photo": "two cores (TensorFlow), beside other work: a 2.5 GHz Xeon, in\n"
    "the last six stretches an AMD EPYC with AVX-512 BF16",
    "photo-awgn": "two cores of an AMD EPYC with AVX-512 BF16\n"
    "(TensorFlow), beside other work, after the training of `photo`",
}
# The rows of README's table; the others are in the guide of the benchmark.
README_ROWS = ("noisy (do nothing)", "non-local means", "bilateral", "unnoise photo", "unnoise photo-awgn")
TITLES = {"nlm": "non-local means", "bm3d": "BM3D"}
GROUPS = {
    "choose": "Cameras on which parameters, thresholds and the simulation were chosen",
    "report": "Cameras that nothing was chosen on",
    "all": "All cameras",
}
NAMES = {"cbsd68": "CBSD68, colour", "bsd68": "BSD68, gray", "set12": "Set12, gray"}


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of results."""
    return read_table(RESULTS / name)


def scores(model: str) -> str:
    """Return the tables of scores in Markdown."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in read("photographs/summary.csv"):
        if row["method"] in (model, f"{model}@8"):
            found.setdefault(row["set"], {}).setdefault(row["method"], {})[row["noise"]] = row["psnr"]
    methods = next(iter(found.values()))
    lines = [
        "White Gaussian noise, float, not clipped, strength not told; mean PSNR in dB at sigma 15 / 25 / 50, at 75 in",
        "brackets; beside it published figures of denoisers, the last two trained for each strength or told it.",
        "",
        f"| images | {' | '.join('this model' if m == model else 'in 8 passes' for m in methods)} | published |",
        f"|{'---|' * (len(methods) + 2)}",
    ]
    for name, by_method in found.items():
        ours = [f"{' / '.join(by[sigma] for sigma in ('15', '25', '50'))} ({by['75']})" for by in by_method.values()]
        others = "; ".join(f"{method} {figures}" for method, figures in PUBLISHED[name].items())
        lines.append(f"| {NAMES[name]} | {' | '.join(ours)} | {others} |")
    return "\n".join([*lines, "", real_pairs(model)])


def real_pairs(model: str | None = None) -> str:
    """Return the tables of real photographs in Markdown, a group of cameras each; of one packaged model or of all."""
    rows = read("real_pairs.csv")
    lines = [
        "Real photographs, pairs of PolyU (Xu et al. 2018), the mean of many shots being the truth; mean PSNR in dB.",
        "Models are told nothing; the filters' parameters are the best on the cameras for choosing.",
    ]
    for group in dict.fromkeys(row["cameras"] for row in rows):
        members = [row for row in rows if row["cameras"] == group]
        cameras = ", ".join(photo_pairs.names_of(group))
        lines += ["", f"{GROUPS[group]} ({cameras}), {members[0]['pairs']} pairs:", ""]
        lines += ["| method | PSNR | gain | better than the input | smallest gain |", "|---|---|---|---|---|"]
        for row in members:
            name, noisy = row["method"], row["method"] == "noisy"
            if model is not None and name.startswith("unnoise ") and name.split(",")[0] != f"unnoise {model}":
                continue
            figures = ("–",) * 3 if noisy else (row["gain"], row["better"], row["smallest gain"])
            title = TITLES.get(name, name) + (f", {row['value']}" if row["value"] else "")
            lines.append(f"| {title} | {row['psnr']} | {' | '.join(figures)} |")
    return "\n".join(lines)


def clean_images() -> str:
    """Return the table of images without noise in Markdown."""
    header = ("images", "number", "returned unchanged", "changed by less than the limit", "limit, rms of 255")
    header += ("median change", "largest change")
    columns = ("kind", "images", "returned unchanged", "changed by less", "limit", "median change", "largest change")
    cells = [[row[column] for column in columns] for row in read("clean_images.csv")]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ("---",) * len(header), *cells])


def noise_estimates() -> str:
    """Return the table of the noise estimate in Markdown; of white noise the rows of all strengths together."""
    columns = ("noise", "images", "true", "estimate", "median relative error", "rank correlation")
    rows = [row for row in read("noise_estimates.csv") if row["sigma added"] in ("", "all")]
    cells = [[row[column] for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, ("---",) * len(columns), *cells])


def filled_photographs() -> str:
    """Return the guide to photographs with its tables."""
    tables = {"real-pairs": real_pairs(), "clean-images": clean_images(), "noise-estimates": noise_estimates()}
    text = PHOTOGRAPHS.read_text("utf-8")
    for mark, table in tables.items():
        text = fill(text, mark, table)
    return text


def speed() -> str:
    """Return the table of speeds in Markdown."""
    machine = (RESULTS / "photo_speed.csv").read_text("utf-8").splitlines()[0].removeprefix("# ")
    lines = [f"{machine}; the noise estimate included.", "", "| method | MP/s | peak memory in MB |", "|---|---|---|"]
    for row in read("photo_speed.csv"):
        lines.append(f"| {row['method']} | {row['megapixels a second']} | {row['peak memory MB'] or '–'} |")
    return "\n".join(lines)


def compute(model: str) -> str:
    """Return what training took, from its log."""
    trained = model if model in MACHINES else "photo"
    with open(WEIGHTS / f"{trained}.csv", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    hours = sum(float(row["seconds"]) for row in rows) / 3600
    return f"{len(rows)} epochs, {hours:.1f} hours on {MACHINES[trained]}. The log is `{trained}.csv` beside this file."


def fill(text: str, mark: str, content: str) -> str:
    """Return the text with ``content`` between the marks."""
    found = re.sub(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.S)
    return found


def benchmark_tables(name: str) -> str:
    """Return the tables of a benchmark in Markdown, a level deeper than on their own."""
    found = means(read_rows(RESULTS / name / "images.csv"))
    tables = [table for set in dict.fromkeys(mean.set for mean in found) for table in set_tables(found, set)]
    facts = json.loads((RESULTS / name / "benchmark.json").read_text("utf-8"))
    machine = (
        f"{facts['machine']['processor']}, {facts['machine']['cores']} cores; unnoise {facts['versions']['unnoise']}."
    )
    return "\n\n".join([machine, *(to_markdown(table) for table in tables)])


def training_table() -> str:
    """Return the table of training speeds in Markdown."""
    machine = (RESULTS / "training_speed.csv").read_text("utf-8").splitlines()[0].removeprefix("# ")
    table = to_markdown(training_speed.speed_table(read("training_speed.csv")))
    return f"{machine}\n\n{table.split(chr(10), 2)[2]}"


def filled_guide() -> str:
    """Return the guide of the benchmark with its tables."""
    guide = fill(GUIDE.read_text("utf-8"), "training", training_table())
    for name in ("photographs", "robustness"):
        guide = fill(guide, name, benchmark_tables(name))
    return guide


def filled_readme() -> str:
    """Return README with its lines on packaged models and the table of CBSD68."""
    text = README.read_text("utf-8")
    for model, recipe in RECIPES.items():
        rows = [row for row in read("photographs/summary.csv") if (row["set"], row["method"]) == ("cbsd68", model)]
        by_sigma = {row["noise"]: row["psnr"] for row in rows}
        reached = " / ".join(by_sigma[sigma] for sigma in ("15", "25", "50"))
        line = rf"\g<1>CBSD68 at sigma 15/25/50: {reached} dB "
        text = re.sub(rf"(<!-- reached:{recipe} -->)[^|]*", line, text)
    found = means(read_rows(RESULTS / "photographs" / "images.csv"))
    table = set_tables(found, "cbsd68")[0]
    kept = [place for place, name in enumerate(table.header) if not name.startswith("SSIM")]
    cells = tuple(tuple(row[place] for place in kept) for row in table.rows if row[0].text in README_ROWS)
    short = TextTable(table.title, tuple(table.header[place] for place in kept), cells)
    # Without the heading, which would stand among README's own.
    return fill(text, "benchmark", f"{table.title}:\n\n{to_markdown(short).split(chr(10), 2)[2]}")


def filled(model: str) -> str:
    """Return the card of the model with its tables."""
    card = (WEIGHTS / f"{model}.md").read_text("utf-8")
    return fill(fill(fill(card, "scores", scores(model)), "speed", speed()), "compute", compute(model))


def checksums() -> str:
    """Return a line for each file of weights, as sha256sum writes it."""
    files = sorted(WEIGHTS.glob("*.onnx"))
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def main() -> None:
    (WEIGHTS / "SHA256SUMS").write_text(checksums(), "ascii")
    for model in packaged_models():
        (WEIGHTS / f"{model}.md").write_text(filled(model), "utf-8")
    README.write_text(filled_readme(), "utf-8")
    GUIDE.write_text(filled_guide(), "utf-8")
    PHOTOGRAPHS.write_text(filled_photographs(), "utf-8")


if __name__ == "__main__":
    main()
