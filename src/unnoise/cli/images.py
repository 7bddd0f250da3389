"""Commands on image files, denoise and noise, and on the packaged models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import Overwrite
from unnoise.errors import UsageError


def denoise(
    image: Annotated[Path, typer.Argument(help="The image to denoise.")],
    model: Annotated[str, typer.Option("--model", help="One that `unnoise models` lists, or a .onnx file.")] = "photo",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The file to write; by default IMAGE with .denoised before its suffix."),
    ] = None,
    sigma: Annotated[
        float | None, typer.Option("--sigma", min=0, help="Noise where it is known, for white = 255; 0: unchanged.")
    ] = None,
    strength: Annotated[float, typer.Option("--strength", min=0, max=100, help="0: unchanged, 100: all of it.")] = 100,
    overwrite: Overwrite = False,
) -> None:
    """Denoise an image; needs no Keras."""
    from unnoise.imaging import read_image, write_image
    from unnoise.inference import load

    output = output or image.with_name(f"{image.stem}.denoised{image.suffix}")
    denoiser = load(model)
    noisy = read_image(image)
    known = None if sigma is None else sigma / 255
    denoised = denoiser.denoise(noisy.to_float(), sigma=known, strength=strength / 100, gate=True)
    write_image(output, noisy.with_float(denoised), overwrite=overwrite)
    typer.echo(f"{output}")
    if denoiser.metadata.kind == "composite":
        answer = denoiser.classify(noisy.to_float())
        typer.echo(f"class: {answer}")


def models(
    name: Annotated[str | None, typer.Argument(help="Show this model's card.")] = None,
) -> None:
    """List the models that come with unnoise, or show the card of one."""
    from unnoise.inference import card, load, packaged_models

    if name is not None:
        typer.echo(f"{card(name)}\n{load(name).metadata.describe()}")
        return
    for known in packaged_models():
        typer.echo(f"{known:<12}{card(known).splitlines()[2]}")


def noise(
    image: Annotated[Path, typer.Argument(help="A clean image.")],
    spelling: Annotated[
        str, typer.Option("--noise", help="Such as 'gaussian(0.2)' or 'poisson(peak=30)+gaussian(0.02)'.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same noise.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Add synthetic noise to an image."""
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
