"""Damages image files of every format, denoises folders of them with good neighbours, and counts what went wrong.

Files are small, of each kind that is read: single images, stacks and animations. Each is damaged in one of five ways:
bits flipped, the end cut off, a field of two or four bytes made another number, bytes taken out or put in, a part
written over. In a folder one file in ten is whole. A folder has passed when the command ended by itself with 0 or 1,
without a traceback, in time; when every file that it wrote can be read by another library and nothing half written is
left; and when every good neighbour was written.

    python -m measurements.hostile_files [--each N] [--model NAME|FILE] [-o CSV]

Prints a table, writes it as CSV, and exits with 1 if anything went wrong. What went wrong is kept and named.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import PIL.Image
import pyvips
import tifffile

SEED = 19
FOLDER = 250  # damaged files
SECONDS = 300  # for a folder
# So that a field of the size does not take all memory of the machine.
MEGAPIXELS = 50
WAYS = ("flip", "cut", "field", "shift", "over")


@dataclasses.dataclass
class Count:
    """What came of the files of one kind."""

    kind: str
    damaged: int = 0
    refused: int = 0
    written: int = 0
    good: int = 0
    good_lost: int = 0
    tracebacks: int = 0
    crashes: int = 0
    hangs: int = 0
    unreadable: int = 0
    left_over: int = 0

    @property
    def wrong(self) -> int:
        """How much went wrong."""
        return self.good_lost + self.tracebacks + self.crashes + self.hangs + self.unreadable + self.left_over


def kinds(rng: np.random.Generator) -> dict[str, tuple[str, bytes]]:
    """Return a file of each kind: its suffix and its content."""
    pixels = rng.integers(0, 256, (3, 24, 40, 3), np.uint8)
    deep = rng.integers(0, 65536, (5, 24, 40)).astype(np.uint16)
    image = pyvips.Image.new_from_array(pixels[0]).copy(interpretation="srgb")

    def pillow(kind: str, **options: object) -> bytes:
        file = io.BytesIO()
        first, *others = map(PIL.Image.fromarray, pixels)
        first.save(file, kind, **({"append_images": others} if options.get("save_all") else {}), **options)
        return file.getvalue()

    def stack(array: np.ndarray, **options: object) -> bytes:
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        return file.getvalue()

    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = "ACM", 6
    played = {"save_all": True, "duration": [50, 60, 70], "loop": 0}
    return {
        "JPEG": (".jpg", pillow("JPEG", exif=exif)),
        "JPEG, progressive": (".jpg", pillow("JPEG", progressive=True, quality=50)),
        "PNG": (".png", pillow("PNG", exif=exif)),
        "PNG, 16 bit": (".png", pyvips.Image.new_from_array(deep[0]).pngsave_buffer()),
        "TIFF": (".tif", stack(pixels[0], photometric="rgb", compression="zlib")),
        "TIFF, LZW": (".tif", image.tiffsave_buffer(compression="lzw", predictor="horizontal")),
        "TIFF, float": (".tif", stack(deep[0] / np.float32(65535), bigtiff=True)),
        "WebP": (".webp", image.webpsave_buffer(lossless=True)),
        "WebP, lossy": (".webp", pillow("WEBP", exif=exif)),
        "AVIF": (".avif", image.heifsave_buffer(compression="av1")),
        "GIF": (".gif", pillow("GIF")),
        "BMP": (".bmp", pillow("BMP")),
        "PPM": (".ppm", pillow("PPM")),
        "stack": (".tif", stack(deep, byteorder=">")),
        "stack, ImageJ": (".tif", stack(deep, imagej=True, metadata={"unit": "um", "Labels": list("abcde")})),
        "stack, one directory": (".tif", stack(deep, imagej=True, truncate=True)),
        "stack, OME": (".tif", stack(deep, ome=True, metadata={"axes": "ZYX"})),
        "animated PNG": (".png", pillow("PNG", **played)),
        "animated WebP": (".webp", pillow("WEBP", lossless=True, **played)),
        "animated GIF": (".gif", pillow("GIF", **played)),
    }


def damaged(content: bytes, way: str, rng: np.random.Generator) -> bytes:
    """Return the content, damaged in one of `WAYS`."""
    changed = bytearray(content)
    # Half of the damage is where formats tell of sizes.
    place = int(rng.integers(0, min(len(changed), 300) if rng.random() < 0.5 else len(changed)))
    if way == "flip":
        for bit in rng.integers(0, 8, rng.integers(1, 6)):
            changed[place] ^= 1 << int(bit)
            place = int(rng.integers(0, len(changed)))
    elif way == "cut":
        del changed[place:]
    elif way == "field":
        size = int(rng.choice([2, 4]))
        number = int(rng.choice([0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF])) % (1 << 8 * size)
        changed[place : place + size] = number.to_bytes(size, "big" if rng.random() < 0.5 else "little")
    elif way == "shift":
        length = int(rng.integers(1, 40))
        changed[place : place + (length if rng.random() < 0.5 else 0)] = rng.bytes(int(rng.integers(0, 40)))
    else:
        length = int(rng.integers(1, 60))
        changed[place : place + length] = rng.bytes(length) if rng.random() < 0.5 else bytes(length)
    return bytes(changed)


def make_folder(folder: Path, whole: tuple[str, bytes], number: int, seed: list[int]) -> None:
    """Fill a folder with ``number`` damaged files and a tenth as many good ones."""
    rng, (suffix, content) = np.random.default_rng(seed), whole
    folder.mkdir(parents=True)
    for index in range(number):
        way = WAYS[index % len(WAYS)]
        (folder / f"{index:04d}-{way}{suffix}").write_bytes(damaged(content, way, rng))
        if index % 10 == 0:
            (folder / f"{index:04d}-good{suffix}").write_bytes(content)


def denoise_folder(source: Path, target: Path, model: str, kind: str = "") -> Count:
    """Denoise a folder by the command, in a process of its own, and return what came of it."""
    good = {path.name for path in source.glob("*-good*")}
    count = Count(kind, damaged=len(list(source.iterdir())) - len(good), good=len(good))
    command = [sys.executable, "-m", "unnoise", "denoise", str(source), "-o", str(target), "--model", model, "--force"]
    command += ["--threads", "1", "--max-pixels", str(MEGAPIXELS)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        count.hangs += 1
        return count
    count.tracebacks += "Traceback" in done.stderr + done.stdout
    count.crashes += done.returncode not in (0, 1)
    names = set()
    for path in target.rglob("*"):
        if path.name.startswith("."):
            count.left_over += 1
        else:
            names.add(path.name)
            count.unreadable += not _readable(path)
    count.good_lost = len(good - names)
    count.written = len(names - good)
    count.refused = count.damaged - count.written
    if count.wrong:
        print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
    return count


def _readable(path: Path) -> bool:
    """Return whether tifffile, Pillow or, for what both do not know, libvips decodes every frame of a file."""
    try:
        if path.suffix == ".tif":
            with tifffile.TiffFile(path) as file:
                for page in file.pages:
                    page.asarray()
            return True
        with PIL.Image.open(path) as image:
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                image.load()
    except Exception as error:
        # Metadata are carried as they are; where they stop Pillow or tifffile, the pixels count.
        print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
        try:
            pyvips.Image.new_from_file(str(path), access="sequential", fail_on="error").avg()
        except pyvips.Error:
            return False
    return True


def measure(each: int, model: str, work: Path) -> list[Count]:
    """Return what came of ``each`` damaged files of every kind."""
    rows = []
    for place, (kind, whole) in enumerate(kinds(np.random.default_rng(SEED)).items()):
        total = Count(kind)
        for start in range(0, each, FOLDER):
            folder = work / f"{place}-{start}"
            make_folder(folder / "in", whole, min(FOLDER, each - start), [SEED, place, start])
            one = denoise_folder(folder / "in", folder / "out", model, kind)
            for field in dataclasses.fields(Count)[1:]:
                setattr(total, field.name, getattr(total, field.name) + getattr(one, field.name))
            if not one.wrong:
                shutil.rmtree(folder)
        rows.append(total)
        print(f"{kind}: {total.damaged} damaged, {total.written} of them written, {total.wrong} wrong", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=500, help="damaged files of each kind")
    parser.add_argument("--model", default="photo")
    parser.add_argument("-o", "--output", type=Path, default=Path("measurements/results/hostile_files.csv"))
    arguments = parser.parse_args()
    started, work = time.time(), Path(tempfile.mkdtemp())
    rows = measure(arguments.each, arguments.model, work)
    with arguments.output.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Count)])
        writer.writeheader()
        writer.writerows(map(dataclasses.asdict, rows))
    wrong = sum(row.wrong for row in rows)
    print(f"{sum(row.damaged for row in rows)} damaged files, {wrong} wrong, {time.time() - started:.0f} s")
    if wrong:
        sys.exit(f"What went wrong is in {work}.")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
