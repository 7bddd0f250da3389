"""A sweep: one recipe trained for every combination of values, in one table and one plot."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from unnoise.atomic import write_text
from unnoise.baselines.baseline import require_known
from unnoise.errors import OutputError, UsageError
from unnoise.evaluation import evaluate_subject
from unnoise.experiment import load_images, load_recipe
from unnoise.reporting.figures import save_figure, sweep_plot
from unnoise.training import check_models, train


def parse_values(text: str) -> tuple[str, list[str]]:
    """Return field and values of ``FIELD=A,B,C``; commas within brackets or parentheses do not separate.

    Example:
        >>> parse_values("noise=gaussian(0.2),poisson-gaussian(30, 0.1)")
        ('noise', ['gaussian(0.2)', 'poisson-gaussian(30, 0.1)'])
    """
    field, equals, values = text.partition("=")
    found = [value.strip() for value in re.split(r",(?![^(\[]*[)\]])", values)]
    if not equals or not field.strip() or not all(found):
        raise UsageError(f"What to sweep is written FIELD=A,B,C, such as model.code=16,32,64; received {text!r}.")
    return field.strip(), found


def _folder_name(number: int, values: dict[str, str], fields: Sequence[str]) -> str:
    """Return a run's folder, such as ``01-code=16-noise=gaussian(0.2)``, without what a folder's name cannot hold."""
    parts = [f"{number:02}", *(f"{field.rpartition('.')[2]}={values[field]}" for field in fields)]
    return re.sub(r"[^A-Za-z0-9=.,()+-]+", "_", "-".join(parts))[:80]


def run_sweep(
    recipe: str, sets: Sequence[str], folder: Path, *, data_dir: Path | None = None, console: Console
) -> list[dict[str, Any]]:
    """Train and measure ``recipe`` for every combination of the values in ``sets``.

    Writes one run folder a combination, named after its values, ``sweep.csv`` and ``sweep.png`` into ``folder``.

    Args:
        recipe: A recipe's name or file.
        sets: Texts such as ``model.code=16,32,64``; of those with several values the first is the plot's axis,
            the second its curves.
        folder: A new folder.

    Returns:
        One row a combination: its values, validation loss, PSNR, SSIM, and every accuracy where there is a classifier.

    Raises:
        UsageError, RecipeError: a text or value that is wrong; all are checked before anything is trained.
        OutputError: the folder exists.
    """
    fields, values = zip(*(parse_values(text) for text in sets), strict=True)
    combinations = list(itertools.product(*values))
    recipes = [load_recipe(recipe, [f"{f}={v}" for f, v in zip(fields, c, strict=True)]) for c in combinations]
    for described in recipes:
        require_known(described.evaluation.baselines)
    if folder.exists():
        raise OutputError(f"The folder {folder} exists already.", remedy="output")
    for described in recipes:
        check_models(described, load_images(described, data_dir=data_dir))

    varied = [field for field, choices in zip(fields, values, strict=True) if len(choices) > 1] or [fields[0]]
    rows: list[dict[str, Any]] = []
    for number, (combination, described) in enumerate(zip(combinations, recipes, strict=True), start=1):
        row: dict[str, Any] = dict(zip(fields, combination, strict=True))
        console.rule(f"[bold]{number} of {len(recipes)}: {', '.join(f'{f}={v}' for f, v in row.items())}")
        run = train(described, folder / _folder_name(number, row, varied), data_dir=data_dir, console=console)
        table = evaluate_subject(run, data_dir=data_dir).table
        net = table.row(described.model.architecture)
        assert net is not None
        losses = [float(row["val_loss"]) for row in run.read_history() if row["stage"] == "autoencoder"]
        row |= {"val_loss": min(losses), "psnr": net.psnr, "ssim": net.ssim}
        # One name for the network's row, whatever its architecture, since all combinations share the columns.
        own = f"denoised ({described.model.architecture})"
        row |= {f"accuracy {e.name.replace(own, 'denoised')}": e.accuracy for e in table.accuracies}
        rows.append(row | {"noisy_psnr": table.rows[0].psnr})
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        write_text(folder / "sweep.csv", text.getvalue())

    axis, group = varied[0], varied[1] if len(varied) > 1 else None
    save_figure(
        sweep_plot(rows, axis, "psnr", group=group, x_label=axis, y_label="mean PSNR [dB]"), folder / "sweep.png"
    )
    shown = Table(box=None, padding=(0, 2, 0, 0))
    names = [name for name in rows[0] if name in varied or name not in fields]
    for name in names:
        shown.add_column(name, justify="right")
    for row in rows:
        shown.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in map(row.get, names)))
    console.print(shown, highlight=False)
    console.print(f"table: {folder / 'sweep.csv'}\nplot: {folder / 'sweep.png'}", highlight=False, soft_wrap=True)
    return rows
