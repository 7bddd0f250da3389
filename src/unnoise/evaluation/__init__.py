"""Evaluation: the protocol that measures methods on the same images, and runs and packaged models measured by it."""

from unnoise.evaluation.evaluate_subject import evaluate_subject
from unnoise.evaluation.measurement import Measurement
from unnoise.evaluation.protocol import accuracy_row, evaluate, kpi_row
from unnoise.evaluation.subject import Subject, open_subject

__all__ = [
    "Measurement",
    "Subject",
    "accuracy_row",
    "evaluate",
    "evaluate_subject",
    "kpi_row",
    "open_subject",
]
