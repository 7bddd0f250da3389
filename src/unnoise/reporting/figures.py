"""Every figure of an evaluation in one place: each function returns a matplotlib Figure, ``save_figure`` writes it."""

from unnoise.reporting.canvas import save_figure, to_png
from unnoise.reporting.charts import accuracy_bars, codes_2d, confusion_matrix, kpi_bars
from unnoise.reporting.curves import learning_curves, sweep_plot
from unnoise.reporting.pictures import denoising_rows, worst_and_best

__all__ = [
    "accuracy_bars",
    "codes_2d",
    "confusion_matrix",
    "denoising_rows",
    "kpi_bars",
    "learning_curves",
    "save_figure",
    "sweep_plot",
    "to_png",
    "worst_and_best",
]
