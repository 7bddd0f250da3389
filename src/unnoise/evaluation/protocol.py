"""The evaluation protocol: the same test images, the same noise and the same figures for every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unnoise.baselines.baseline import Images
from unnoise.errors import InputError
from unnoise.reporting.kpi import DO_NOTHING, AccuracyRow, KpiRow, KpiTable


def kpi_row(name: str, clean: Images, denoised: NDArray[Any], *, note: str = "") -> KpiRow:
    """Return MSE, PSNR, SSIM and, where it applies, BCE of one method over a batch of images.

    PSNR and SSIM are taken per image with data range 1 and then averaged, so that the spread is one over images.
    BCE is the mean of ``-x log(d) - (1 - x) log(1 - d)`` over pixels; it applies where both lie within [0, 1].

    Args:
        name: The method.
        clean: Reference images ``(N, H, W, C)``, nominal range [0, 1].
        denoised: What the method made of the noisy ones, same shape.
        note: Tuned values to show beside the row.

    Raises:
        InputError: no image, another shape, or values that are not finite.
    """
    from unnoise.metrics import bce, mse, psnr, ssim

    _check(name, clean, denoised)
    error = mse(clean, denoised)
    ratio = np.asarray(psnr(clean, denoised, data_range=1.0))
    similarity = ssim(clean, denoised, data_range=1.0)
    endless = bool(np.isinf(ratio).any())
    within = all(images.min() >= 0.0 and images.max() <= 1.0 for images in (clean, denoised))
    return KpiRow(
        name=name,
        mse=float(np.mean(error)),
        mse_std=float(np.std(error)),
        psnr=float("inf") if endless else float(np.mean(ratio)),
        psnr_std=None if endless else float(np.std(ratio)),
        ssim=float(np.mean(similarity)),
        ssim_std=float(np.std(similarity)),
        bce=float(np.mean(bce(clean, denoised))) if within else None,
        note=note,
    )


def accuracy_row(name: str, labels: NDArray[np.int64], probabilities: NDArray[Any], classes: int) -> AccuracyRow:
    """Return accuracy, per-class accuracy and confusion of class probabilities.

    Args:
        name: The kind of input that was classified.
        labels: True classes ``(N,)``.
        probabilities: ``(N, classes)``; the largest of a row is the prediction.
        classes: Number of classes.

    Raises:
        InputError: probabilities of another shape, or not finite.
    """
    from unnoise.metrics import confusion

    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.shape[0] != len(labels) or probabilities.shape[1] > classes:
        raise InputError(
            f"Class probabilities for {name} must have shape ({len(labels)}, {classes}), one row an image; "
            f"they have {probabilities.shape}. Check that the classifier was trained on these classes."
        )
    if not np.isfinite(probabilities).all():
        raise InputError(f"Class probabilities for {name} are not all finite. Train the classifier again.")
    counts = np.asarray(confusion(labels, probabilities.argmax(axis=1), classes))
    totals = counts.sum(axis=1)
    return AccuracyRow(
        name=name,
        accuracy=float(np.trace(counts) / max(counts.sum(), 1)),
        per_class=tuple(float(counts[k, k] / totals[k]) if totals[k] else None for k in range(classes)),
        confusion=tuple(tuple(int(count) for count in row) for row in counts),
    )


def evaluate(
    *,
    clean: Images,
    noisy: Images,
    methods: Mapping[str, Callable[[Images], NDArray[Any]] | NDArray[Any]],
    labels: NDArray[np.int64] | None = None,
    class_names: Sequence[str] = (),
    classifier: Callable[[Images], NDArray[Any]] | None = None,
    composite: Callable[[Images], NDArray[Any]] | None = None,
    notes: Mapping[str, str] | None = None,
    skipped: Mapping[str, str] | None = None,
) -> KpiTable:
    """Return the key figures of every method on the same test images.

    The first row is always the noisy image itself, and a method called ``do-nothing`` is that row. With labels and
    a classifier, the untouched classifier is also measured on clean, noisy and every method's denoised images; with
    a composite (noisy image to class probabilities), that comes last.

    Args:
        clean: Test images ``(N, H, W, C)``, float32 in [0, 1].
        noisy: The same images with noise, drawn once for all methods.
        methods: Name to a callable (noisy batch to denoised batch), or to the denoised batch itself where it is
            there already. The order of the rows.
        labels: True classes ``(N,)``; None for images without.
        class_names: Names of the classes; numbers are used where it is empty.
        classifier: Images to class probabilities ``(N, classes)``; trained on clean images, not touched since.
        composite: Noisy images to class probabilities.
        notes: Tuned values by method, shown beside the row.
        skipped: Methods left out, with the reason.

    Raises:
        InputError: a method gives another shape or values that are not finite.
    """
    notes = notes or {}
    denoised = {
        name: np.asarray(method(noisy) if callable(method) else method)
        for name, method in methods.items()
        if name not in ("do-nothing", DO_NOTHING)
    }
    rows = [kpi_row(DO_NOTHING, clean, noisy)]
    rows += [kpi_row(name, clean, images, note=notes.get(name, "")) for name, images in denoised.items()]
    inputs = {"clean": clean, "noisy": noisy, **{f"denoised ({name})": images for name, images in denoised.items()}}
    probabilities: dict[str, NDArray[Any]] = {}
    if labels is not None and len(labels) != len(clean):
        raise InputError(f"There must be one label an image; there are {len(labels)} for {len(clean)} images.")
    if labels is not None and classifier is not None:
        probabilities = {name: np.asarray(classifier(images)) for name, images in inputs.items()}
    if labels is not None and composite is not None:
        probabilities["composite"] = np.asarray(composite(noisy))
    classes = max([len(class_names), *(p.shape[-1] for p in probabilities.values())])
    accuracies = [] if labels is None else [accuracy_row(name, labels, p, classes) for name, p in probabilities.items()]
    names = tuple(class_names) + tuple(str(k) for k in range(len(class_names), classes))
    return KpiTable(tuple(rows), tuple(accuracies), names, len(clean), dict(skipped or {}))


def _check(name: str, clean: NDArray[Any], denoised: NDArray[Any]) -> None:
    if len(clean) == 0:
        raise InputError("An evaluation needs at least one test image; there is none. Check the test split.")
    if clean.shape != denoised.shape:
        raise InputError(
            f"A denoised batch must have the shape of the clean one, {clean.shape}; {name} gives {denoised.shape}."
        )
    if not np.isfinite(denoised).all():
        raise InputError(
            f"Denoised values must be finite; {name} gives NaN or infinity. Its training diverged: "
            "train again with a smaller learning rate."
        )
