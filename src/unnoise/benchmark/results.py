"""A benchmark's folder: what was measured, image by image, and the means of it."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unnoise.atomic import write_text
from unnoise.benchmark.image_sets import set_order
from unnoise.benchmark.protocol import Row
from unnoise.errors import InputError, OutputError

ROWS, SUMMARY, FACTS = "images.csv", "summary.csv", "benchmark.json"
HEADER = tuple(field.name for field in dataclasses.fields(Row))


@dataclass(frozen=True)
class Mean:
    """The means of one method over the images of one set at one noise.

    Args:
        set, noise, method: Names.
        images: Number of images.
        psnr, psnr_std, ssim, ssim_std: Mean and standard deviation over images.
        megapixels_per_second: All pixels divided by all seconds.
        peak_mb: The largest peak memory of an image in 10^6 bytes, None where it is not known.
    """

    set: str
    noise: str
    method: str
    images: int
    psnr: float
    psnr_std: float
    ssim: float
    ssim_std: float
    megapixels_per_second: float
    peak_mb: float | None


class Results:
    """The folder of a benchmark; opened anew it has what was measured before."""

    def __init__(self, folder: str | Path) -> None:
        """Open or make the folder.

        Raises:
            InputError: what lies there is no benchmark's folder.
            OutputError: it cannot be made.
        """
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot make the folder {folder}: {error.strerror}.", remedy="output") from None
        facts = self.folder / FACTS
        if not facts.exists() and any(self.folder.iterdir()):
            raise OutputError(f"The folder {folder} holds other files, no benchmark.", remedy="output")
        self.facts: dict[str, Any] = _read_facts(facts) if facts.exists() else {"identities": {}, "skipped": {}}
        self.rows = {row.key: row for row in read_rows(self.folder / ROWS)} if (self.folder / ROWS).exists() else {}

    def require_eight_bit(self, wanted: bool) -> None:
        """Raise InputError where the results that are there were measured the other way."""
        before = self.facts.setdefault("eight_bit", wanted)
        if before != wanted:
            ways = {True: "with noisy images rounded to 8 bits", False: "with float noise"}
            raise InputError(
                f"The results in {self.folder} were measured {ways[before]}, and now {ways[wanted]} is asked for.",
                remedy="output",
            )

    def identify(self, method: str, identity: str) -> None:
        """Note what a method is; raise InputError where its results that are there are of another one."""
        before = self.facts["identities"].setdefault(method, identity)
        self.facts["skipped"].pop(method, None)
        if before != identity and any(row.method == method for row in self.rows.values()):
            raise InputError(
                f"The results of {method} in {self.folder} are of another model or other tuned values ({before}, now "
                f"{identity}).",
                remedy="output",
            )
        self.facts["identities"][method] = identity

    def add(self, rows: Iterable[Row]) -> None:
        """Append rows to the table, at once on the disk; what was half written in a crash is left out on reading."""
        path = self.folder / ROWS
        new = not path.exists()
        with open(path, "a", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            if new:
                writer.writerow(HEADER)
            for row in rows:
                self.rows[row.key] = row
                writer.writerow(_cells(row))

    def save_facts(self) -> None:
        """Write what is known of machine, versions, settings and methods."""
        write_text(self.folder / FACTS, json.dumps(self.facts, indent=1, sort_keys=True) + "\n")

    def finish(self) -> list[Mean]:
        """Write the table of images in order, and the means; return them."""
        rows = sorted(self.rows.values(), key=_order)
        write_text(self.folder / ROWS, _table(HEADER, [_cells(row) for row in rows]))
        # Of the values as they are written, so that the tables agree to the last digit.
        summary = means(read_rows(self.folder / ROWS))
        header = tuple(field.name for field in dataclasses.fields(Mean))
        write_text(self.folder / SUMMARY, _table(header, [_mean_cells(mean) for mean in summary]))
        return summary


def _order(row: Row) -> tuple[Any, ...]:
    return set_order(row.set), noise_order(row.noise), row.method, row.image


def means(rows: Iterable[Row]) -> list[Mean]:
    """Return the means by set, noise and method, in the order of the rows."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.set, row.noise, row.method), []).append(row)
    return [_mean(*key, members) for key, members in groups.items()]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a table of images; a last line that is not whole is left out.

    Raises:
        InputError: no such file, or no such table.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}. Give a benchmark's folder.") from None
    whole = text[: text.rfind("\n") + 1]
    table = csv.DictReader(io.StringIO(whole))
    if tuple(table.fieldnames or ()) != HEADER:
        raise InputError(f"{path} is no table of a benchmark: its columns are {table.fieldnames}, not {HEADER}.")
    rows = []
    for line in table:
        try:
            numbers = {name: float(line[name]) for name in ("megapixels", "psnr", "ssim", "seconds")}
            peak = float(line["peak_mb"]) if line["peak_mb"] else None
        except (TypeError, ValueError):
            raise InputError(
                f"{path} has a broken line, {dict(line)}. Remove it; its image is measured anew."
            ) from None
        rows.append(Row(line["set"], line["noise"], line["method"], line["image"], peak_mb=peak, **numbers))
    return rows


def file_name(name: str) -> str:
    """Return the name of a set or method as part of a file's name or a page's anchor."""
    return "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in name)


def noise_order(label: str) -> tuple[float, str]:
    """Return the place of a noise among others: sigmas by size, then the rest."""
    return (float(label), "") if label.isdigit() else (math.inf, label)


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
        if isinstance(content["identities"], dict) and isinstance(content["skipped"], dict):
            return dict(content)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(f"{path} is not what `unnoise benchmark` writes.", remedy="output")


def _mean(set: str, noise: str, method: str, rows: Sequence[Row]) -> Mean:
    ratios, similarities = [row.psnr for row in rows], [row.ssim for row in rows]
    endless = bool(np.isinf(ratios).any())
    peaks = [row.peak_mb for row in rows if row.peak_mb is not None]
    return Mean(
        set=set,
        noise=noise,
        method=method,
        images=len(rows),
        psnr=math.inf if endless else float(np.mean(ratios)),
        psnr_std=0.0 if endless else float(np.std(ratios)),
        ssim=float(np.mean(similarities)),
        ssim_std=float(np.std(similarities)),
        megapixels_per_second=sum(row.megapixels for row in rows) / max(sum(row.seconds for row in rows), 1e-9),
        peak_mb=max(peaks) if peaks else None,
    )


def _cells(row: Row) -> list[str]:
    peak = "" if row.peak_mb is None else f"{row.peak_mb:.0f}"
    numbers = f"{row.megapixels:.4g}", f"{row.psnr:.3f}", f"{row.ssim:.4f}", f"{row.seconds:.3g}"
    return [row.set, row.noise, row.method, row.image, *numbers, peak]


def _mean_cells(mean: Mean) -> list[str]:
    peak = "" if mean.peak_mb is None else f"{mean.peak_mb:.0f}"
    quality = f"{mean.psnr:.2f}", f"{mean.psnr_std:.2f}", f"{mean.ssim:.4f}", f"{mean.ssim_std:.4f}"
    return [mean.set, mean.noise, mean.method, str(mean.images), *quality, f"{mean.megapixels_per_second:.3g}", peak]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
