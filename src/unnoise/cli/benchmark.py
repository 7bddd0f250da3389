"""``unnoise benchmark``: models beside other denoisers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import DataDir, listed, make_console, numbers
from unnoise.errors import UnnoiseError


def benchmark(
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="Folder for tables, figures and report; what it has is kept."
        ),
    ] = Path("benchmark"),
    models: Annotated[
        str, typer.Option("--models", metavar="A,B", help="Packaged models, names or files; photo@8: in 8 passes.")
    ] = "photo",
    sets: Annotated[
        str | None,
        typer.Option(
            "--sets",
            metavar="A,B",
            help="cbsd68, bsd68, set12, kodak24, mcmaster, urban100, polyu, scikit-image; a folder; or pairs as "
            "FOLDER:*_noisy.png:*_clean.png. By default those on this machine.",
        ),
    ] = None,
    sigmas: Annotated[
        str | None, typer.Option("--sigmas", metavar="A,B", help="Strengths of Gaussian noise, white = 255.")
    ] = "15,25,50",
    noise: Annotated[
        list[str] | None,
        typer.Option("--noise", metavar="NOISE", help="Other noise, such as 'speckle(0.2)'; may be repeated."),
    ] = None,
    methods: Annotated[
        str | None, typer.Option("--methods", metavar="A,B", help="Baselines; by default all but bm3d. '' for none.")
    ] = None,
    images: Annotated[
        int | None, typer.Option("--images", min=1, metavar="N", help="Only the first N of a set.")
    ] = None,
    eight_bit: Annotated[
        bool, typer.Option("--8-bit", help="Clip noisy images to [0, 1] and round them to 8 bits.")
    ] = False,
    tuned: Annotated[
        Path | None, typer.Option("--tuned", metavar="FILE", help="Values that `unnoise tune` wrote.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="FOLDER", help="Compare a quick run with results of before.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Measure models beside other denoisers: PSNR, SSIM, speed and memory, on the field's test sets.

    Example: unnoise benchmark --sets FOLDER --sigmas 15,25 --images 5
    """
    from unnoise.benchmark.methods import DEFAULT
    from unnoise.benchmark.run import Plan, run_benchmark

    console = make_console()
    if check is not None:
        from unnoise.benchmark.check import check_results

        found = check_results(check, listed(models), data_dir=data_dir, console=console)
        if found:
            raise UnnoiseError("Worse than before: " + "; ".join(found) + ".")
        return
    if sigmas:
        numbers("--sigmas", sigmas, example="15,25,50")
    plan = Plan(
        models=listed(models),
        sets=listed(sets),
        noises=[*listed(sigmas), *(noise or ())],
        methods=DEFAULT if methods is None else listed(methods),
        images=images,
        eight_bit=eight_bit,
        tuned=tuned,
        data_dir=data_dir,
    )
    try:
        result = run_benchmark(plan, output, console=console)
    except KeyboardInterrupt:
        console.print("\nStopped. What is done is kept; the same command goes on.")
        raise
    console.print(f"tables: {output / 'table.md'}\nreport: {result.report}", highlight=False, soft_wrap=True)
    if result.failed:
        raise UnnoiseError("Not measured: " + "; ".join(f"{name}: {why}" for name, why in result.failed.items()))
