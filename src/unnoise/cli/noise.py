"""``unnoise noise``: synthetic noise added to an image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import Overwrite
from unnoise.errors import UsageError


def noise(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A clean image.")],
    spelling: Annotated[
        str,
        typer.Option(
            "--noise",
            metavar="NOISE",
            help="Such as 'gaussian(25/255)', for white = 1, or 'poisson(peak=30)+gaussian(0.02)'.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same noise.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Add synthetic noise to an image.

    Example: unnoise noise photo.png --noise 'gaussian(25/255)' -o noisy.png
    """
    import numpy as np

    from unnoise.imaging import read_image, write_image
    from unnoise.noise import parse

    if seed < 0:
        raise UsageError(f"--seed must be 0 or more, received {seed}.")
    model = parse(spelling)
    clean = read_image(image)
    noisy = model(clean.to_float(), np.random.default_rng(seed))
    write_image(output, clean.with_float(noisy), overwrite=overwrite)
    typer.echo(f"{output}: {model}")
