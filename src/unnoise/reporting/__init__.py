"""Reporting: key figures as tables, charts, pictures, and one page."""

from unnoise.reporting.gallery import draw_figures
from unnoise.reporting.kpi import DO_NOTHING, AccuracyRow, KpiRow, KpiTable
from unnoise.reporting.page import ReportFigure
from unnoise.reporting.report import write_report
from unnoise.reporting.tables import markdown, print_table

__all__ = [
    "DO_NOTHING",
    "AccuracyRow",
    "KpiRow",
    "KpiTable",
    "ReportFigure",
    "draw_figures",
    "markdown",
    "print_table",
    "write_report",
]
