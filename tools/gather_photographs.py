"""Gathers what the recipe photo trains on: a folder with the sub-folders train and test.

Photographs are taken as they are; those that measurements/photo_sets.toml holds out, by their names, are the test set.
To them come photographs from Debian's packages of wallpapers (lomiri-wallpapers-16.04, lomiri-wallpapers-20.04,
mate-backgrounds, plasma-workspace-wallpapers, ukui-wallpapers; unpack them with ``dpkg-deb -x``), halved until no side
is longer than 1600 pixels, which removes their own noise and compression, and drawings made here: text, line art,
gradients, flat colours.

    python -m tools.gather_photographs --photographs FOLDER... --wallpapers UNPACKED... -o DATA/photographs
"""

import argparse
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image, ImageDraw, ImageFont

SETS = Path(__file__).parents[1] / "measurements" / "photo_sets.toml"
DRAWINGS, SIDE = 40, 480
LONGEST = 1600
# Drawn or rendered, not photographed; JPEG files only are looked at, most drawings are PNG.
DRAWN = (
    "2004default", "Autumn", "Cascade", "Elephants", "Flow", "Fossa", "GreenTraditional", "Honeywave", "Infinite-Sea",
    "Painting-Colors", "PastelHills", "SafeLanding", "Shell", "Volna", "analogpattern", "firstgeneration", "rhythm",
    "string", "summer_1am", "the-mouse", "umang",
)  # fmt: skip


def wallpapers(folders: list[Path]) -> list[Path]:
    """Return the wallpapers that are photographs, in name order."""
    found = sorted(file for folder in folders for file in folder.rglob("*.jpg"))
    own = [file for file in found if file.stem != "screenshot" and not file.is_symlink()]
    return [file for file in own if not any(name in str(file) for name in DRAWN)]


def drawings(count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """Return clean images without texture: flat, gradients, text, line art; ``(N, side, side, 3)`` float32."""
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    images = np.empty((count, side, side, 3), np.float32)
    for image in images:
        kind = rng.integers(4)
        ink, paper = (
            rng.random((2, 3)) if rng.random() < 0.5 else rng.choice([[0, 1], [1, 0]])[:, np.newaxis].repeat(3, 1)
        )
        if kind == 0:
            image[:] = paper
        elif kind == 1:
            angle = rng.uniform(0, 2 * np.pi)
            ramp = axis[:, np.newaxis] * np.sin(angle) + axis * np.cos(angle)
            share = (ramp * rng.uniform(0.1, 0.7) + 0.5)[..., np.newaxis]
            image[:] = np.clip(ink * share + paper * (1 - share), 0, 1)
        else:
            colours = [tuple(int(value) for value in np.rint(colour * 255)) for colour in (paper, ink)]
            canvas = Image.new("RGB", (side, side), colours[0])
            pen = ImageDraw.Draw(canvas)
            if kind == 2:
                font = ImageFont.load_default(size=float(rng.uniform(8, 28)))
                height = int(font.size * 1.3)
                for top in range(int(rng.integers(-height, 1)), side, height):
                    letters = "".join(chr(code) for code in rng.integers(33, 127, 40))
                    pen.text((int(rng.integers(-20, 20)), top), letters, fill=colours[1], font=font)
            else:
                for _ in range(rng.integers(2, 14)):
                    ends = [int(value) for value in rng.integers(-10, side + 10, 4)]
                    if rng.random() < 0.6:
                        pen.line(ends, fill=colours[1], width=int(rng.integers(1, 5)))
                    else:
                        box = [
                            min(ends[0], ends[2]),
                            min(ends[1], ends[3]),
                            max(ends[0], ends[2]),
                            max(ends[1], ends[3]),
                        ]
                        pen.ellipse(box, outline=colours[1], width=int(rng.integers(1, 4)))
            image[:] = np.asarray(canvas, np.float32) / 255
    return images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, nargs="+", required=True)
    parser.add_argument("--wallpapers", type=Path, nargs="*", default=[])
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    held_out = set(tomllib.loads(SETS.read_text("utf-8"))["photographs"]["held_out"])
    train, test = arguments.output / "train", arguments.output / "test"
    for folder in (train, test):
        folder.mkdir(parents=True)
    for file in (file for folder in arguments.photographs for file in sorted(folder.iterdir())):
        if file.suffix.lower() in (".jpg", ".png"):
            shutil.copy(file, test if file.name in held_out else train)
    for file in wallpapers(arguments.wallpapers):
        image = pyvips.Image.new_from_file(str(file)).colourspace("srgb")
        name = f"{file.parents[2].name if file.stem[0].isdigit() else file.stem}.png"
        halvings = 1
        while max(image.width, image.height) / 2**halvings > LONGEST:
            halvings += 1
        image.resize(0.5**halvings).write_to_file(str(train / name))
        print(f"{name}: {image.width}×{image.height} halved {halvings} times")
    for number, image in enumerate(drawings(DRAWINGS, SIDE, np.random.default_rng(0))):
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(train / f"drawing-{number:02d}.png")


if __name__ == "__main__":
    main()
