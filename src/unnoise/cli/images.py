"""``unnoise denoise``: an image, a folder of images or standard input, denoised."""

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
