"""PSNR on pairs of camera photographs: packaged models, told nothing, beside filters that are tuned.

    python -m measurements.real_pairs POLYU --tune                  # the filters' values, on the cameras for choosing
    python -m measurements.real_pairs POLYU [--cameras choose] [--methods noisy bilateral nlm bm3d photo MODEL.onnx]

POLYU is a folder with ``*_real.JPG`` and ``*_mean.JPG``, the mean of many shots, which is taken for the truth (Xu et
al. 2018). The cameras "report" are measured once, when all is chosen. Rows of methods that are not measured this time
stay.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from measurements.methods import GRIDS, Method, filtered, of_model, score, tuning
from measurements.photo_pairs import CAMERAS, polyu_pairs
from measurements.tables import RESULTS, read_table, write_table

TRIED = RESULTS / "real_pairs_tuning.csv"
IMAGES = RESULTS / "real_pairs_images.csv"
SUMMARY = RESULTS / "real_pairs.csv"
DEFAULT = ("noisy", *GRIDS, "photo")


def tune(polyu: Path) -> None:
    """Write the PSNR of every value of each filter on the cameras for choosing."""
    pairs = list(polyu_pairs(polyu, "choose"))
    rows = []
    for name in GRIDS:
        rows += [(name, value, f"{found:.3f}") for value, found in tuning(name, pairs).items()]
        print(*rows[-len(GRIDS[name]) :], sep="\n", flush=True)
    write_table(TRIED, ["filter", "value", "psnr"], rows)


def method_of(name: str) -> list[Method]:
    """Return the methods that a name stands for: a filter with the best value tried, or what a model can do."""
    if name == "noisy":
        return [Method(name, lambda image: image)]
    if name not in GRIDS:
        return of_model(name)
    tried = {row["value"]: float(row["psnr"]) for row in read_table(TRIED) if row["filter"] == name}
    best = max(tried, key=tried.__getitem__)
    return [Method(name, filtered(name, float(best)), best)]


def kept(path: Path, cameras: str, methods: list[str]) -> list[list[str]]:
    """Return the rows of a table that are not measured anew."""
    rows = read_table(path) if path.exists() else []
    return [list(row.values()) for row in rows if row["cameras"] != cameras or row["method"] not in methods]


def summary(method: Method, scores: np.ndarray, before: np.ndarray) -> list[str]:
    """Return a method's cells: value, pairs, mean PSNR, mean gain, share of files that gain, smallest gain."""
    gain = scores - before
    figures = [f"{scores.mean():.2f}", f"{gain.mean():.2f}", f"{(gain > 0).mean():.1%}", f"{gain.min():.2f}"]
    return [method.value, str(len(scores)), *figures]


def measure(polyu: Path, cameras: str, names: list[str]) -> None:
    """Measure methods on pairs, and write the tables of images and of means."""
    pairs = list(polyu_pairs(polyu, cameras))
    methods = [method for name in names for method in method_of(name)]
    before = np.array([score(pair.clean, pair.noisy) for pair in pairs])
    replaced = [method.name for method in methods]
    images, means = kept(IMAGES, cameras, replaced), kept(SUMMARY, cameras, replaced)
    for method in methods:
        scores = np.array([score(pair.clean, method.denoise(pair.noisy)) for pair in pairs])
        images += [[cameras, method.name, p.name, f"{s:.3f}"] for p, s in zip(pairs, scores, strict=True)]
        means.append([cameras, method.name, *summary(method, scores, before)])
        print(*means[-1], sep="  ", flush=True)
        write_table(IMAGES, ["cameras", "method", "pair", "psnr"], images)
        write_table(SUMMARY, ["cameras", "method", "value", "pairs", "psnr", "gain", "better", "smallest gain"], means)


def main() -> None:
    """Tune or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polyu", type=Path)
    parser.add_argument("--cameras", choices=CAMERAS, default="choose")
    parser.add_argument("--methods", nargs="+", default=DEFAULT, help="noisy, filters, packaged models or .onnx files")
    parser.add_argument("--tune", action="store_true")
    asked = parser.parse_args()
    if asked.tune:
        tune(asked.polyu)
    else:
        measure(asked.polyu, asked.cameras, asked.methods)


if __name__ == "__main__":
    main()
