"""Figures of images: rows of noisy, denoised and clean, and the worst and best cases."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unnoise.baselines.baseline import Images
from unnoise.errors import InputError
from unnoise.reporting.canvas import INK, MUTED, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 1.05
"""Width of one image in inches."""


def denoising_rows(
    noisy: Images,
    denoised: Images | Mapping[str, Images],
    clean: Images,
    *,
    titles: Sequence[str] | None = None,
    limit: int = 10,
) -> Figure:
    """Return a figure with one column an image: noisy, denoised, clean, PSNR in dB below the first ones.

    Args:
        noisy: Noisy images ``(N, H, W, C)``, nominal range [0, 1].
        denoised: The denoised ones, or several methods by name, one row each.
        clean: The clean ones.
        titles: One title a column, such as the class name.
        limit: Most columns; the first images are shown.
    """
    count = min(limit, len(clean))
    _need_images(count)
    methods = denoised if isinstance(denoised, Mapping) else {"denoised": denoised}
    rows = {"noisy": noisy, **methods, "clean": clean}
    figure = _sheet(count, len(rows), clean.shape[1] / clean.shape[2], headed=titles is not None)
    grid = figure.subplots(len(rows), count, squeeze=False)
    _draw_rows(grid, {name: images[:count] for name, images in rows.items()}, titles[:count] if titles else None)
    return figure


def worst_and_best(
    noisy: Images,
    denoised: Images,
    clean: Images,
    *,
    titles: Sequence[str] | None = None,
    count: int = 5,
) -> Figure:
    """Return a figure with the images of lowest PSNR after denoising on the left, of highest on the right.

    Args:
        noisy: Noisy images ``(N, H, W, C)``, nominal range [0, 1].
        denoised: The denoised ones, by whose PSNR the images are sorted.
        clean: The clean ones.
        titles: One title an image; its number in the batch is always shown.
        count: Images on each side; fewer when there are not twice as many.
    """
    count = min(count, len(clean) // 2)
    if count == 0:
        _need_images(len(clean))
        return denoising_rows(noisy, denoised, clean, titles=titles)
    order = np.argsort(_psnr(clean, denoised), kind="stable")
    figure = _sheet(2 * count, 3, clean.shape[1] / clean.shape[2], headed=True, extra=1.3)
    figure.set_figheight(figure.get_figheight() + 0.35)
    layout: Any = figure.get_layout_engine()
    layout.set(rect=(0, 0, 1, 1 - 0.3 / figure.get_figheight()))
    # An empty column keeps the two sides apart, in one grid so that all images have one size.
    grid = figure.subplots(3, 2 * count + 1, squeeze=False, width_ratios=[1] * count + [0.2] + [1] * count)
    for axes in grid[:, count]:
        axes.set_axis_off()
    sides = {"Worst": (grid[:, :count], order[:count]), "Best": (grid[:, count + 1 :], order[::-1][:count])}
    for name, (half, chosen) in sides.items():
        heads = [f"#{index}" + (f"\n{titles[index]}" if titles else "") for index in chosen]
        rows = {"noisy": noisy[chosen], "denoised": denoised[chosen], "clean": clean[chosen]}
        _draw_rows(half, rows, heads, named=name == "Worst")
    figure.draw_without_rendering()
    for name, (half, _) in sides.items():
        centre = (half[0, 0].get_position().x0 + half[0, -1].get_position().x1) / 2
        top = 1 - 0.06 / figure.get_figheight()
        figure.text(centre, top, f"{name} PSNR", fontsize=10.5, color=INK, fontweight="bold", ha="center", va="top")
    return figure


def draw_image(axes: Axes, image: NDArray[Any]) -> None:
    """Draw one image ``(H, W, C)``, gray or colour, values outside [0, 1] clipped, without ticks."""
    pixels = np.clip(np.asarray(image, dtype=np.float32), 0.0, 1.0)
    pixels = pixels[..., :3] if pixels.shape[-1] >= 3 else pixels[..., 0]
    # Small images keep their pixels visible; large ones are resampled without moiré.
    smooth = "nearest" if max(pixels.shape[:2]) <= 64 else "antialiased"
    axes.imshow(pixels, cmap="gray", vmin=0.0, vmax=1.0, interpolation=smooth)
    # Toward the right, so that a row's name keeps its room on the left.
    axes.set_anchor("E")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_rows(
    grid: NDArray[Any], rows: Mapping[str, Images], titles: Sequence[str] | None, named: bool = True
) -> None:
    clean = rows["clean"]
    for position, (name, images) in enumerate(rows.items()):
        captions = None if name == "clean" else _captions(clean, images)
        for column, axes in enumerate(grid[position]):
            draw_image(axes, images[column])
            if captions:
                axes.set_xlabel(captions[column], fontsize=8, color=MUTED, labelpad=2)
            if position == 0 and titles:
                axes.set_title(_wrapped(titles[column]), fontsize=8, color=INK, parse_math=False, pad=3)
        if named:
            grid[position][0].set_ylabel(
                textwrap.fill(name, 15), fontsize=9, color=INK, rotation=0, ha="right", va="center", labelpad=6
            )


def _sheet(columns: int, rows: int, aspect: float, *, headed: bool, extra: float = 1.1) -> Figure:
    figure = new_figure(columns * CELL + extra, rows * (CELL * aspect + 0.24) + (0.4 if headed else 0.05))
    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    return figure


def _psnr(clean: Images, images: Images) -> NDArray[np.float64]:
    from unnoise.metrics import psnr

    return np.asarray(psnr(clean, images, data_range=1.0), dtype=np.float64)


def _captions(clean: Images, images: Images) -> list[str]:
    return ["∞ dB" if np.isinf(value) else f"{value:.1f} dB" for value in _psnr(clean, images)]


def _wrapped(title: str) -> str:
    lines = [line for part in title.splitlines() for line in textwrap.wrap(part, 13)]
    return "\n".join([*lines[:1], textwrap.shorten(" ".join(lines[1:]), 13, placeholder="…")] if lines[1:] else lines)


def _need_images(count: int) -> None:
    if count < 1:
        raise InputError("A figure of images needs at least one image; there is none. Check the test split.")
