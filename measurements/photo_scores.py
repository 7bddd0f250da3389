"""Scores of the packaged photograph denoisers, through the public API.

    python -m measurements.photo_scores polyu    PHOTOS   # real camera pairs, beside classical filters
    python -m measurements.photo_scores checks            # mean drift, tiles

PHOTOS is a folder with the folders cbsd68, bsd68 and polyu. Tables go to measurements/results. PSNR is the mean over
images. White Gaussian noise on the standard test sets is measured by `unnoise benchmark`.
"""

from __future__ import annotations

import argparse
import csv
import functools
import platform
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

import unnoise
from measurements.tables import RESULTS
from unnoise.inference import DenoiseOptions, load, packaged_models
from unnoise.inference.tiles import halo_of

# The part of a pair of 512 × 512 pixels by which filters are tuned.
TUNED = np.s_[160:352, 160:352]


def images(folder: Path) -> list[np.ndarray]:
    """Return the images of a folder in name order, float32 in [0, 1]."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".png", ".jpg"))
    return [unnoise.read_image(file).to_float() for file in files]


def with_noise(image: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Return the image with white Gaussian noise, ``sigma`` for white = 255, not clipped."""
    return image + rng.standard_normal(image.shape, np.float32) * np.float32(sigma / 255)


def psnr(clean: np.ndarray, image: np.ndarray) -> float:
    """Return the PSNR in dB, values not clipped."""
    return float(-10 * np.log10(np.mean((clean - image) ** 2, dtype=np.float64)))


def write(name: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table and print it."""
    machine = f"{platform.machine()}, Python {platform.python_version()}, unnoise {unnoise.__version__}"
    with open(RESULTS / name, "w", newline="", encoding="utf-8") as handle:
        handle.write(f"# {machine}\n")
        table = csv.writer(handle)
        table.writerow(header)
        for row in rows:
            table.writerow(row)
            print(*row, flush=True)


def filters() -> dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...]]]:
    """Return the classical filters and the values of the one parameter that each is tuned by."""
    import cv2
    from skimage.restoration import denoise_nl_means

    def gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))

    def bilateral(image: np.ndarray, sigma: float) -> np.ndarray:
        return np.asarray(cv2.bilateralFilter(image, 7, sigma, 2.0))

    def nlm(image: np.ndarray, h: float) -> np.ndarray:
        return np.asarray(denoise_nl_means(image, patch_size=5, patch_distance=6, h=h, fast_mode=True, channel_axis=-1))

    methods: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...]]] = {
        "gaussian blur": (gaussian, (0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2)),
        "bilateral": (bilateral, (0.02, 0.03, 0.045, 0.06, 0.08, 0.11, 0.15, 0.2)),
        "non-local means": (nlm, (0.005, 0.01, 0.015, 0.02, 0.03, 0.04)),
    }
    try:
        import bm3d
    except ImportError:
        print("bm3d is not installed: left out")
    else:
        methods["BM3D"] = (
            lambda image, sigma: np.asarray(bm3d.bm3d_rgb(image, sigma)),
            (0.02, 0.03, 0.045, 0.065, 0.09),
        )
    return methods


def polyu(photos: Path, keep: bool = False) -> None:
    """Two folds by scene: each filter's value is chosen on crops of the scenes of the other fold.

    The packaged models are told nothing. With ``keep``, the filters' rows are those of the table, and only the packaged
    models are measured.
    """
    files = sorted((photos / "polyu").glob("*_real.JPG"))
    pairs = [
        tuple(unnoise.read_image(file).to_float() for file in (f, f.with_name(f.name.replace("_real", "_mean"))))
        for f in files
    ]
    # Canon5D2_5_160_3200_chair_11_real.JPG: the scene is camera, setting and object.
    scenes = ["_".join(file.name.split("_")[:-2]) for file in files]
    fold = np.array([sorted(set(scenes)).index(scene) % 2 for scene in scenes])
    before = np.array([psnr(clean, noisy) for noisy, clean in pairs])
    rows = [["noisy", "", f"{before.mean():.2f}", "", ""]]
    # BM3D takes 18 seconds for a pair, hence crops.
    crops = [(noisy[TUNED], clean[TUNED]) for noisy, clean in pairs]
    if keep:
        with open(RESULTS / "polyu.csv", newline="", encoding="utf-8") as handle:
            rows = [row for row in list(csv.reader(handle))[2:] if not row[0].startswith("unnoise")]

    def tuned(name: str, apply: Callable[[np.ndarray, float], np.ndarray], grid: tuple[float, ...]) -> None:
        tried = np.array([[psnr(clean, apply(noisy, value)) for noisy, clean in crops] for value in grid])
        best = [grid[int(tried[:, fold != side].mean(axis=1).argmax())] for side in (0, 1)]
        scores = np.array([psnr(c, apply(n, best[side])) for (n, c), side in zip(pairs, fold, strict=True)])
        rows.append([name, "/".join(f"{value:.2g}" for value in best), *summary(scores, before)])
        print(*rows[-1], flush=True)

    for name, (apply, grid) in ({} if keep else filters()).items():
        tuned(name, apply, grid)
    for model in reversed(packaged_models()):
        blind: dict[str, Callable[[np.ndarray], np.ndarray]] = {
            f"unnoise {model}": functools.partial(unnoise.denoise, model=model),
            f"unnoise {model}, 8 passes": functools.partial(unnoise.denoise, model=model, self_ensemble=8),
        }
        for name, apply in blind.items():
            rows.append([name, "", *summary(np.array([psnr(c, apply(n)) for n, c in pairs]), before)])
            print(*rows[-1], flush=True)
    write("polyu.csv", ["method", "value", "psnr", "gain", "better"], rows)


def summary(scores: np.ndarray, before: np.ndarray) -> list[str]:
    return [f"{scores.mean():.2f}", f"{(scores - before).mean():.2f}", f"{(scores > before).mean():.1%}"]


def checks(model: str) -> None:
    """Mean drift on flat and dark images; tiles against one run."""
    rng = np.random.default_rng(2)
    rows = []
    for value in (0.02, 0.05, 0.1, 0.3, 0.5, 0.9):
        for sigma in (5, 25, 50):
            noisy = rng.normal(value, sigma / 255, (512, 512, 3)).astype(np.float32)
            drift = abs(float(np.mean(unnoise.denoise(noisy, model=model) - noisy, dtype=np.float64)))
            rows.append(["mean drift", f"flat {value}, sigma {sigma}", f"{drift:.2e}"])
    denoiser = load(model)
    halo = halo_of(denoiser.metadata.receptive_field or 0, denoiser.metadata.stride)
    for _ in range(20):
        height, width = (int(side) for side in rng.integers(2 * halo, 1100, 2))
        sigma = float(rng.uniform(0, 75))
        noisy = rng.normal(0.5, sigma / 255, (height, width, 3)).astype(np.float32)
        noisy += np.linspace(-0.4, 0.4, width, dtype=np.float32)[:, np.newaxis]
        tile = int(rng.integers(2 * halo + 8, 2 * halo + 400))
        tiled, whole = (denoiser.denoise(noisy, DenoiseOptions(tile=side)) for side in (tile, None))
        difference = abs(tiled - whole).max()
        rows.append(["tiles", f"{height}×{width} in {tile}, sigma {sigma:.0f}", f"{difference:.2e}"])
    write(f"{Path(model).stem}_checks.csv", ["check", "case", "difference"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["polyu", "checks"])
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--model", default="photo")
    parser.add_argument("--keep", action="store_true", help="polyu: keep the table's rows of filters")
    arguments = parser.parse_args()
    if arguments.what == "checks":
        checks(arguments.model)
    else:
        polyu(arguments.photos, arguments.keep)


if __name__ == "__main__":
    main()
