"""Evaluation: the protocol that measures methods on the same images, and the evaluation of runs and packaged models."""

from unnoise.evaluation.protocol import accuracy_row, evaluate, kpi_row

__all__ = ["accuracy_row", "evaluate", "kpi_row"]
