"""Figures of a benchmark: quality against speed, over strengths, image by image, and crops side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unnoise.benchmark.methods import is_model, title_of
from unnoise.benchmark.results import Mean, file_name
from unnoise.reporting.canvas import ACCENT, INK, MARKERS, MUTED, PALETTE, new_figure, tidy
from unnoise.reporting.pictures import draw_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def looks(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return colour and marker of each method, the same in every figure; models have the accent and a star."""
    peers = [method for method in methods if not is_model(method)]
    models = [method for method in methods if is_model(method)]
    other = [colour for colour in PALETTE if colour != ACCENT]
    found: dict[str, dict[str, Any]] = {
        method: {"color": other[place % len(other)], "marker": MARKERS[place % len(MARKERS)]}
        for place, method in enumerate(peers)
    }
    for place, method in enumerate(models):
        found[method] = {"color": ACCENT, "marker": "*" if place == 0 else MARKERS[place], "zorder": 5}
    return found


def quality_and_speed(means: Sequence[Mean], style: Mapping[str, dict[str, Any]]) -> Figure:
    """Return PSNR against megapixels a second, one point a method; up and to the right is better.

    Args:
        means: Those of one set at one noise.
        style: What :func:`looks` gave.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    figure = new_figure(6.6, 4.0)
    axes = figure.subplots()
    shown = [mean for mean in means if mean.method != "do-nothing"]
    for mean in shown:
        look = dict(style[mean.method])
        axes.scatter(
            mean.megapixels_per_second,
            mean.psnr,
            s=190 if look["marker"] == "*" else 60,
            edgecolor=INK,
            linewidth=0.4,
            label=title_of(mean.method),
            **look,
        )
    for mean in means:
        if mean.method == "do-nothing":
            axes.axhline(mean.psnr, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), label=title_of(mean.method))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    tidy(axes, x="megapixels a second (log scale)", y="mean PSNR [dB]", grid="both")
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def over_strengths(means: Sequence[Mean], style: Mapping[str, dict[str, Any]]) -> Figure:
    """Return the gain in PSNR over the noisy image against sigma, one curve a method.

    Args:
        means: Those of one set at its sigmas, with those of ``do-nothing``.
        style: What :func:`looks` gave.
    """
    before = {mean.noise: mean.psnr for mean in means if mean.method == "do-nothing"}
    figure = new_figure(6.6, 4.0)
    axes = figure.subplots()
    gains = {
        method: {int(m.noise): m.psnr - before[m.noise] for m in means if m.method == method and m.noise in before}
        for method in style
        if method != "do-nothing"
    }
    # The legend in the order of the curves' right ends.
    for method, gain in sorted(gains.items(), key=lambda item: -list(item[1].values())[-1] if item[1] else 0):
        if gain:
            axes.plot(list(gain), list(gain.values()), label=title_of(method), linewidth=1.8, **style[method])
    axes.axhline(0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set_xticks(sorted(int(noise) for noise in before))
    tidy(axes, x="sigma of the noise (white = 255)", y="gain in PSNR over the noisy image [dB]", grid="both")
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def image_by_image(first: Mapping[str, float], second: Mapping[str, float], names: tuple[str, str]) -> Figure:
    """Return the PSNR of each image by one method against that by another; above the line the first is better.

    Args:
        first, second: PSNR by image.
        names: The methods' titles.
    """
    images = [image for image in first if image in second]
    across, upward = [second[image] for image in images], [first[image] for image in images]
    figure = new_figure(4.6, 4.4)
    axes = figure.subplots()
    ends = min(across + upward) - 0.5, max(across + upward) + 0.5
    axes.plot(ends, ends, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.scatter(across, upward, s=22, color=ACCENT, edgecolor=INK, linewidth=0.3)
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.set_aspect("equal")
    better = sum(a > b for a, b in zip(upward, across, strict=True))
    tidy(axes, x=f"{names[1]} [dB]", y=f"{names[0]} [dB]", grid="both")
    axes.set_title(f"better on {better} of {len(images)} images", fontsize=9, color=INK, loc="left")
    return figure


def crops(folder: Path, methods: Sequence[str]) -> Figure | None:
    """Return the crops of a set side by side: noisy, methods, clean; None where there are none.

    Args:
        folder: Where the crops of the set lie, as the worker wrote them.
        methods: The methods to show, those without crops are left out.
    """
    from unnoise.imaging import read_image
    from unnoise.metrics import psnr

    titles = {"noisy": "noisy", **{file_name(method): title_of(method) for method in methods}, "clean": "clean"}
    # A benchmark that went on with more images or methods has not every crop of every method.
    found = {kind: {file.name.split(".")[0] for file in folder.glob(f"*.{kind}.png")} for kind in titles}
    kinds = [kind for kind, numbers in found.items() if numbers]
    numbers = sorted(set.intersection(*(found[kind] for kind in kinds))) if kinds else []
    if not numbers or len(kinds) < 3:
        return None
    side = 1.5
    figure = new_figure(side * len(kinds) + 0.1, (side + 0.22) * len(numbers) + 0.4)
    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    grid = figure.subplots(len(numbers), len(kinds), squeeze=False)
    for row, number in enumerate(numbers):
        images = {kind: read_image(folder / f"{number}.{kind}.png").to_float() for kind in kinds}
        clean = np.atleast_3d(images["clean"])[np.newaxis]
        for column, kind in enumerate(kinds):
            axes, image = grid[row][column], np.atleast_3d(images[kind])
            draw_image(axes, image)
            if kind != "clean":
                ratio = float(psnr(clean, image[np.newaxis], data_range=1.0)[0])
                axes.set_xlabel(f"{ratio:.1f} dB", fontsize=8, color=MUTED, labelpad=2)
            if row == 0:
                axes.set_title(titles[kind].replace(", ", ",\n"), fontsize=8.5, color=INK, parse_math=False, pad=3)
    return figure
