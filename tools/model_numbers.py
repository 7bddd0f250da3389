"""Shows, measures or sets what a packaged file says of noise, memory and licence, without training it again.

    python -m tools.model_numbers photo.onnx
    python -m tools.model_numbers photo.onnx --set clean_threshold=2.2/255 noise_scale=1.15
    python -m tools.model_numbers photo.onnx --measure PHOTOGRAPHS --noise 'blind-gaussian(55/255, clip=false)'

Numbers are written as in ``--sigma 25/255``; ``null`` stands for no number. What is measured is what packaging measures
on a run's validation images (``unnoise/packaging/noise_numbers.py``), on squares of other photographs here. After files
among the package's weights were changed, ``python -m tools.fill_tables`` renews their checksums.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from unnoise import datasets, noise
from unnoise.inference import load
from unnoise.packaging import read_model, write_metadata
from unnoise.packaging.noise_numbers import IMAGES, measure_noise_numbers

TEXTS = ("dataset", "licence")
SETTABLE = (*TEXTS, "clean_threshold", "noise_scale", "max_sigma", "bytes_per_pixel", "white", "offset")


def number(text: str) -> float | int | None:
    """Return the number that ``text`` spells, such as 2, 0.01, 2.2/255 or null.

    Raises:
        ValueError: it spells none.
    """
    if text == "null":
        return None
    above, _, below = text.partition("/")
    value = float(above) / float(below or 1)
    return int(value) if text.isdigit() else value


def changed(metadata: Any, settings: list[str]) -> Any:
    """Return metadata with the fields that ``NAME=VALUE`` in ``settings`` name.

    Raises:
        ValueError: another field, or no number.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        if name not in SETTABLE:
            raise ValueError(f"{name!r} cannot be set; {', '.join(SETTABLE)} can")
        values[name] = text if name in TEXTS else number(text)
    new = dataclasses.replace(metadata, **values)
    # Reading it back refuses what no file may say.
    return type(metadata).from_json(new.to_json(), "the model")


def measured(model: Path, folder: Path, kind: str) -> dict[str, Any]:
    """Return what packaging would measure on squares of the photographs in ``folder``, with noise of ``kind``."""
    photographs = datasets.load(str(folder), "train", tile=192)
    chosen = np.unique(np.linspace(0, len(photographs) - 1, min(IMAGES, len(photographs))).astype(int))
    noisy, clean = noise.parse(kind).pair(photographs.select(chosen).to_float(), np.random.default_rng(0))
    return measure_noise_numbers(load(model), noisy, clean)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=NUMBER")
    parser.add_argument("--measure", type=Path, metavar="FOLDER")
    parser.add_argument("--noise", help="which noise to measure with")
    arguments = parser.parse_args()
    if (arguments.measure is None) != (arguments.noise is None):
        parser.error("--measure and --noise go together")
    before = read_model(arguments.model)[1]
    after = before
    if arguments.measure is not None:
        after = dataclasses.replace(before, **measured(arguments.model, arguments.measure, arguments.noise))
    try:
        after = changed(after, arguments.set)
    except ValueError as error:
        parser.error(str(error))
    if after != before:
        write_metadata(arguments.model, after)
    for name in SETTABLE:
        value = getattr(after, name)
        levels = f" = {value * 255:.2f}/255" if name in ("clean_threshold", "max_sigma") and value is not None else ""
        shown = "null" if value is None else value if isinstance(value, str) else f"{value:.5g}"
        print(f"{name} {shown}{levels}")


if __name__ == "__main__":
    main()
