"""Gathers the photographs that the recipe photo trains on: a folder with the sub-folders train and test.

The training photographs are the 432 of BSDS500 that CBSD68 leaves, as they are, and photographs from Debian's packages
of wallpapers (lomiri-wallpapers-16.04, lomiri-wallpapers-20.04, mate-backgrounds, plasma-workspace-wallpapers,
ukui-wallpapers; unpack them with ``dpkg-deb -x``), halved until no side is longer than 1600 pixels, which removes
their own noise and compression. CBSD68 is the test set.

    python -m tools.gather_photographs --bsds BSDS_TRAIN --cbsd68 CBSD68 --wallpapers UNPACKED... -o DATA/photographs
"""

import argparse
import shutil
from pathlib import Path

import pyvips

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bsds", type=Path, required=True)
    parser.add_argument("--cbsd68", type=Path, required=True)
    parser.add_argument("--wallpapers", type=Path, nargs="*", default=[])
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    train, test = arguments.output / "train", arguments.output / "test"
    for folder, source in ((train, arguments.bsds), (test, arguments.cbsd68)):
        folder.mkdir(parents=True)
        for file in sorted(source.iterdir()):
            shutil.copy(file, folder)
    for file in wallpapers(arguments.wallpapers):
        image = pyvips.Image.new_from_file(str(file)).colourspace("srgb")
        name = f"{file.parents[2].name if file.stem[0].isdigit() else file.stem}.png"
        halvings = 1
        while max(image.width, image.height) / 2**halvings > LONGEST:
            halvings += 1
        image.resize(0.5**halvings).write_to_file(str(train / name))
        print(f"{name}: {image.width}×{image.height} halved {halvings} times")


if __name__ == "__main__":
    main()
