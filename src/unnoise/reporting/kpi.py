"""The key figures of an evaluation, as values that metrics.json holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

DO_NOTHING = "noisy (do nothing)"
LINEAR = "linear"


@dataclass(frozen=True)
class KpiRow:
    """How near one method comes to the clean images; each mean and spread is over images.

    Args:
        name: The method.
        mse: Mean of the mean squared error.
        mse_std: Standard deviation of the mean squared error over images.
        psnr: Mean of the peak signal-to-noise ratio in dB; infinite as soon as one image equals its clean one.
        psnr_std: Its standard deviation; None where the mean is infinite.
        ssim: Mean of the structural similarity, at most 1.
        ssim_std: Its standard deviation.
        bce: Mean of the binary cross-entropy; None where values leave [0, 1] and it does not apply.
        note: What was tuned, such as ``weight = 0.4``.
    """

    name: str
    mse: float
    mse_std: float
    psnr: float
    psnr_std: float | None
    ssim: float
    ssim_std: float
    bce: float | None = None
    note: str = ""


@dataclass(frozen=True)
class AccuracyRow:
    """How well the classes are recognised on one kind of input.

    Args:
        name: ``clean``, ``noisy``, ``denoised (method)`` or ``composite``.
        accuracy: Share of images whose most probable class is the true one, 0 to 1.
        per_class: The same for the images of each true class; None for a class without images.
        confusion: Counts, rows true classes, columns predicted ones.
    """

    name: str
    accuracy: float
    per_class: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class KpiTable:
    """All key figures of one evaluation.

    Args:
        rows: Denoising, the first is always the noisy image itself.
        accuracies: Recognition; empty where there was no classifier.
        class_names: Names of the classes in the order of the confusion.
        images: Number of test images.
        skipped: Methods that do not fit these images, with the reason.
    """

    rows: tuple[KpiRow, ...]
    accuracies: tuple[AccuracyRow, ...] = ()
    class_names: tuple[str, ...] = ()
    images: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)

    def row(self, name: str) -> KpiRow | None:
        """Return the denoising row called ``name``, None where there is none."""
        return next((row for row in self.rows if row.name == name), None)

    def accuracy(self, name: str) -> AccuracyRow | None:
        """Return the recognition row called ``name``, None where there is none."""
        return next((row for row in self.accuracies if row.name == name), None)

    def harm(self, name: str) -> str | None:
        """Return a sentence where the method ``name`` is below do-nothing in PSNR, None where it is not."""
        row, noisy = self.row(name), self.rows[0]
        if row is None or row.psnr >= noisy.psnr:
            return None
        return (
            f"{name} does harm: its PSNR of {row.psnr:.2f} dB is below the {noisy.psnr:.2f} dB of the noisy images, "
            "which doing nothing gives."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for strict JSON: no NaN, and an infinite PSNR becomes null."""
        content = asdict(self)
        content["skipped"] = dict(self.skipped)
        for row in content["rows"]:
            if math.isinf(row["psnr"]):
                row["psnr"] = None
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> KpiTable:
        """Return the table that :meth:`to_dict` wrote, also after a trip through JSON."""
        rows = tuple(
            KpiRow(**{**row, "psnr": math.inf if row["psnr"] is None else row["psnr"]}) for row in content["rows"]
        )
        accuracies = tuple(
            AccuracyRow(
                name=row["name"],
                accuracy=row["accuracy"],
                per_class=tuple(row["per_class"]),
                confusion=tuple(tuple(counts) for counts in row["confusion"]),
            )
            for row in content.get("accuracies", ())
        )
        return cls(
            rows,
            accuracies,
            tuple(content.get("class_names", ())),
            int(content.get("images", 0)),
            dict(content.get("skipped", {})),
        )
