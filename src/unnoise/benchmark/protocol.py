"""The protocol of the benchmark, stated once: which noise an image gets, what is measured, and how.

- An image of a set gets white Gaussian noise of standard deviation sigma / 255, float, not clipped, drawn from
  ``numpy.random.default_rng([sigma, number of the image])``; every method sees the same.
- Other noise is what ``unnoise.noise`` draws for its spelling, from ``default_rng([crc32(spelling), number])``.
- With ``eight_bit`` the noisy image is clipped to [0, 1] and rounded to 8 bits, as a file holds it.
- Pairs bring their noise with them.
- Methods that want to know the strength are told sigma, or, of other noise and of pairs, the root mean square of the
  difference between noisy and clean. Models are told nothing.
- PSNR with data range 1 and SSIM are taken per image, on answers as they are (not clipped), and averaged over images.
- Seconds are those of the denoising alone, after one call on a part of the first image. Peak memory is the largest
  resident set of the method's process while it denoises.
"""

from __future__ import annotations

import re
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unnoise.baselines.baseline import Images
from unnoise.baselines.peers import in_8_bits
from unnoise.benchmark.image_sets import ImageSet
from unnoise.benchmark.methods import Method
from unnoise.errors import InputError, UsageError
from unnoise.metrics import psnr, ssim
from unnoise.noise import parse

REAL = "real"
"""The label of the noise that pairs bring with them."""


@dataclass(frozen=True)
class Row:
    """What one method made of one image.

    Args:
        set, noise, method, image: Names; the noise is a sigma such as ``25``, a spelling, or ``real``.
        megapixels: Size of the image.
        psnr: In dB, of float values that are not clipped.
        ssim: At most 1.
        seconds: Of the denoising.
        peak_mb: Peak memory of the process while it denoises, in 10^6 bytes; None where the system does not tell.
    """

    set: str
    noise: str
    method: str
    image: str
    megapixels: float
    psnr: float
    ssim: float
    seconds: float
    peak_mb: float | None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Set, noise, method and image."""
        return self.set, self.noise, self.method, self.image


def checked_noise(label: str) -> str:
    """Return a noise's label: a whole sigma above 0, or the canonical spelling of a noise.

    Raises:
        UsageError: neither.
    """
    if re.fullmatch(r"\d+", label):
        if int(label) == 0:
            raise UsageError("A sigma is a whole number above 0, such as 25; received 0.")
        return str(int(label))
    if re.fullmatch(r"[-+.\d]+", label):
        raise UsageError(f"A sigma is a whole number above 0, such as 25; received {label}.")
    return str(parse(label))


def noisy_image(clean: Images, label: str, number: int, *, eight_bit: bool = False) -> Images:
    """Return the image ``(H, W, C)`` with the noise that the protocol gives it.

    Args:
        clean: float32 in [0, 1].
        label: What :func:`checked_noise` gave.
        number: The place of the image in its set, from 0.
        eight_bit: Whether the result is clipped to [0, 1] and rounded to 8 bits.
    """
    if label.isdigit():
        rng = np.random.default_rng([int(label), number])
        noisy: Images = clean + rng.standard_normal(clean.shape, np.float32) * np.float32(int(label) / 255)
    else:
        noisy = parse(label)(clean, np.random.default_rng([zlib.crc32(label.encode()), number]))
    if eight_bit:
        noisy = (in_8_bits(noisy) / 255).astype(np.float32)
    return noisy


def measure(
    method: Method, images: ImageSet, number: int, label: str, *, eight_bit: bool = False
) -> tuple[Row, Images, Images, Images]:
    """Return what the method makes of one image, and the clean, noisy and denoised image.

    Raises:
        InputError: the answer is no finite image of the same size.
    """
    sample = images.samples[number]
    clean, given = sample.read()
    noisy = given if given is not None else noisy_image(clean, label, number, eight_bit=eight_bit)
    told = int(label) / 255 if label.isdigit() else float(np.sqrt(np.mean((noisy - clean) ** 2, dtype=np.float64)))
    _forget_peak()
    started = time.perf_counter()
    answer = method.denoise(noisy, told)
    seconds = time.perf_counter() - started
    peak = peak_memory()
    denoised = np.asarray(answer, np.float32)
    if denoised.size != clean.size or not np.isfinite(denoised).all():
        raise InputError(f"{method.name} gives no finite image of the size of {sample.name}, but {denoised.shape}.")
    denoised = denoised.reshape(clean.shape)
    row = Row(
        set=images.name,
        noise=label,
        method=method.name,
        image=sample.name,
        megapixels=clean.shape[0] * clean.shape[1] / 1e6,
        psnr=float(psnr(clean[np.newaxis], denoised[np.newaxis], data_range=1.0)[0]),
        ssim=float(ssim(clean[np.newaxis], denoised[np.newaxis], data_range=1.0)[0]),
        seconds=seconds,
        peak_mb=peak,
    )
    return row, clean, noisy, denoised


def peak_memory() -> float | None:
    """Return the largest resident set of this process so far, in 10^6 bytes; None where the system does not tell."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    except OSError:
        found = None
    if found:
        return int(found[1]) * 1024 / 1e6
    if sys.platform == "win32":
        return None
    import resource

    largest: Any = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(largest * (1 if sys.platform == "darwin" else 1024) / 1e6)


def _forget_peak() -> None:
    """Let the peak begin anew, so that reading and measuring do not count; only Linux can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return
