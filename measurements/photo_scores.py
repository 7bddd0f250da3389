"""Scores of the packaged photograph denoisers and of the noise estimate, through the public API.

    python -m measurements.photo_scores polyu    PHOTOS   # real camera pairs, beside classical filters
    python -m measurements.photo_scores estimate PHOTOS   # the noise estimate and the clean gate
    python -m measurements.photo_scores correlated PHOTOS # which noise is told to be too coarse
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
from unnoise.inference import load, packaged_models
from unnoise.inference.noise_level import noise_of_strips
from unnoise.inference.tiles import halo_of

# The part of a pair of 512 × 512 pixels by which filters are tuned.
TUNED = np.s_[160:352, 160:352]
# What the packaged models are told of the noise in them, for white = 255.
SIGMAS = (10, 12, 14, 16, 19)


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

    The packaged models are blind, or told a sigma that is chosen in the same way; what they take such noise for when
    they are blind (Denoiser.assumed) is what is chosen there on either fold. With ``keep``, the filters' rows are
    those of the table, and only the packaged models are measured.
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
            f"unnoise {model}, the network alone": load(model).denoise,
            f"unnoise {model}": functools.partial(unnoise.denoise, model=model),
            f"unnoise {model}, 8 passes": functools.partial(unnoise.denoise, model=model, passes=8),
        }
        for name, apply in blind.items():
            rows.append([name, "", *summary(np.array([psnr(c, apply(n)) for n, c in pairs]), before)])
            print(*rows[-1], flush=True)
        for passes, name in ((1, "sigma told"), (8, "sigma told, 8 passes")):
            told_so = functools.partial(told, model, passes)
            tuned(f"unnoise {model}, {name}", told_so, tuple(value / 255 for value in SIGMAS))
    write("polyu.csv", ["method", "value", "psnr", "gain", "better"], rows)


def told(model: str, passes: int, noisy: np.ndarray, sigma: float) -> np.ndarray:
    """Return the answer of a packaged model that is told the noise."""
    return np.asarray(unnoise.denoise(noisy, model=model, sigma=sigma, passes=passes))


def summary(scores: np.ndarray, before: np.ndarray) -> list[str]:
    return [f"{scores.mean():.2f}", f"{(scores - before).mean():.2f}", f"{(scores > before).mean():.1%}"]


def shrunk(image: np.ndarray) -> np.ndarray:
    """Return the image at half its size, resampled as most software does by default (Lanczos)."""
    import pyvips

    content = pyvips.Image.new_from_array(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8))
    return np.asarray(content.resize(0.5).numpy(), np.float32) / 255


def estimate(photos: Path, model: str) -> None:
    rng = np.random.default_rng(0)
    clean = images(photos / "cbsd68")
    jpeg = unnoise.noise.parse("jpeg(quality=95)")
    chains: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "raw": lambda image: image,
        "clipped": lambda image: np.clip(image, 0, 1),
        "JPEG 95": lambda image: np.asarray(jpeg(image, rng)),
        "half size": shrunk,
    }
    rows = []
    for name, chain in chains.items():
        for sigma in (10, 25, 50):
            found, added = [], []
            for image in clean:
                noisy = chain(with_noise(image, sigma, rng))
                true = float(np.sqrt(np.mean((noisy - chain(image)) ** 2)))
                level = unnoise.estimate_noise(noisy)
                found.append(abs(level - true) / true)
                added.append(level * 255)
            rows.append([name, sigma, f"{np.median(added):.1f}", f"{true * 255:.1f}", f"{np.median(found):.1%}"])
    write("noise_estimate.csv", ["image", "sigma added", "median estimate", "present (last)", "median error"], rows)

    denoiser = load(model)

    def look(images: Iterable[np.ndarray]) -> tuple[float, float]:
        """Return the share of images that count as clean, and of those with noise that a camera smoothed."""
        found = [denoiser.find_noise([np.atleast_3d(i).astype(np.float32)], *i.shape[:2]) for i in images]
        return np.mean([finding.clean for finding in found]), np.mean([finding.smoothed for finding in found])

    kinds = {
        "photographs": clean,
        "photographs, gray": images(photos / "bsd68"),
        **clean_kinds(np.random.default_rng(1)),
    }
    rows = []
    for name, members in kinds.items():
        shares = [look(members)]
        for sigma in (5, 10, 25):
            shares.append(look(np.clip(with_noise(image, sigma, rng), 0, 1) for image in members))
        fires, smoothed = ([f"{share:.1%}" for share in column] for column in zip(*shares, strict=True))
        rows.append([name, len(members), *fires, smoothed[0], max(smoothed[1:], key=lambda text: float(text[:-1]))])
    cameras = [unnoise.read_image(file).to_float() for file in sorted((photos / "polyu").glob("*_real.JPG"))]
    fired, smooth = look(cameras)
    rows.append(["PolyU, noisy", len(cameras), f"{fired:.1%}", "", "", "", f"{smooth:.1%}", ""])
    means = [unnoise.read_image(file).to_float() for file in sorted((photos / "polyu").glob("*_mean.JPG"))]
    fired, smooth = look(means)
    rows.append(["PolyU, means", len(means), f"{fired:.1%}", "", "", "", f"{smooth:.1%}", ""])
    header = ["clean images", "count", "fires", *(f"at sigma {sigma}" for sigma in (5, 10, 25))]
    write("clean_gate.csv", [*header, "smoothed", "smoothed with noise, at most"], rows)


def correlated(photos: Path, model: str) -> None:
    """Which noise is told to be correlated over more pixels than that of the training."""
    import cv2

    rng = np.random.default_rng(3)
    clean = images(photos / "cbsd68")

    def coarse(image: np.ndarray, sigma: float, make: Callable[[tuple[int, int]], np.ndarray]) -> np.ndarray:
        noise = make((image.shape[0] // 2 + 1, image.shape[1] // 2 + 1))[: image.shape[0], : image.shape[1]]
        return np.clip(image + noise * np.float32(sigma / 255 / noise.std()), 0, 1)

    def white(size: tuple[int, int], scale: int = 2) -> np.ndarray:
        return rng.standard_normal((size[0] * scale, size[1] * scale, 3), np.float32)

    makers: dict[str, Callable[[tuple[int, int]], np.ndarray]] = {
        "white": white,
        "Gaussian blur of 1 pixel": lambda size: np.asarray(cv2.GaussianBlur(white(size), (0, 0), 1)),
        "enlarged twice": lambda size: np.asarray(
            cv2.resize(white(size, 1), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        ),
    }
    rows = []
    for name, make in makers.items():
        for sigma in (10, 20, 35):
            rows.append([name, sigma, [coarse(image, sigma, make) for image in clean]])
    for quality in (60, 80, 95):
        jpeg = unnoise.noise.parse(f"jpeg(quality={quality})")
        rows.append([f"white, JPEG {quality}", 20, [np.asarray(jpeg(coarse(i, 20, white), rng)) for i in clean]])
    camera = unnoise.noise.parse("camera(0.03)")
    rows.append(["camera, as trained on", "", [np.clip(camera(image, rng), 0, 1) for image in clean]])
    rows.append(["PolyU", "", [unnoise.read_image(f).to_float() for f in (photos / "polyu").glob("*_real.JPG")]])
    table = []
    for name, sigma, members in rows:
        found = [noise_of_strips([image.astype(np.float32)], *image.shape[:2]) for image in members]
        share = np.mean([finding.correlated for finding in found])
        middle = np.median([finding.whiteness for finding in found])
        table.append([name, sigma, len(found), f"{middle:.2f}", f"{share:.1%}"])
    write("correlated_noise.csv", ["noise", "sigma", "images", "median whiteness", "told"], table)


def clean_kinds(rng: np.random.Generator, count: int = 40, side: int = 256) -> dict[str, list[np.ndarray]]:
    """Return images without noise that are no photographs, drawn apart from those of the training."""
    import pyvips

    axis = np.linspace(0, 1, side, dtype=np.float32)
    flat = [np.broadcast_to(rng.random(3, np.float32), (side, side, 3)).copy() for _ in range(count)]
    dark = [image * np.float32(0.08) for image in flat]
    gradients = []
    for _ in range(count):
        ends = rng.random((4, 3)).astype(np.float32)
        rows = ends[:2, np.newaxis] + (ends[2:] - ends[:2])[:, np.newaxis] * axis[:, np.newaxis]
        image = rows[0][:, np.newaxis] + (rows[1] - rows[0])[:, np.newaxis] * axis[:, np.newaxis]
        gradients.append(np.rint(image * 255).astype(np.float32) / 255)

    def drawn(svg: str) -> np.ndarray:
        pyvips.block_untrusted_set(False)  # these drawings are our own
        image = pyvips.Image.svgload_buffer(svg.encode()).flatten(background=[255, 255, 255])
        return np.asarray(image.numpy(), np.float32)[..., :3] / 255

    frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}">'
    words = ["image", "noise", "is", "random", "variation", "of", "brightness", "or", "colour", "in", "pictures"]
    text, lines = [], []
    for _ in range(count):
        size = int(rng.integers(9, 26))
        rows = "".join(
            f'<text x="4" y="{y}" font-size="{size}">{" ".join(rng.choice(words, 9))}</text>'
            for y in range(size, side, int(size * 1.3))
        )
        text.append(drawn(f"{frame}{rows}</svg>"))
        shapes = ""
        for _ in range(int(rng.integers(8, 30))):
            x, y, u, v = (int(value) for value in rng.integers(0, side, 4))
            style = f'stroke="black" fill="none" stroke-width="{int(rng.integers(1, 4))}"'
            shapes += f'<line x1="{x}" y1="{y}" x2="{u}" y2="{v}" {style}/>'
            shapes += f'<circle cx="{u}" cy="{y}" r="{x // 4}" {style}/>'
        lines.append(drawn(f"{frame}{shapes}</svg>"))
    return {"flat": flat, "dark": dark, "gradients": gradients, "text": text, "line art": lines}


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
        difference = abs(denoiser.denoise(noisy, tile=tile) - denoiser.denoise(noisy, tile=None)).max()
        rows.append(["tiles", f"{height}×{width} in {tile}, sigma {sigma:.0f}", f"{difference:.2e}"])
    write(f"{Path(model).stem}_checks.csv", ["check", "case", "difference"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["polyu", "estimate", "correlated", "checks"])
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--model", default="photo")
    parser.add_argument("--keep", action="store_true", help="polyu: keep the table's rows of filters")
    arguments = parser.parse_args()
    if arguments.what == "checks":
        checks(arguments.model)
    elif arguments.what == "polyu":
        polyu(arguments.photos, arguments.keep)
    else:
        commands = {"estimate": estimate, "correlated": correlated}
        commands[arguments.what](arguments.photos, arguments.model)


if __name__ == "__main__":
    main()
