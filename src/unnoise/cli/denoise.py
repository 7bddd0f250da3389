"""``unnoise denoise``: an image, a folder of images or standard input, denoised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unnoise.cli.options import Overwrite, finite
from unnoise.errors import UsageError


def denoise(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE|FOLDER|-...",
            help="Images, folders of images, patterns such as '*.jpg', or - for standard input.",
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|FOLDER|-",
            help="Where to write; by default beside the image, with .denoised before the suffix. A folder that is not "
            "there is made, if a / ends its name. - is standard output.",
        ),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME|FILE", help="One that `unnoise models` lists, or a .onnx file.")
    ] = "photo",
    sigma: Annotated[
        float | None,
        typer.Option(
            "--sigma",
            metavar="N",
            min=0,
            max=255,
            callback=finite,
            help="Take the noise for this strong, for white = 255: less of it goes, or up to half as much again.",
        ),
    ] = None,
    strength: Annotated[
        float,
        typer.Option(
            "--strength", metavar="PERCENT", min=0, max=100, callback=finite, help="0: unchanged, 100: all of it."
        ),
    ] = 100,
    chroma: Annotated[
        float | None,
        typer.Option(
            "--chroma",
            metavar="PERCENT",
            min=0,
            max=100,
            callback=finite,
            help="Strength for colour noise apart from brightness.",
        ),
    ] = None,
    passes: Annotated[
        int, typer.Option("--passes", metavar="N", help="2, 4 or 8: better, in as many times the time.")
    ] = 1,
    force: Annotated[bool, typer.Option("--force", help="Denoise images that seem clean, too.")] = False,
    format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="Another format than the source's: png, jpg, tif, webp, avif, ..."
        ),
    ] = None,
    quality: Annotated[
        int | None, typer.Option("--quality", min=1, max=100, metavar="N", help="Of JPEG, WebP and AVIF; 1 to 100.")
    ] = None,
    white: Annotated[
        float | None,
        typer.Option(
            "--white",
            min=0,
            callback=finite,
            metavar="N",
            help="The sample that stands for white, where 16-bit files do not use their range; by default found.",
        ),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(
            "--frames",
            metavar="NUMBERS",
            help="Which frames of a stack or an animation: 1-10,15 or 5- or first or last; by default all.",
        ),
    ] = None,
    strip: Annotated[bool, typer.Option("--strip", help="Leave out EXIF, XMP, IPTC and comments.")] = False,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Sub-folders, too.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Skip the files of a folder that are done.")] = False,
    report: Annotated[
        str | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write what was done to each file as JSON; with --cluster as Parquet, also to a URL.",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, coreml, directml, ...")
    ] = "auto",
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, metavar="N", help="CPU threads; by default all.")
    ] = None,
    max_memory: Annotated[
        int | None, typer.Option("--max-memory", min=1, metavar="MB", help="What the network may take, about.")
    ] = None,
    max_pixels: Annotated[
        float,
        typer.Option("--max-pixels", min=0, metavar="MP", callback=finite, help="Refuse images of more megapixels."),
    ] = 1000,
    overwrite: Overwrite = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="[ADDRESS]",
            help="Let the machines of a Ray cluster do a folder, which may be a URL such as s3://bucket/in: that at "
            "ADDRESS (auto, or HOST:PORT), or one of this machine.",
        ),
    ] = None,
) -> None:
    """Denoise images or folders of them; nothing else is changed. Needs no Keras.

    Examples: unnoise denoise photo.jpg; several: unnoise denoise a.jpg b.jpg scans -o denoised; a folder with its
    sub-folders: unnoise denoise scans -r -o denoised
    """
    import functools
    import warnings

    from unnoise.cli.denoising import check_report, denoise_many, denoise_one
    from unnoise.files import denoise_file, is_name
    from unnoise.inference import DenoiseOptions, load

    if passes not in (1, 2, 4, 8):
        raise UsageError(f"--passes must be 1, 2, 4 or 8, received {passes}.")
    options = DenoiseOptions(
        sigma=None if sigma is None else sigma / 255,
        strength=strength / 100,
        chroma=None if chroma is None else chroma / 100,
        self_ensemble=passes,
        skip_clean=not force,
        max_memory=None if max_memory is None else max_memory * 1_000_000,
    )
    suffix = None if format is None else f".{format.lower().removeprefix('.')}"
    if cluster is not None:
        from unnoise.cli.denoise_cluster import denoise_cluster

        if output in (None, "-") or len(sources) != 1:
            raise UsageError("--cluster takes one folder, and with -o the one to write to.")
        denoise_cluster(
            sources[0], str(output), address=cluster, report=report, recursive=recursive, suffix=suffix, model=model,
            options=options, strip_metadata=strip, overwrite=overwrite, max_pixels=int(max_pixels * 1e6),
            quality=quality, white=white, frames=frames, threads=threads or 1, device=device,
        )  # fmt: skip
        return
    folders = [source for source in sources if source != "-" and Path(source).is_dir()]
    one = sources[0] if len(sources) == 1 and not folders and is_name(sources[0]) else None
    if folders and output in (None, "-"):
        raise UsageError(f"{folders[0]} is a folder: give the folder to write to with -o.")
    if one is None and (output == "-" or "-" in sources):
        raise UsageError("- is for one image, as standard input or output.")
    if (recursive and not folders) or (resume and one is not None):
        raise UsageError("-r and --resume are for folders; --resume is for several files, too.")
    record = None if report is None else Path(report)
    check_report(record)
    # What Pillow finds odd in a file is told by what becomes of it.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    denoiser = load(model, threads=threads, device=device)
    work = functools.partial(
        denoise_file,
        model=denoiser,
        options=options,
        strip_metadata=strip,
        overwrite=overwrite,
        max_pixels=int(max_pixels * 1e6),
        quality=quality,
        white=white,
        frames=frames,
    )
    if one is None:
        denoise_many(
            sources, output, denoiser, work, options, suffix, recursive=recursive, resume=resume, report=record
        )
    else:
        denoise_one(one, output, denoiser, work, options, suffix, report=record)
