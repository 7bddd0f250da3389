"""Figures of curves: learning curves and sweeps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from unnoise.errors import InputError
from unnoise.reporting.canvas import ACCENT, INK, MARKERS, MUTED, PALETTE, REFERENCE, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


def learning_curves(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the loss over epochs, one column a stage, accuracy below where a stage has it.

    The epoch of least validation loss is marked.

    Args:
        history: One mapping an epoch with ``stage``, ``epoch``, ``loss``, ``val_loss`` and perhaps ``accuracy``,
            ``val_accuracy``; numbers or their text, as read from history.csv. Missing values are skipped.
    """
    stages = list(dict.fromkeys(str(row.get("stage", "training")) for row in history))
    if not stages:
        raise InputError("Learning curves need at least one epoch; the history is empty. Train first.")
    measured = ["loss"] + (["accuracy"] if any(not math.isnan(_float(row.get("accuracy"))) for row in history) else [])
    figure = new_figure(max(4.6, 4.2 * len(stages)), 2.9 * len(measured))
    grid = figure.subplots(len(measured), len(stages), squeeze=False)
    for column, stage in enumerate(stages):
        rows = [row for row in history if str(row.get("stage", "training")) == stage]
        for position, what in enumerate(measured):
            drawn = _curve(grid[position][column], rows, what, stage)
            grid[position][column].set_visible(drawn)
    return figure


def _curve(axes: Axes, rows: Sequence[Mapping[str, Any]], what: str, stage: str) -> bool:
    """Draw one quantity of one stage over epochs; give False where no epoch has it."""
    from matplotlib.ticker import MaxNLocator

    epochs = [_float(row.get("epoch", number + 1)) for number, row in enumerate(rows)]
    drawn = False
    for key, name, colour in ((what, "training", MUTED), (f"val_{what}", "validation", ACCENT)):
        values = np.array([_float(row.get(key)) for row in rows])
        known = np.isfinite(values)
        if not known.any():
            continue
        drawn = True
        axes.plot(epochs, values, color=colour, linewidth=1.8, label=name, marker="o" if known.sum() < 3 else None)
        if name == "validation":
            best = int(np.nanargmin(np.where(known, values, np.nan)) if what == "loss" else np.nanargmax(values))
            label = f"best: {values[best]:.4g} in epoch {epochs[best]:g}"
            axes.plot(epochs[best], values[best], "o", color=ACCENT, markersize=7, markerfacecolor="white", label=label)
    if drawn:
        tidy(axes, title=f"{stage}: {what}" if what != "loss" else stage, x="epoch", y=what, grid="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return drawn


def sweep_plot(
    table: Sequence[Mapping[str, Any]],
    x: str,
    y: str | Sequence[str],
    *,
    group: str | None = None,
    x_label: str | None = None,
    y_label: str | Sequence[str] | None = None,
    log_x: bool = False,
    mark: tuple[float, str] | None = None,
) -> Figure:
    """Return quantities over another, such as PSNR over noise level or code size, one line a group.

    Args:
        table: Rows by column name; numbers or their text. A group without any value of a quantity has no line there.
        x: Column across; a column that holds other text than numbers is drawn in its own order.
        y: Column upward, or several, a panel each.
        group: Column whose values give one line each; one line where None.
        x_label: Label with unit; the column's name where None.
        y_label: Label with unit, one a panel; the column's name where None.
        log_x: Whether the x axis is logarithmic.
        mark: A value of x to mark by a faint line, and the word above it.
    """
    if not table:
        raise InputError("A sweep needs at least one row; the table is empty. Run the sweep first.")
    measured = [y] if isinstance(y, str) else list(y)
    y_labels = [y_label] if isinstance(y_label, str) else list(y_label or measured)
    figure = new_figure(2.4 + 4.2 * len(measured), 4.0)
    panels = figure.subplots(1, len(measured), squeeze=False)[0]
    numeric = all(math.isfinite(_float(row.get(x))) for row in table)
    places = list(dict.fromkeys(str(row.get(x)) for row in table))
    groups = [None] if group is None else list(dict.fromkeys(str(row.get(group)) for row in table))
    lines: dict[str | None, Line2D] = {}
    for axes, what, label in zip(panels, measured, y_labels, strict=True):
        for number, name in enumerate(groups):
            rows = [row for row in table if group is None or str(row.get(group)) == name]
            points = sorted((_float(r[x]) if numeric else places.index(str(r[x])), _float(r.get(what))) for r in rows)
            across, upward = zip(*points, strict=True)
            if not np.isfinite(upward).any():
                continue
            (line,) = axes.plot(across, upward, color=PALETTE[number % len(PALETTE)], linewidth=1.8, markersize=5)
            line.set_marker(MARKERS[number % len(MARKERS)])
            line.set_label("" if name is None else name.replace("$", r"\$"))
            lines.setdefault(name, line)
        tidy(axes, x=x_label or x, y=label, grid="both")
        if not numeric:
            axes.set_xticks(range(len(places)), places, parse_math=False)
        elif log_x:
            from matplotlib.ticker import NullFormatter, ScalarFormatter

            axes.set_xscale("log")
            axes.set_xticks(sorted({_float(row[x]) for row in table}))
            axes.xaxis.set_major_formatter(ScalarFormatter())
            axes.xaxis.set_minor_formatter(NullFormatter())
        if mark is not None:
            place, word = mark
            axes.axvline(place, color=REFERENCE, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
            axes.text(
                place, 1.01, word, transform=axes.get_xaxis_transform(), ha="center", va="bottom",
                fontsize=8, color=MUTED,
            )  # fmt: skip
    if group is not None:
        panels[-1].legend(
            handles=list(lines.values()), title=group, frameon=False, fontsize=8, title_fontsize=8,
            loc="center left", bbox_to_anchor=(1.0, 0.5),
        )  # fmt: skip
    return figure


def _float(value: Any) -> float:
    """Return a number of a table, NaN where the cell is empty or holds other text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
