"""Makes the pictures of docs/photographs.md and README with the packaged model.

    python -m tools.photographs POLYU TRAIN_MORE

POLYU is the folder with the pairs of PolyU, *_real.JPG and *_mean.JPG; TRAIN_MORE that of the photographs of
measurements/photo_sets.toml, one of which is shown whole. Failures are shown on photographs that come with
scikit-image.
"""

import argparse
from pathlib import Path

import numpy as np
import skimage.data
import skimage.transform
from PIL import Image, ImageDraw, ImageFont

import unnoise

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIDE, ZOOM, EDGE, TEXT = 128, 2, 6, 22
# The photograph that is shown whole (the courtyard of Casa Milà, from budgie-backgrounds, CC0), and the camera it gets.
SPLIT, SPLIT_SEED = "0237.jpg", 13
# Name of the pair, left and top of the crop, what it shows.
REAL = (
    ("Canon5D2_5_160_6400_bicycle_10", 192, 384, "Canon 5D Mark II, ISO 6400"),
    ("Canon5D2_5_160_6400_desk_7", 384, 320, "Canon 5D Mark II, ISO 6400"),
    ("Canon600D_4-5_125_1600_toy_11", 64, 96, "Canon 600D, ISO 1600"),
    ("Canon80D_8_8_3200_ball_16", 384, 96, "Canon 80D, ISO 3200"),
    ("NikonD800_5_125_6400_stair_6", 32, 0, "Nikon D800, ISO 6400"),
    ("Sony_4-5_125_6400_waterhouse_10", 320, 32, "Sony A7 II, ISO 6400"),
)


def panel(rows: list[tuple[str, list[np.ndarray]]], titles: list[str]) -> Image.Image:
    """Return rows of equally large images in [0, 1] with a caption above each row."""
    height, width = (ZOOM * side for side in rows[0][1][0].shape[:2])
    step = height + TEXT + EDGE
    canvas = Image.new("RGB", (len(titles) * (width + EDGE) + EDGE, TEXT + len(rows) * step), "white")
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=15)
    for column, title in enumerate(titles):
        pen.text((EDGE + column * (width + EDGE), 2), title, "black", font)
    for row, (caption, images) in enumerate(rows):
        pen.text((EDGE, TEXT + row * step + 2), caption, "dimgray", font)
        for column, image in enumerate(images):
            pixels = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8))
            place = EDGE + column * (width + EDGE), TEXT + row * step + TEXT
            canvas.paste(pixels.resize((width, height), Image.Resampling.NEAREST), place)
    return canvas


def real(folder: Path) -> list[tuple[str, list[np.ndarray]]]:
    rows = []
    for name, left, top, caption in REAL:
        noisy, mean = (unnoise.read_image(folder / f"{name}_{kind}.JPG").to_float() for kind in ("real", "mean"))
        crop = np.s_[top : top + SIDE, left : left + SIDE]
        rows.append((caption, [image[crop] for image in (noisy, unnoise.denoise(noisy), mean)]))
    return rows


def failures() -> list[tuple[str, list[np.ndarray]]]:
    photograph = skimage.data.astronaut()[20:276, 120:376].astype(np.float32) / 255
    rng = np.random.default_rng(0)
    small = skimage.transform.resize(photograph, (86, 86), anti_aliasing=True)
    small = np.clip(small + rng.normal(0, 0.1, small.shape), 0, 1)
    stripes = photograph + 0.1 * rng.standard_normal((1, 256, 1)).astype(np.float32)
    noises = {
        "salt and pepper: specks stay, texture goes": unnoise.noise.parse("salt-and-pepper(0.05)")(photograph, rng),
        "noise enlarged 3 times: blotches stay": skimage.transform.resize(small, (256, 256), order=3),
        "noise, then JPEG of quality 20: texture goes, blotches stay": unnoise.noise.parse(
            "gaussian(0.08)+jpeg(quality=20)"
        )(photograph, rng),
        "stripes: stay": stripes,
    }
    crop = np.s_[20 : 20 + SIDE, 30 : 30 + SIDE]
    rows = []
    for caption, noisy in noises.items():
        noisy = np.clip(noisy, 0, 1).astype(np.float32)
        rows.append((caption, [image[crop] for image in (noisy, unnoise.denoise(noisy), photograph)]))
    return rows


def split(photograph: Path) -> Image.Image:
    """Return a whole photograph with the noise of a simulated camera, its right half denoised."""
    clean = unnoise.read_image(photograph).to_float()
    noisy, _ = unnoise.noise.parse("camera-pipeline(0.05)").pair(clean, np.random.default_rng(SPLIT_SEED))
    middle = noisy.shape[1] // 2
    image = unnoise.denoise(noisy)
    image[:, :middle] = noisy[:, :middle]
    image[:, middle - 1 : middle + 1] = 1
    picture = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=20)
    for text, place, anchor in (("noisy", middle - 12, "rb"), ("denoised", middle + 12, "lb")):
        pen.text((place, picture.height - 12), text, "white", font, anchor=anchor, stroke_width=2, stroke_fill="black")
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polyu", type=Path)
    parser.add_argument("train_more", type=Path)
    asked = parser.parse_args()
    split(asked.train_more / SPLIT).save(IMAGES / "split.jpg", quality=88, optimize=True)
    rows = real(asked.polyu)
    titles = ["photograph", "denoised", "mean of many shots"]
    panel(rows, titles).save(IMAGES / "real-photographs.png", optimize=True)
    panel(failures(), ["noisy", "denoised", "clean"]).save(IMAGES / "failures.png", optimize=True)


if __name__ == "__main__":
    main()
