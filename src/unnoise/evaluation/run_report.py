"""The report of an evaluated run: metrics.json, figures and report.html in its folder."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from unnoise.atomic import write_text
from unnoise.evaluation.comparison import Comparison
from unnoise.evaluation.measurement import Measurement
from unnoise.evaluation.subject import Array
from unnoise.experiment import RunFolder
from unnoise.reporting import draw_figures, write_report


def write_run_report(
    run: RunFolder, comparison: Comparison, result: Measurement, denoised: Mapping[str, Array]
) -> Measurement:
    """Write metrics.json, figures and report.html, and return the measurement with the report's path.

    They go into the run folder, or, of other data or noise than the run's, into a sub-folder of ``evaluations``.

    Args:
        run: The run folder.
        comparison: What was measured.
        result: The key figures.
        denoised: What each denoiser made of the noisy test images, the network first.
    """
    noisy, clean = comparison.own
    recipe, original = comparison.recipe, comparison.subject.recipe
    target = run
    if recipe != original:
        label = "".join(c if c.isalnum() else "-" for c in f"{recipe.data.dataset}-{recipe.noise}").strip("-")
        target = RunFolder(run.path / "evaluations" / label)
    target.figures.mkdir(parents=True, exist_ok=True)
    write_text(target.metrics_file, result.to_json())
    figures = draw_figures(
        target.figures,
        clean=clean,
        noisy=noisy,
        # The network and the first baseline that the recipe names.
        denoised={name: denoised[name] for name in list(denoised)[:2]},
        table=result.table,
        history=run.read_history(),
        labels=comparison.labels,
        codes=comparison.subject.encode(clean),
    )
    write_report(
        target.report,
        title=f"unnoise: {recipe.name}",
        summary=f"{recipe.summary}.\n\n{_in_words(result)}",
        facts=_facts(run, comparison, result),
        history=run.read_history(),
        table=result.table,
        figures=figures,
        command=_command(run, comparison),
        model_summary=_layers(comparison.subject.models),
    )
    return replace(result, report=target.report)


def _in_words(result: Measurement) -> str:
    noisy, net = result.table.rows[0], result.table.row(result.name)
    assert net is not None
    text = f"On {result.table.images} test images with {result.noise}, {result.name} takes PSNR "
    text += f"from {noisy.psnr:.2f} to {net.psnr:.2f} dB"
    linear = result.table.row("linear")
    if linear is not None:
        text += f"; a single matrix fitted in closed form (linear) reaches {linear.psnr:.2f} dB"
    harm = result.table.harm(result.name)
    more = [part for part in (result.measured, harm) if part]
    return "\n\n".join([f"{text}.", *more])


def _facts(run: RunFolder, comparison: Comparison, result: Measurement) -> dict[str, str]:
    recipe, images = comparison.recipe, comparison.images
    facts = {"Data": images.test.name, "Noise": recipe.learns_from, "Seed": str(recipe.seed)}
    facts |= {
        f"{stage} parameters".capitalize(): f"{model.count_params():,}"
        for stage, model in comparison.subject.models.items()
    }
    facts["Images"] = (
        f"{len(images.train):,} training, {len(images.validation):,} validation, {len(images.test):,} test"
    )
    if recipe.data.validation == "test":
        facts["Images"] = (
            f"{len(images.train):,} training, {len(images.test):,} test, also used for validation as in the lab"
        )
    if result.training_accuracy is not None:
        facts["Training accuracy"] = f"{result.training_accuracy:.2%} (clean training images)"
    if result.matched is not None:
        rows = ", ".join(f"{row.name} {row.accuracy:.2%}" for row in result.matched.accuracies)
        facts[f"Accuracies at {result.matched_noise}"] = rows
    facts["Versions"] = ", ".join(f"{name} {version}" for name, version in run.facts["versions"].items())
    return facts


def _layers(models: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for model in models.values():
        model.summary(print_fn=lines.append, expand_nested=True)
    return "\n".join(lines)


def _command(run: RunFolder, comparison: Comparison) -> str:
    """Return the command that repeats the run or the evaluation; it works in whatever folder it is pasted."""
    recipe, original = comparison.recipe, comparison.subject.recipe
    folder = run.path.resolve()
    if recipe == original:
        words: list[str | Path] = ["unnoise", "train", folder / "recipe.toml"]
    else:
        words = ["unnoise", "evaluate", folder]
        words += ["--dataset", recipe.data.dataset] if recipe.data != original.data else []
        words += ["--noise", recipe.noise] if recipe.noise != original.noise else []
    data_dir = run.facts.get("data_dir")
    words += ["--data-dir", data_dir] if data_dir else []
    texts = [str(word) for word in words]
    return subprocess.list2cmdline(texts) if os.name == "nt" else shlex.join(texts)
