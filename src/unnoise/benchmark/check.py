"""Compares a quick run with the results of before, and names what became worse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from unnoise.baselines.baseline import BaselineError
from unnoise.benchmark.image_sets import ImageSet, load_set
from unnoise.benchmark.methods import Method, checked_name, make, title_of
from unnoise.benchmark.protocol import REAL, Row, measure
from unnoise.benchmark.results import Results, noise_order
from unnoise.errors import DataError, InputError

IMAGES = 24
"""Most images of a set, evenly spread."""
LOSS = 0.05
"""Smallest loss in dB, mean over images, that is a regression."""
SLOWER = 1.5
"""Smallest factor in time, relative to the yardstick, that is a regression: machines vary in pace."""
YARDSTICK = "opencv-nlm"
"""The filter whose time is the unit: like a network it keeps all cores busy, so that other work slows both alike."""
TIMED = 12
REPEATS = 3
ROUNDS = 3
"""Most times that a slower model is timed: it may be the machine that is slow for a while."""


def check_results(
    folder: str | Path, models: Sequence[str], *, data_dir: str | Path | None = None, console: Console
) -> list[str]:
    """Measure models again on part of the images of a benchmark and return what became worse, a text for each.

    Noise is drawn as it was, so that quality is compared image by image: the mean difference over at most 24 images of
    each set at each noise counts as a regression from a loss of 0.05 dB on. Time is compared as a multiple of the time
    of a yardstick, OpenCV's non-local means, on the same twelve images as before, with which both take turns, the least
    of three times each; it is a regression from 1.5 times the multiple of before on, if it is so three times in a row.
    Multiples are of one kind of processor; on another they differ with its instructions.

    Args:
        folder: A benchmark's folder with results of the models.
        models: Packaged models; the names under which results of before are looked for.
        data_dir: Folder in which known sets are looked for first.

    Raises:
        InputError: the folder has no results of a model.
        DataError: none of its sets is on this machine.
    """
    if not Path(folder).is_dir():
        raise InputError(f"There is no folder {folder}. Give one that `unnoise benchmark` wrote.")
    before = Results(folder)
    if not before.rows:
        raise InputError(f"{folder} holds no results. Give a folder that `unnoise benchmark` wrote.")
    sets: dict[str, ImageSet] = {}
    for name in dict.fromkeys(row.set for row in before.rows.values()):
        try:
            sets[name] = load_set(name, data_dir=data_dir)
        except DataError as error:
            console.print(f"left out: {error}", highlight=False, soft_wrap=True)
    if not sets:
        raise DataError(f"None of the sets of {folder} is on this machine.", remedy="data_dir")
    worse: list[str] = []
    shown = Table(
        "set", "noise", "method", "images", "before [dB]", "now [dB]", "difference", box=None, padding=(0, 2, 0, 0)
    )
    for model in models:
        checked_name(model)
        rows = [row for row in before.rows.values() if row.method == model and row.set in sets]
        if not rows:
            raise InputError(f"{folder} has no results of {model}. Measure it there first, or name another model.")
        method = make(model)
        for name, noise in sorted(
            {(row.set, row.noise) for row in rows}, key=lambda key: (key[0], noise_order(key[1]))
        ):
            mine = {row.image: row for row in rows if (row.set, row.noise) == (name, noise)}
            eight_bit = bool(before.facts["eight_bit"])
            pairs = []
            for number in _spread(sets[name], mine):
                row = measure(method, sets[name], number, noise, eight_bit=eight_bit)[0]
                pairs.append((mine[row.image].psnr, row.psnr))
            first, second = np.mean(pairs, axis=0)
            label = noise if noise == REAL or not noise.isdigit() else f"sigma {noise}"
            shown.add_row(
                name, label, title_of(model), str(len(pairs)), f"{first:.2f}", f"{second:.2f}", f"{second - first:+.3f}"
            )
            if first - second >= LOSS:
                worse.append(f"{title_of(model)} lost {first - second:.2f} dB on {name}, {label}")
        slower = _slower(before, rows, sets, method, console)
        worse += [] if slower is None else [slower]
    console.print(shown, highlight=False)
    return worse


def _spread(images: ImageSet, rows: dict[str, Row]) -> list[int]:
    """Return the numbers of at most 24 images that were measured before, evenly spread."""
    known = [number for number, sample in enumerate(images.samples) if sample.name in rows]
    if not known:
        raise DataError(f"The images of {images.name} have other names than in the results. Take the same set.")
    return [known[place] for place in np.unique(np.linspace(0, len(known) - 1, min(IMAGES, len(known))).astype(int))]


def _slower(
    before: Results, rows: Sequence[Row], sets: dict[str, ImageSet], model: Method, console: Console
) -> str | None:
    """Return a text where the model takes longer, relative to the yardstick, than before."""
    there = {(row.set, row.noise, row.image): row for row in before.rows.values() if row.method == YARDSTICK}
    known = [row for row in rows if (row.set, row.noise, row.image) in there]
    both = [known[place] for place in np.unique(np.linspace(0, len(known) - 1, min(TIMED, len(known))).astype(int))]
    if not both:
        console.print(f"speed not compared: {before.folder} has no results of {title_of(YARDSTICK)}", highlight=False)
        return None
    yardstick, eight_bit = make(YARDSTICK), bool(before.facts["eight_bit"])

    def seconds(method: Method, row: Row) -> float:
        images = sets[row.set]
        number = next(place for place, sample in enumerate(images.samples) if sample.name == row.image)
        return min(measure(method, images, number, row.noise, eight_bit=eight_bit)[0].seconds for _ in range(REPEATS))

    def multiple() -> float:
        times = [(seconds(model, row), seconds(yardstick, row)) for row in both]
        return sum(mine for mine, _ in times) / sum(unit for _, unit in times)

    first = sum(row.seconds for row in both) / sum(there[row.set, row.noise, row.image].seconds for row in both)
    second = math.inf
    try:
        for _ in range(ROUNDS):
            second = min(second, multiple())
            if second < SLOWER * first:
                break
    except BaselineError as error:
        console.print(f"speed not compared with {title_of(YARDSTICK)}: {error}", highlight=False)
        return None
    console.print(
        f"time of {title_of(model.name)} as a multiple of {title_of(YARDSTICK)}: {first:.2f} before, {second:.2f} now",
        highlight=False,
    )
    if second < SLOWER * first:
        return None
    return f"{title_of(model.name)} takes {second / first:.1f} times as long, relative to {title_of(YARDSTICK)}"
