"""Denoising in one call, whatever kind of image is given: array, Pillow image, content of a file, or path."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import numpy as np

from unnoise.batch.one_file import FileOptions, denoise_file
from unnoise.errors import InputError
from unnoise.imaging.image_file import open_image
from unnoise.inference import kept
from unnoise.inference.network import Progress


def denoise(
    image: Any,
    *,
    model: str | Path = "photo",
    sigma: float | None = None,
    strength: float = 1.0,
    passes: int = 1,
    channel_axis: int | None = -1,
    data_range: float | None = None,
    tile: int | Literal["auto"] | None = "auto",
    max_memory: int | None = None,
    device: str = "auto",
    progress: Progress = lambda share: None,
) -> Any:
    """Return the denoised image, in the kind of ``image``.

    The strength of the noise need not be known. An image that seems clean is given back as it is, and noise that a
    camera smoothed is removed in two passes: see :meth:`unnoise.inference.Denoiser.find_noise`. The model is kept for
    the next call; :func:`unnoise.load` gives it to those who want to hold it themselves.

    Args:
        image: An array ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1 or 3, uint8, uint16 or float, nominal
            range [0, 1] for floats, which are never clipped; or a Pillow image; or the content of an image file as
            bytes; or a path.
        model: The name of a model that comes with unnoise (`unnoise models` lists them), or a packaged file.
        sigma: Standard deviation of the noise where it is known, in units of the range [0, 1] (write 25/255): the
            image is then not taken for clean. Where the estimate is higher, the strength is lowered in proportion; 0
            gives the input. Where it is lower, more is removed, in twice the time: noise that a camera has smoothed,
            and with it texture that is as faint.
        strength: 0 gives the input back, 1 the network's answer, values between a mixture of both.
        passes: 1, 2, 4 or 8: the answer is the mean of as many, to the image turned and mirrored: better, in as many
            times the time.
        channel_axis: The axis of the channels of an array; None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white in an array; None means 255, 65535 or 1.0 by dtype.
        tile: Largest side of a tile in pixels for arrays and Pillow images; "auto" takes tiles of at most 1.8
            megapixels, None no tiles.
        max_memory: Bytes that the network's computation may take, about, beside the image and the answer.
        device: "auto", "cpu", or an accelerator that the installed ONNX Runtime serves, such as "cuda".
        progress: Called with the share that is done, up to 1.

    Returns:
        A new array, Pillow image or content of the same shape, type, range and format; for a path, the path of a new
        file beside it, with ``.denoised`` before the suffix.

    Raises:
        InputError: no image, values far outside the range, a wrong option, or a missing device.
        OutputError: for a path, where the new file exists already or cannot be written.
        ModelFileError: a model that cannot be used, or not with an image of this size.
        UsageError: an unknown name of a model or device.

    Example:
        >>> import numpy as np
        >>> import unnoise
        >>> noisy = np.random.default_rng(0).normal(128, 25, (96, 96, 3)).clip(0, 255).astype(np.uint8)
        >>> answer = unnoise.denoise(noisy)
        >>> answer.dtype, answer.shape, bool(answer.std() < 6)
        (dtype('uint8'), (96, 96, 3), True)
    """
    if isinstance(image, (str, Path, bytes)):
        options = FileOptions(sigma=sigma, strength=strength, passes=passes, max_memory=max_memory)
        denoiser = kept(model, device)
        if not isinstance(image, bytes):
            path = Path(image)
            target = path.with_name(f"{path.stem}.denoised{path.suffix}")
            denoise_file(path, target, denoiser=denoiser, options=options, progress=progress)
            return target
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / f"image{open_image(image).format.suffixes[0]}"
            denoise_file(image, target, denoiser=denoiser, options=options, progress=progress)
            return target.read_bytes()

    def by_array(pixels: Any, **more: Any) -> Any:
        return kept(model, device).denoise(
            pixels, sigma=sigma, strength=strength, passes=passes, gate=True, tile=tile, max_memory=max_memory,
            progress=progress, **more,
        )  # fmt: skip

    # Whoever has a Pillow image has imported Pillow.
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(image, pillow.Image):
        return _pillow(image, by_array)
    return by_array(image, channel_axis=channel_axis, data_range=data_range)


def _pillow(image: Any, by_array: Any) -> Any:
    """Return the denoised Pillow image, alpha and information as they were; palettes and CMYK become RGB."""
    import PIL.Image

    if image.mode not in ("L", "LA", "RGB", "RGBA", "I;16"):
        if image.mode not in ("1", "P", "CMYK", "YCbCr"):
            raise InputError(f"Pillow images of mode {image.mode} are not supported. Convert it to L, RGB or RGBA.")
        transparent = image.mode == "P" and "transparency" in image.info
        if image.mode == "CMYK":
            image = _from_cmyk(image)
        else:
            image = image.convert("L" if image.mode == "1" else "RGBA" if transparent else "RGB")
    pixels = np.asarray(image)
    alpha = pixels[..., -1:] if image.mode in ("LA", "RGBA") else None
    colours = pixels if alpha is None else pixels[..., :-1]
    answer = by_array(colours, channel_axis=-1)
    if alpha is not None:
        answer = np.concatenate([answer, alpha], axis=-1)
    result = PIL.Image.fromarray(answer)
    result.info = dict(image.info)
    return result


def _from_cmyk(image: Any) -> Any:
    """Return the Pillow image in sRGB, by its profile if it has one that can be read, and without that profile."""
    import PIL.ImageCms

    profile = image.info.get("icc_profile")
    converted = None
    if profile is not None:
        with contextlib.suppress(PIL.ImageCms.PyCMSError, OSError):
            converted = PIL.ImageCms.profileToProfile(
                image, io.BytesIO(profile), PIL.ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
    result = converted or image.convert("RGB")
    result.info = {key: value for key, value in image.info.items() if key != "icc_profile"}
    return result
