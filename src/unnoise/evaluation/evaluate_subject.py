"""Evaluates a run or a packaged model: one way for both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from unnoise.evaluation.comparison import compare, matching_noise
from unnoise.evaluation.measurement import Measurement
from unnoise.evaluation.run_report import write_run_report
from unnoise.evaluation.subject import Subject, open_subject
from unnoise.experiment import RunFolder


def evaluate_subject(
    subject: Subject | RunFolder | str | Path,
    *,
    dataset: str | None = None,
    noise: str | None = None,
    data_dir: str | Path | None = None,
) -> Measurement:
    """Measure a finished run or a packaged model on the test images that its recipe names, beside the baselines.

    A run gets metrics.json, figures and report.html; of other data or noise than its own, in a sub-folder of
    ``evaluations``. A packaged model is measured only.

    Args:
        subject: A run folder, a packaged model's file or name, or what ``open_subject`` gave.
        dataset, noise: Other ones than the recipe's.
        data_dir: Where data sets are looked for first.

    Returns:
        The key figures.

    Raises:
        InputError: the run is not finished.
        ModelFileError: no packaged model, or one that does not fit the images.
        UsageError: images of another shape or other classes than it was trained for.
    """
    # Opened before the data, so that an unfinished run is told at once.
    if isinstance(subject, RunFolder):
        subject = open_subject(subject.path)
    elif not isinstance(subject, Subject):
        subject = open_subject(subject)
    comparison = compare(subject, dataset=dataset, noise=noise, data_dir=data_dir)
    recipe, images, classify = comparison.recipe, comparison.images, subject.classifier
    denoised = comparison.denoise(comparison.own)
    table = comparison.measure(comparison.own, denoised, notes=True)
    result = Measurement(subject.name, table, recipe.learns_from, measured=images.supervision.measured)
    if classify is not None and comparison.labels is not None:
        predicted = classify(images.clean_train()).argmax(axis=1)
        result = replace(result, training_accuracy=float(np.mean(predicted == images.train.labels)))
        if recipe.evaluation.noisy_accuracy is not None:
            matched = matching_noise(images, classify, recipe.evaluation.noisy_accuracy)
            there = comparison.pair(matched)
            table = comparison.measure(there, comparison.denoise(there, [subject.name]))
            result = replace(result, matched_noise=matched, matched=table)
    if subject.run is None:
        return result
    return write_run_report(subject.run, comparison, result, denoised)
