"""Gathers what the recipe photo trains on: a folder with the sub-folders train and test.

Photographs are taken as they are; those that measurements/photo_sets.toml holds out, by their names, are the test set.
To them come photographs from Debian's packages of wallpapers (lomiri-wallpapers-16.04, lomiri-wallpapers-20.04,
mate-backgrounds, plasma-workspace-wallpapers, ukui-wallpapers; unpack them with ``dpkg-deb -x``), halved until no side
is longer than 1600 pixels, which removes their own noise and compression, and drawings (``tools/drawings.py``) with
the TrueType fonts of Debian's fonts-crosextra-carlito, fonts-freefont-ttf, fonts-hack, fonts-lato, fonts-liberation.

    python -m tools.gather_photographs --photographs FOLDER... --wallpapers UNPACKED... --fonts UNPACKED... \\
        -o DATA/photographs
"""

import argparse
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

from tools.drawings import drawings

SETS = Path(__file__).parents[1] / "measurements" / "photo_sets.toml"
DRAWINGS, SIDE = 160, 480
LONGEST = 1600
# Held-out photographs that are wallpapers, too.
HELD_OUT = ("Dune", "TwoWings", "Picture_0B_by_freespace", "Dragonfly_by_Bolly")
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
    return [file for file in own if not any(name in str(file) for name in (*DRAWN, *HELD_OUT))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, nargs="+", required=True)
    parser.add_argument("--wallpapers", type=Path, nargs="*", default=[])
    parser.add_argument("--fonts", type=Path, nargs="*", default=[])
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
    fonts = sorted(file for folder in arguments.fonts for file in folder.rglob("*.ttf"))
    for number, image in enumerate(drawings(DRAWINGS, SIDE, np.random.default_rng(0), fonts)):
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(train / f"drawing-{number:03d}.png")


if __name__ == "__main__":
    main()
