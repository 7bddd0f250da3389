"""Figures of results: confusion, codes, and bars of PSNR and accuracy."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unnoise.errors import InputError
from unnoise.reporting.canvas import ACCENT, INK, MARKERS, MUTED, PALETTE, REFERENCE, new_figure, tidy
from unnoise.reporting.kpi import KpiTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBERED_CLASSES = 20
NAMED_CLASSES = 40
MOST_CODES = 2000


def confusion_matrix(matrix: NDArray[Any] | Sequence[Sequence[int]], class_names: Sequence[str], title: str) -> Figure:
    """Return the confusion: rows true classes, columns predicted, colour the share of the true class.

    Counts are written for at most 20 classes, names for at most 40, class numbers beyond.

    Args:
        matrix: Counts ``(classes, classes)``.
        class_names: One name a class; numbers are used where it is too short.
        title: What was classified.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    classes = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    side = min(8.5, max(2.6, 0.52 * classes)) if classes <= NUMBERED_CLASSES else 7.5
    figure = new_figure(side + 2.4, side + 1.3)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, interpolation="nearest")
    tidy(axes, title=title, x="predicted class", y="true class")
    for spine in axes.spines.values():
        spine.set_visible(False)
    if classes <= NAMED_CLASSES:
        names = [str(class_names[k]) if k < len(class_names) else str(k) for k in range(classes)]
        names = [name if len(name) <= 18 else f"{name[:17]}…" for name in names]
        size = 8 if classes <= NUMBERED_CLASSES else 6
        axes.set_xticks(range(classes), names, rotation=45, ha="right", rotation_mode="anchor", parse_math=False)
        axes.set_yticks(range(classes), names, parse_math=False)
        axes.tick_params(labelsize=size, length=0)
    if classes <= NUMBERED_CLASSES:
        for row, column in np.ndindex(counts.shape):
            if counts[row, column]:
                ink = "white" if shares[row, column] > 0.55 else INK
                text = f"{int(counts[row, column])}"
                axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color=ink)
    bar = figure.colorbar(image, ax=axes, shrink=0.7, aspect=25, pad=0.02)
    bar.set_label("share of the true class", fontsize=8, color=INK)
    bar.ax.tick_params(labelsize=7, color=MUTED)
    bar.outline.set_visible(False)
    return figure


def codes_2d(codes: NDArray[Any], labels: NDArray[np.int64] | None = None, class_names: Sequence[str] = ()) -> Figure:
    """Return the codes of images as points of the plane, one colour and marker a class.

    Codes longer than two values are projected on their two principal components; the axes say which share of the
    variance they hold. At most 2000 points are drawn, evenly spread over the batch.

    Args:
        codes: Codes ``(N, ...)``; anything past the first axis is flattened.
        labels: Classes ``(N,)``; one colour where it is None.
        class_names: Names for the legend; left out beyond 20 classes.
    """
    if len(codes) == 0:
        raise InputError("A figure of codes needs at least one code; there is none. Check the test split.")
    chosen = np.linspace(0, len(codes) - 1, min(len(codes), MOST_CODES)).astype(int)
    points, axis_names = _plane(codes.reshape(len(codes), -1)[chosen].astype(np.float64))
    kinds = np.zeros(len(chosen), dtype=int) if labels is None else np.asarray(labels)[chosen]
    classes = np.unique(kinds)
    named = labels is not None and len(classes) <= NUMBERED_CLASSES
    figure = new_figure(7.6 if named else 6.0, 5.4)
    axes = figure.subplots()
    size = 26 if len(chosen) <= 500 else 14
    for kind in classes:
        mine = points[kinds == kind]
        name = (class_names[kind] if kind < len(class_names) else str(kind)).replace("$", r"\$")
        # Past ten classes the colours repeat with the next marker.
        marker = MARKERS[(kind + kind // len(PALETTE)) % len(MARKERS)]
        colour = PALETTE[kind % len(PALETTE)]
        axes.scatter(
            mine[:, 0], mine[:, 1], s=size, marker=marker, color=colour, edgecolor=INK, linewidth=0.25, label=name
        )
    tidy(axes, title=f"Codes of {len(chosen)} images", x=axis_names[0], y=axis_names[1])
    if named:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8.5, labelcolor=INK)
    return figure


def _plane(codes: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Return two coordinates of each code and the names of the axes."""
    count, size = codes.shape
    if size <= 2 or count < 3 or np.allclose(codes, codes[0]):
        padded = np.zeros((count, 2))
        padded[:, : min(size, 2)] = codes[:, :2]
        return padded, ("code value 1", "code value 2" if size > 1 else "")
    from sklearn.decomposition import PCA

    pca = PCA(n_components=2, svd_solver="full")
    points = pca.fit_transform(codes)
    first, second = (f"principal component {k + 1} ({share:.0%} of the variance)"
                     for k, share in enumerate(pca.explained_variance_ratio_))  # fmt: skip
    return points, (first, second)


def kpi_bars(table: KpiTable, *, highlight: Collection[str] = ()) -> Figure:
    """Return the mean PSNR of every method as bars, the line of the linear map across them.

    Args:
        table: The key figures; whiskers are the standard deviation over images.
        highlight: Rows in colour, the networks; the others are gray.
    """
    values = [row.psnr for row in table.rows]
    texts = ["∞" if math.isinf(value) else f"{value:.2f}" for value in values]
    spreads = [row.psnr_std or 0.0 for row in table.rows]
    figure = _bars(
        [row.name for row in table.rows], values, texts, spreads, highlight, "PSNR [dB], mean ± std over images"
    )
    linear = table.row("linear")
    if linear is not None and math.isfinite(linear.psnr):
        figure.axes[0].axvline(linear.psnr, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=3)
    return figure


def accuracy_bars(table: KpiTable, *, highlight: Collection[str] = ("composite",)) -> Figure:
    """Return the accuracy on clean, noisy, denoised images and of the composite as bars.

    Args:
        table: The key figures, with recognition rows.
        highlight: Rows in colour.
    """
    values = [100 * row.accuracy for row in table.accuracies]
    names = [row.name for row in table.accuracies]
    figure = _bars(names, values, [f"{v:.1f}" for v in values], [0.0] * len(values), highlight, "accuracy [%]")
    figure.axes[0].set_xlim(0, 112)
    figure.axes[0].set_xticks(range(0, 101, 20))
    return figure


def _bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    spreads: Sequence[float],
    highlight: Collection[str],
    label: str,
) -> Figure:
    figure = new_figure(7.2, 0.36 * len(names) + 0.9)
    axes = figure.subplots()
    lengths = [value if math.isfinite(value) else 0.0 for value in values]
    colours = [ACCENT if name in highlight else REFERENCE for name in names]
    whiskers = spreads if any(spreads) else None
    axes.barh(range(len(names)), lengths, 0.66, color=colours, xerr=whiskers, ecolor=MUTED, error_kw={"elinewidth": 1})
    # A white plate keeps the numbers readable where a line crosses them.
    plate = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    reach = max([length + spread for length, spread in zip(lengths, spreads, strict=True)] + [1e-9])
    for position, (length, spread, text) in enumerate(zip(lengths, spreads, texts, strict=True)):
        axes.text(
            length + spread + 0.015 * reach, position, text, va="center", fontsize=8.5, color=INK, zorder=4, bbox=plate
        )
    tidy(axes, x=label, grid="x")
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * reach)
    return figure
