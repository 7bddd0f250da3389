"""Fills the tables of the packaged models' cards, and README's line, from benchmarks/results and the training log.

It also writes the checksums of the weights.

    python tools/photo_card.py
"""

import csv
import hashlib
import re
from pathlib import Path

from unnoise.inference import packaged_models

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
WEIGHTS = ROOT / "src" / "unnoise" / "weights"
# Published figures in dB at sigma 15, 25, 50: Dabov et al. 2007, Zhang et al. 2017, Zhang et al. 2021.
PUBLISHED = {
    "cbsd68": {"CBM3D": "33.52 / 30.71 / 27.38", "CDnCNN": "33.90 / 31.24 / 27.95", "DRUNet": "34.30 / 31.69 / 28.51"},
    "bsd68": {"BM3D": "31.08 / 28.57 / 25.60", "DnCNN-B": "31.61 / 29.16 / 26.23", "DRUNet": "31.91 / 29.48 / 26.59"},
    "set12": {"BM3D": "32.37 / 29.97 / 26.72", "DnCNN": "32.86 / 30.44 / 27.18", "DRUNet": "33.25 / 30.94 / 27.90"},
}
NAMES = {"cbsd68": "CBSD68, colour", "bsd68": "BSD68, gray", "set12": "Set12, gray"}


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of results."""
    with open(RESULTS / name, encoding="utf-8") as handle:
        return list(csv.DictReader(line for line in handle if not line.startswith("#")))


def scores(model: str) -> str:
    """Return the tables of scores in Markdown."""
    found: dict[str, dict[str, str]] = {}
    for row in read(f"{model}_awgn.csv"):
        found.setdefault(row["set"], {})[row["sigma"]] = row["psnr"]
    lines = [
        "White Gaussian noise, float, not clipped, strength not told; mean PSNR in dB at sigma 15 / 25 / 50, at 75 in",
        "brackets; beside it published figures of denoisers, the last two trained for each strength or told it.",
        "",
        "| images | this model | published |",
        "|---|---|---|",
    ]
    for name, by_sigma in found.items():
        ours = " / ".join(by_sigma[sigma] for sigma in ("15", "25", "50"))
        others = "; ".join(f"{method} {figures}" for method, figures in PUBLISHED[name].items())
        lines.append(f"| {NAMES[name]} | {ours} ({by_sigma['75']}) | {others} |")
    if (RESULTS / f"{model}_polyu.csv").exists():
        lines += [
            "",
            "Real photographs, 44 pairs of PolyU (Xu et al. 2018), the mean of many shots being the truth; the",
            "filters' parameters were tuned on other scenes:",
            "",
            "| method | PSNR | gain | better than the input |",
            "|---|---|---|---|",
        ]
        for row in read(f"{model}_polyu.csv"):
            lines.append(f"| {row['method']} | {row['psnr']} | {row['gain'] or '–'} | {row['better'] or '–'} |")
    return "\n".join(lines)


def speed() -> str:
    """Return the table of speeds in Markdown."""
    machine = (RESULTS / "photo_speed.csv").read_text("utf-8").splitlines()[0].removeprefix("# ")
    lines = [f"{machine}; the noise estimate included.", "", "| method | MP/s | peak memory in MB |", "|---|---|---|"]
    for row in read("photo_speed.csv"):
        lines.append(f"| {row['method']} | {row['megapixels a second']} | {row['peak memory MB'] or '–'} |")
    return "\n".join(lines)


def compute() -> str:
    """Return what training took, from its log."""
    with open(WEIGHTS / "photo.csv", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    hours = sum(float(row["seconds"]) for row in rows) / 3600
    return (
        f"{len(rows)} epochs, {hours:.1f} hours on two cores of a 2.5 GHz Xeon (TensorFlow), beside other work.\n"
        "The log is `photo.csv` beside this file."
    )


def fill(text: str, mark: str, content: str) -> str:
    """Return the text with ``content`` between the marks."""
    found = re.sub(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.S)
    return found


def filled(model: str) -> str:
    """Return the card of the model with its tables."""
    card = (WEIGHTS / f"{model}.md").read_text("utf-8")
    return fill(fill(fill(card, "scores", scores(model)), "speed", speed()), "compute", compute())


def checksums() -> str:
    """Return a line for each file of weights, as sha256sum writes it."""
    files = sorted(WEIGHTS.glob("*.onnx"))
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def main() -> None:
    (WEIGHTS / "SHA256SUMS").write_text(checksums(), "ascii")
    for model in packaged_models():
        (WEIGHTS / f"{model}.md").write_text(filled(model), "utf-8")
    by_sigma = {row["sigma"]: row["psnr"] for row in read("photo_awgn.csv") if row["set"] == "cbsd68"}
    reached = " / ".join(by_sigma[sigma] for sigma in ("15", "25", "50"))
    readme = ROOT / "README.md"
    line = rf"\g<1>CBSD68 at sigma 15/25/50: {reached} dB "
    readme.write_text(re.sub(r"(<!-- reached:photo-finish -->)[^|]*", line, readme.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
