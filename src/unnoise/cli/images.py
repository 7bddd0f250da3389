"""Commands on image files, denoise and noise, and on the packaged models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import Overwrite, finite
from unnoise.errors import UsageError


def denoise(
    source: Annotated[
        str, typer.Argument(metavar="IMAGE|FOLDER|-", help="The image, a folder of images, or - for standard input.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|FOLDER|-",
            help="Where to write; by default beside the image, with .denoised before the suffix. - is standard output.",
        ),
    ] = None,
    model: Annotated[str, typer.Option("--model", help="One that `unnoise models` lists, or a .onnx file.")] = "photo",
    sigma: Annotated[
        float | None,
        typer.Option(
            "--sigma",
            min=0,
            callback=finite,
            help="Noise where it is known, for white = 255: less of it goes, or more.",
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option("--strength", min=0, max=100, callback=finite, help="0: unchanged, 100: all of it.")
    ] = 100,
    chroma: Annotated[
        float | None,
        typer.Option(
            "--chroma", min=0, max=100, callback=finite, help="Strength for colour noise apart from brightness."
        ),
    ] = None,
    passes: Annotated[
        int, typer.Option("--passes", metavar="N", help="2, 4 or 8: better, in as many times the time.")
    ] = 1,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Denoise images that seem clean, too, and take no noise for one a camera smoothed."
        ),
    ] = False,
    format: Annotated[
        str | None, typer.Option("--format", help="Another format than the source's: png, jpg, tif, webp, avif, ...")
    ] = None,
    strip: Annotated[bool, typer.Option("--strip", help="Leave out EXIF, XMP, IPTC and comments.")] = False,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Sub-folders, too.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Skip the files of a folder that are done.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write what was done to each file as JSON.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, coreml, directml, ...")] = "auto",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads; by default all.")] = None,
    max_memory: Annotated[
        int | None, typer.Option("--max-memory", min=1, metavar="MB", help="What the network may take, about.")
    ] = None,
    max_pixels: Annotated[
        float, typer.Option("--max-pixels", min=0, callback=finite, help="Refuse larger images; megapixels.")
    ] = 1000,
    overwrite: Overwrite = False,
) -> None:
    """Denoise an image or a folder of images; nothing else is changed. Needs no Keras."""
    from unnoise.batch import FileOptions
    from unnoise.cli.denoising import denoise_folder, denoise_one
    from unnoise.inference import load

    options = FileOptions(
        sigma=None if sigma is None else sigma / 255,
        strength=strength / 100,
        chroma=None if chroma is None else chroma / 100,
        passes=passes,
        force=force,
        strip=strip,
        overwrite=overwrite,
        most_pixels=int(max_pixels * 1e6),
        max_memory=None if max_memory is None else max_memory * 1_000_000,
    )
    suffix = None if format is None else f".{format.lower().removeprefix('.')}"
    if source != "-" and Path(source).is_dir():
        if output is None or output == "-":
            raise UsageError(f"{source} is a folder: give the folder to write to with -o.")
        denoiser = load(model, threads=threads, device=device)
        denoise_folder(
            Path(source), Path(output), denoiser, options, suffix, recursive=recursive, resume=resume, report=report
        )
        return
    if recursive or resume:
        raise UsageError("-r and --resume are for folders.")
    denoise_one(source, output, load(model, threads=threads, device=device), options, suffix, report=report)


def models(
    name: Annotated[
        str | None, typer.Argument(help="Show this model's card; of a file, what it says of itself.")
    ] = None,
) -> None:
    """List the models that come with unnoise, or show the card of one."""
    from unnoise.inference import card, load, packaged_models

    if name is not None:
        description = load(name).metadata.describe()
        typer.echo(f"{card(name)}\n{description}" if name in packaged_models() else description)
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
