"""``unnoise tune``: the classical filters of the benchmark, tuned on photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import Overwrite, listed, make_console, numbers
from unnoise.errors import InputError, UsageError


def tune(
    photographs: Annotated[Path, typer.Argument(metavar="FOLDER", help="Clean photographs that are in no test set.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write, TOML; for benchmark --tuned.")
    ],
    methods: Annotated[str | None, typer.Option("--methods", metavar="A,B", help="Filters; by default all.")] = None,
    sigmas: Annotated[str, typer.Option("--sigmas", metavar="A,B", help="Strengths, white = 255.")] = "5,15,25,50,75",
    images: Annotated[
        int, typer.Option("--images", min=1, metavar="N", help="So many photographs, spread over the folder.")
    ] = 20,
    overwrite: Overwrite = False,
) -> None:
    """Tune the classical filters of the benchmark on photographs with Gaussian noise."""
    from unnoise.atomic import require_free, write_text
    from unnoise.benchmark.tuning import to_toml, tunable
    from unnoise.benchmark.tuning import tune as tuned_on

    if not photographs.is_dir():
        raise InputError(f"{photographs} is no folder. Give a folder of clean photographs.")
    chosen = listed(methods) or tunable()
    for name in chosen:
        if name not in tunable():
            raise UsageError(f"There is nothing to tune in {name!r}. Filters with a value: {', '.join(tunable())}.")
    levels = numbers("--sigmas", sigmas, example="15,25,50")
    if min(levels) <= 0:
        raise UsageError(f"--sigmas takes numbers above 0, such as 15,25,50; received {sigmas!r}.")
    require_free(output, overwrite=overwrite)
    console = make_console()
    found = tuned_on(
        photographs, chosen, sigmas=levels, images=images, report=lambda line: console.print(line, highlight=False)
    )
    write_text(output, to_toml(found), overwrite=overwrite)
    console.print(f"values: {output}", highlight=False, soft_wrap=True)
