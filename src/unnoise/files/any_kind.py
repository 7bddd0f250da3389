"""Denoising in one call, whatever kind of image is given: array, Image, Pillow image, or content of a file."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.files.one_file import denoise_file
from unnoise.imaging.hidden import without_hidden
from unnoise.imaging.image import Image
from unnoise.inference import DenoiseOptions, load_cached
from unnoise.inference.network import Progress

Array = npt.NDArray[Any]


def denoise(
    image: Any,
    *,
    model: str | Path = "photo",
    sigma: float | None = None,
    strength: float = 1.0,
    chroma: float | None = None,
    self_ensemble: int = 1,
    skip_clean: bool = True,
    tile: int | Literal["auto"] | None = "auto",
    max_memory: int | None = None,
    channel_axis: int | None = -1,
    data_range: float | None = None,
    threads: int | None = None,
    device: str = "auto",
    progress: Progress = lambda share: None,
) -> Any:
    """Return the denoised image, in the kind of ``image``.

    The strength of the noise need not be known. An image that seems clean is given back as it is, and a gray image held
    as RGB stays gray. The model is kept for the next call; :func:`unnoise.load` gives it to those who want to hold it
    themselves. Files are denoised by :func:`unnoise.denoise_file`.

    Args:
        image: An array ``(H, W)``, ``(H, W, C)`` or a batch ``(N, H, W, C)``, C 1 or 3, uint8, uint16 or float, nominal
            range [0, 1] for floats, which are never clipped; what :func:`unnoise.read_image` gives; a Pillow image; or
            the content of an image file as bytes.
        model: The name of a model that comes with unnoise (`unnoise models` lists them), or a packaged file.
        sigma, strength, chroma, self_ensemble, skip_clean, tile, max_memory: See :class:`unnoise.DenoiseOptions`.
        channel_axis: The axis of the channels of an array; None: three axes are gray images ``(N, H, W)``.
        data_range: The value that stands for white in an array; None means 255 for uint8, 1.0 for floats, and for
            uint16 the model's own, or the least of 1023, 4095, 16383 and 65535 that no value is above.
        threads: CPU threads to use; None leaves the choice to ONNX Runtime.
        device: "auto", "cpu", or an accelerator that the installed ONNX Runtime serves, such as "cuda".
        progress: Called with the share that is done, up to 1.

    Returns:
        A new array, Image, Pillow image or content of the same shape, type, range and format.

    Raises:
        InputError: no image, values far outside the range, a wrong option, or a missing device.
        ModelFileError: a model that cannot be used, or not with an image of this size.
        UsageError: an unknown name of a model or device, or a wrong number for ``self_ensemble``.

    Example:
        >>> import numpy as np
        >>> import unnoise
        >>> noisy = np.random.default_rng(0).normal(128, 25, (96, 96, 3)).clip(0, 255).astype(np.uint8)
        >>> answer = unnoise.denoise(noisy)
        >>> answer.dtype, answer.shape, bool(answer.std() < 6)
        (dtype('uint8'), (96, 96, 3), True)
    """
    options = DenoiseOptions(
        sigma=sigma, strength=strength, chroma=chroma, self_ensemble=self_ensemble, skip_clean=skip_clean, tile=tile,
        max_memory=max_memory,
    )  # fmt: skip
    if isinstance(image, (str, Path)):
        raise InputError(
            f"An image is an array, an Image, a Pillow image or the content of a file; received the path {image}. "
            "Use denoise_file(source, target), which writes a file, or denoise(read_image(path))."
        )
    denoiser = load_cached(model, threads=threads, device=device)

    def by_array(pixels: Array, alpha: Array | None) -> Array:
        if alpha is None:
            return denoiser.denoise(pixels, options, progress=progress)
        seen, hidden = without_hidden(pixels, alpha), alpha == 0
        answer = denoiser.denoise(seen, options, hidden=hidden, progress=progress)
        answer[hidden] = pixels[hidden]
        return answer

    # Whoever has a Pillow image has imported Pillow.
    pillow = sys.modules.get("PIL.Image")
    is_pillow = pillow is not None and isinstance(image, pillow.Image)
    if not isinstance(image, (Image, bytes)) and not is_pillow:
        return denoiser.denoise(image, options, channel_axis=channel_axis, data_range=data_range, progress=progress)
    if channel_axis != -1 or data_range is not None:
        raise InputError(
            "channel_axis and data_range are for arrays: other images know their channels and their white; received "
            f"channel_axis={channel_axis!r} and data_range={data_range!r}."
        )
    if isinstance(image, bytes):
        sink = io.BytesIO()
        denoise_file(image, sink, model=denoiser, options=options, progress=progress)
        return sink.getvalue()
    if isinstance(image, Image):
        return dataclasses.replace(image, pixels=by_array(image.pixels, image.alpha))
    return _pillow(image, by_array)


def _pillow(image: Any, by_array: Callable[[Array, Array | None], Array]) -> Any:
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
    if image.mode in ("LA", "RGBA"):
        colours = by_array(pixels[..., :-1], pixels[..., -1])
        answer = np.concatenate([colours, pixels[..., -1:]], axis=-1)
    else:
        answer = by_array(pixels, None)
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
