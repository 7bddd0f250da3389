"""The figures of one evaluation drawn together: written as PNG and listed for the report."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unnoise.baselines.baseline import Images
from unnoise.reporting import figures
from unnoise.reporting.kpi import KpiTable
from unnoise.reporting.page import ReportFigure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_figures(
    folder: str | Path,
    *,
    clean: Images,
    noisy: Images,
    denoised: Mapping[str, Images],
    table: KpiTable,
    history: Sequence[Mapping[str, Any]] = (),
    labels: NDArray[np.int64] | None = None,
    codes: NDArray[Any] | None = None,
    confusions: Collection[str] | None = None,
) -> list[ReportFigure]:
    """Draw every figure that there is data for, write each as PNG into ``folder`` and return them for the report.

    Args:
        folder: Where the PNG files go; it must exist.
        clean: Test images ``(N, H, W, C)``, float32 in [0, 1].
        noisy: The same images with noise.
        denoised: Denoised images by method, the network first: its worst and best cases are shown. Those after it
            get rows beside it.
        table: The key figures.
        history: One mapping an epoch; no learning curves where it is empty.
        labels: Classes ``(N,)``.
        codes: Codes of the test images ``(N, ...)``.
        confusions: Recognition rows whose confusion is drawn: clean, noisy, the network's and composite when None.

    Raises:
        OutputError: the folder is missing or the disk refuses.
    """
    folder = Path(folder)
    network = next(iter(denoised))
    titles = None
    if labels is not None and table.class_names:
        titles = [table.class_names[label] for label in labels]
    drawn: list[ReportFigure] = []

    def add(name: str, section: str, caption: str, draw: Callable[[], Figure]) -> None:
        path = figures.save_figure(draw(), folder / f"{name}.png")
        drawn.append(ReportFigure(caption, path, section))

    highlight = (network, f"denoised ({network})", "composite")
    first = min(10, len(clean))
    add("psnr", "kpi", "Mean PSNR of every method; the dashed line is the linear map where there is one.",
        lambda: figures.kpi_bars(table, highlight=highlight))  # fmt: skip
    if table.accuracies:
        add("accuracy", "kpi", "Accuracy of the untouched classifier on each input, and of the composite.",
            lambda: figures.accuracy_bars(table, highlight=highlight))  # fmt: skip
    add("denoised", "pictures", f"The first {first} test images with PSNR: noisy, {', '.join(denoised)}, clean.",
        lambda: figures.denoising_rows(noisy, denoised, clean, titles=titles))  # fmt: skip
    add("worst-and-best", "pictures", f"The worst and best cases of {network} among {len(clean)} test images.",
        lambda: figures.worst_and_best(noisy, denoised[network], clean, titles=titles))  # fmt: skip
    if history:
        add("learning-curves", "curves", "Learning curves; the circle marks the best epoch on validation images.",
            lambda: figures.learning_curves(history))  # fmt: skip
    chosen = ("clean", "noisy", f"denoised ({network})", "composite") if confusions is None else confusions
    for row in table.accuracies:
        if row.name in chosen:
            title = f"{row.name}: accuracy {row.accuracy:.1%}"
            add(f"confusion-{_slug(row.name)}", "confusion", f"Confusion, {title}.",
                lambda row=row, title=title: figures.confusion_matrix(row.confusion, table.class_names, title))  # type: ignore[misc]  # fmt: skip
    if codes is not None:
        add("codes", "codes", "The code of each test image in the plane of its two principal components.",
            lambda: figures.codes_2d(codes, labels, table.class_names))  # fmt: skip
    return drawn


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
