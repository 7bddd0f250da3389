"""Evaluation: the protocol, the baselines beside every network, figures and the report. Never imports Keras."""

# Importing these modules registers their baselines; SciPy and scikit-image are imported where they are used.
from unnoise.evaluation import classical, linear, pca, peers
from unnoise.evaluation.baselines import (
    Baseline,
    BaselineError,
    FittedBaseline,
    FittedBaselines,
    build,
    fit_baselines,
    registry,
)
from unnoise.evaluation.gallery import draw_figures
from unnoise.evaluation.kpi import DO_NOTHING, AccuracyRow, KpiRow, KpiTable
from unnoise.evaluation.page import ReportFigure
from unnoise.evaluation.protocol import accuracy_row, evaluate, kpi_row
from unnoise.evaluation.report import write_report

__all__ = [
    "DO_NOTHING",
    "AccuracyRow",
    "Baseline",
    "BaselineError",
    "FittedBaseline",
    "FittedBaselines",
    "KpiRow",
    "KpiTable",
    "ReportFigure",
    "accuracy_row",
    "build",
    "classical",
    "draw_figures",
    "evaluate",
    "fit_baselines",
    "kpi_row",
    "linear",
    "pca",
    "peers",
    "registry",
    "write_report",
]
