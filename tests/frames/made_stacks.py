"""Stacks and animations for tests, and the way through an identity network."""

import io

import numpy as np
import PIL.Image
import tifffile

from unnoise.files import denoise_file

STACK = np.random.default_rng(0).integers(0, 4000, (5, 40, 32)).astype(np.uint16)
COLOUR = np.random.default_rng(1).integers(0, 256, (3, 2, 20, 16, 3)).astype(np.uint8)


def stack(pixels=STACK, **options):
    """Return the content of a TIFF file as tifffile writes it."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def animation(kind, frames, **options):
    """Return the content of an animation as Pillow writes it."""
    file = io.BytesIO()
    first, *others = map(PIL.Image.fromarray, frames)
    if kind == "WEBP":
        options |= {"lossless": True, "exact": True}
    first.save(file, kind, save_all=True, append_images=others, **options)
    return file.getvalue()


def played(content):
    """Return the frames of an animation as Pillow sees them, their times in milliseconds, and the loop."""
    frames, times = [], []
    with PIL.Image.open(io.BytesIO(content)) as image:
        loop = image.info.get("loop")
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGBA")))
            times.append(image.info.get("duration"))
    return np.stack(frames), times, loop


def denoised(model, content, **options):
    """Return what is written, and the report."""
    sink = io.BytesIO()
    report = denoise_file(content, sink, model=model, **options)
    return sink.getvalue(), report
