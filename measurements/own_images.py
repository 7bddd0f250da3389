"""Models of own images by `unnoise train`, measured against clean images that training does not see.

    python -m measurements.own_images microscopy MICROSCOPY [--minutes 5] [--peak 30] [--sigma 0.02] [--side 512]
    python -m measurements.own_images real MICROSCOPY [--minutes 5] [--method calibrate]

``microscopy`` makes 16-bit files with 12 bits in use and an offset out of the folder's clean images, with
Poisson-Gaussian noise drawn once for each, and calibrates on them alone. Beside it: the same network as it is, in the
images' range; the same network between the generalized Anscombe transform with the true parameters and its exact
unbiased inverse (Mäkitalo and Foi 2013), which is told the noise; and filters, their value chosen by clean images.
``real`` learns from the folder's real noisy images alone. All is measured on the images that were learned from.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

import unnoise
from measurements.tables import RESULTS, write_table
from unnoise.baselines.baseline import registry
from unnoise.imaging import read_image, write_image
from unnoise.lifecycle.own_images import OwnImages, plan
from unnoise.metrics import psnr
from unnoise.packaging import package_run
from unnoise.training import train

Images = npt.NDArray[np.float32]

OFFSET, SPAN = 200, 3600
"""The samples of made images: black, and how far white lies above it."""
FILTERS = ("median", "wavelet", "tv", "nlm")
DENOISER = "photo-awgn"


def clean_images(folder: Path, side: int) -> Images:
    """Return the clean images ``(N, H, W)`` in [0, 1], ``side`` pixels from their upper left corner."""
    files = sorted(folder.glob("*_clean.png"))
    return np.stack([read_image(file).pixels[:side, :side] / np.float32(65535) for file in files])


def as_it_is(images: Images, model: str) -> Images:
    """Return what a packaged model makes of images ``(N, H, W)``."""
    denoiser, options = unnoise.load(model), unnoise.DenoiseOptions(skip_clean=False)
    return np.stack([denoiser.denoise(image, options) for image in images])


def between_transforms(images: Images, peak: float, sigma: float) -> Images:
    """Return what the denoiser makes of images between the exact transforms of their noise."""
    electrons, floor = images * peak, (sigma * peak) ** 2
    stable = 2 * np.sqrt(np.maximum(electrons + 3 / 8 + floor, 0))
    top = float(stable.max())
    found = np.maximum(as_it_is((stable / top).astype(np.float32), DENOISER) * top, 1e-3)
    root = np.sqrt(1.5)
    inverse = found**2 / 4 + root / 4 / found - 11 / 8 / found**2 + 5 / 8 * root / found**3 - 1 / 8 - floor
    lowest = 2 * np.sqrt(3 / 8 + floor)
    return np.where(found <= lowest, 0, np.maximum(inverse, 0)) / peak


def best_filters(clean: Images, noisy: Images) -> dict[str, float]:
    """Return the mean PSNR of each filter with the value that is best on the first six images, on all of them."""
    found = {}
    for name in FILTERS:
        tuned = registry.get(name)().fit(noisy[:0], clean[:0], noisy[:6, ..., None], clean[:6, ..., None])
        denoised = tuned.denoise_batch(noisy[..., None], 0.0)[..., 0]
        found[f"{name}, told the noise"] = mean_psnr(clean, denoised)
    return found


def mean_psnr(clean: Images, denoised: Images) -> float:
    """Return the mean PSNR over images, of the range [0, 1]."""
    return float(np.mean(psnr(clean[..., None], denoised[..., None], data_range=1.0)))


def learned(folder: Path, target: Path, method: str, minutes: float) -> tuple[unnoise.Denoiser, float]:
    """Return the model that is learned from the noisy images of a folder, and the minutes that it took."""
    started = time.perf_counter()
    chosen = plan(OwnImages(method, folder, minutes=minutes))
    run = train(chosen.recipe, target, console=Console())
    package_run(run, target / "model.onnx")
    return unnoise.load(target / "model.onnx"), (time.perf_counter() - started) / 60


def microscopy(folder: Path, minutes: float, peak: float, sigma: float, side: int) -> list[list[str]]:
    """Return the rows of made images."""
    clean = clean_images(folder, side)
    rng = np.random.default_rng(0)
    exact = rng.poisson(clean * peak) / peak + rng.normal(0, sigma, clean.shape)
    samples = np.clip(np.rint(OFFSET + SPAN * exact), 0, 65535).astype(np.uint16)
    noisy = ((samples.astype(np.float32) - OFFSET) / SPAN).astype(np.float32)
    rows = {"noisy": mean_psnr(clean, noisy), **best_filters(clean, noisy)}
    rows |= {name: mean_psnr(clean, as_it_is(noisy, name)) for name in ("photo", DENOISER)}
    exactly = mean_psnr(clean, between_transforms(noisy, peak, sigma))
    rows[f"{DENOISER} between exact transforms, told the noise"] = exactly
    with tempfile.TemporaryDirectory() as place:
        images = Path(place, "noisy")
        images.mkdir()
        for number, image in enumerate(samples):
            write_image(images / f"{number:03}.tif", image)
        denoiser, took = learned(images, Path(place, "run"), "calibrate", minutes)
        answers = np.stack([denoiser.denoise(image, unnoise.DenoiseOptions(skip_clean=False)) for image in samples])
    calibrated = (answers.astype(np.float32) - OFFSET) / SPAN
    rows[f"calibrate around {DENOISER}, {took:.1f} min"] = mean_psnr(clean, calibrated)
    noise = f"poisson-gaussian(peak={peak:g}, sigma={sigma:g}) of {len(clean)} images of {side} pixels"
    return [[noise, name, f"{value:.2f}"] for name, value in rows.items()]


def real(folder: Path, minutes: float, method: str) -> list[list[str]]:
    """Return the rows of the real noisy images."""
    clean = clean_images(folder, 512)
    noisy = np.stack([read_image(file).pixels for file in sorted(folder.glob("*_noisy.png"))])
    floats = (noisy / np.float32(255)).astype(np.float32)
    rows = {"noisy": mean_psnr(clean, floats)}
    small = np.s_[:, 128:384, 128:384]
    rows |= {f"{name} on the middle": value for name, value in best_filters(clean[small], floats[small]).items()}
    rows["noisy on the middle"] = mean_psnr(clean[small], floats[small])
    rows |= {name: mean_psnr(clean, as_it_is(floats, name)) for name in ("photo", DENOISER)}
    with tempfile.TemporaryDirectory() as place:
        images = Path(place, "noisy")
        images.mkdir()
        for number, image in enumerate(noisy):
            write_image(images / f"{number:03}.png", image)
        denoiser, took = learned(images, Path(place, "run"), method, minutes)
        options = unnoise.DenoiseOptions(skip_clean=False)
        answers = np.stack([denoiser.denoise(image, options) for image in floats])
    rows[f"{method}, {took:.1f} min"] = mean_psnr(clean, answers)
    rows[f"{method}, {took:.1f} min, on the middle"] = mean_psnr(clean[small], answers[small])
    return [["real", name, f"{value:.2f}"] for name, value in rows.items()]


def main() -> None:
    """Measure and write a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("what", choices=("microscopy", "real"))
    options.add_argument("folder", type=Path)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--peak", type=float, default=30)
    options.add_argument("--sigma", type=float, default=0.02)
    options.add_argument("--side", type=int, default=512)
    options.add_argument("--method", default="calibrate")
    given = options.parse_args()
    if given.what == "real":
        rows, name = real(given.folder, given.minutes, given.method), f"own_images_real_{given.method}.csv"
    else:
        rows = microscopy(given.folder, given.minutes, given.peak, given.sigma, given.side)
        name = "own_images_microscopy.csv"
    for row in rows:
        print(*row, sep="  ")
    write_table(RESULTS / name, ["images", "method", "psnr"], rows)


if __name__ == "__main__":
    main()
