"""``unnoise evaluate``: a run or a packaged model, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import DataDir, make_console, numbers
from unnoise.errors import UsageError


def evaluate(
    target: Annotated[Path, typer.Argument(metavar="RUN|MODEL", help="A run folder, or a packaged model (.onnx).")],
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME|FOLDER", help="Other images than the recipe's.")
    ] = None,
    noise: Annotated[
        str | None, typer.Option("--noise", metavar="NOISE", help="Other noise, such as 'gaussian(0.2)'.")
    ] = None,
    strengths: Annotated[
        str | None,
        typer.Option(
            "--strengths", metavar="A,B,C", help="The run at each of these strengths of its noise, such as 0.1,0.2,0.5."
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Measure a run or a packaged model: MSE, PSNR, SSIM, accuracies, beside the baselines.

    Example: unnoise evaluate runs/demo --noise 'gaussian(0.3)'
    """
    from unnoise.evaluation import evaluate_subject
    from unnoise.experiment import RunFolder
    from unnoise.inference import packaged_models

    console = make_console()
    if strengths is not None:
        from unnoise.evaluation.strengths import evaluate_strengths

        values = numbers("--strengths", strengths)
        if dataset is not None or noise is not None:
            raise UsageError("--strengths keeps the recipe's data and noise: it takes neither --dataset nor --noise.")
        if not target.is_dir():
            raise UsageError(f"--strengths needs a run folder; {target} is none. Give the folder that train printed.")
        evaluate_strengths(RunFolder.open(target), values, data_dir=data_dir, console=console)
        return
    if not target.is_dir() and not target.suffix and str(target) not in packaged_models():
        raise UsageError(
            f"{target} is neither a run folder nor a model. Give the folder that train printed, a .onnx file, or "
            f"one of {', '.join(packaged_models())}."
        )
    evaluate_subject(target, dataset=dataset, noise=noise, data_dir=data_dir).print(console)
