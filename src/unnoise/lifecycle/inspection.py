"""What people's own images are like, as a table and a picture, and how a network can be trained on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from unnoise.datasets.frames import read_frames
from unnoise.datasets.layout import Layout, layout_of
from unnoise.datasets.look import FolderLook, look_at_folder
from unnoise.imaging import image_files
from unnoise.imaging.samples import to_float
from unnoise.reporting.canvas import ACCENT, REFERENCE, new_figure, save_figure, tidy

# Side of the squares that training cuts.
SQUARE = 128


def inspect(folder: Path, *, console: Console, picture: Path | None = None) -> list[FolderLook]:
    """Print what the images in a folder are and which training fits them; return the figures.

    Args:
        folder: Images; sub-folders ``noisy`` and ``clean`` with pairs; or sub-folders with shots of one scene each.
        console: Where to print.
        picture: A PNG file to write: an image, its noise by brightness, its noise's correlation; None: none.

    Raises:
        DataError, InputError: no images, several kinds of them, or one that cannot be read.
        OutputError: the picture exists already, or cannot be written.
    """
    layout = layout_of(folder)
    looks = [look_at_folder(part) for part in (layout.parts if layout.kind == "pairs" else layout.parts[:1])]
    if picture is not None:
        save_figure(_figure(looks[0]), picture, overwrite=False)
    console.print(_table(layout, looks), highlight=False)
    for warning in looks[0].warnings:
        console.print(f"Note: {warning}.", style="yellow", highlight=False, soft_wrap=True)
    for line in advice(layout, looks[0]):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    if picture is not None:
        console.print(f"picture: {picture}", highlight=False, soft_wrap=True)
    return looks


def advice(layout: Layout, look: FolderLook) -> list[str]:
    """Return which training fits the images and why, and its command."""
    parts = " ".join(map(str, layout.parts))
    folder = look.folder.parent if layout.kind == "shots" else look.folder
    if layout.kind == "pairs":
        return ["There are noisy and clean images: learn from pairs.", f"  unnoise train --pairs {parts}"]
    if layout.kind == "shots":
        return [
            f"There are {len(layout.parts)} folders: if each holds several shots of one scene, learn from these.",
            f"  unnoise train --shots {folder}",
        ]
    if look.seems_clean:
        return [
            "There is next to no noise: these are clean images, to which training adds the noise that you name.",
            f"  unnoise train --images {folder} --noise 'poisson-gaussian(peak=100, sigma=0.02)'",
        ]
    return ["There is noise and no clean image: learn from the noisy ones alone.", f"  unnoise train --noisy {folder}"]


def _table(layout: Layout, looks: list[FolderLook]) -> Table:
    shown = Table(box=None, padding=(0, 2, 0, 0), show_header=len(looks) > 1)
    shown.add_column("")
    for look in looks:
        shown.add_column(look.folder.name)
    rows = [facts(look) for look in looks]
    for name in dict.fromkeys(name for row in rows for name in row):
        shown.add_row(name, *(row.get(name, "–") for row in rows))
    if layout.kind == "shots":
        counts = [len(image_files(part)) for part in layout.parts]
        shown.add_row("scenes", f"{len(counts)}, with {min(counts)} to {max(counts)} images; the first is shown here")
    return shown


def facts(look: FolderLook) -> dict[str, str]:
    """Return the look as lines of a table: name and value."""
    more = f" and {len(look.sizes) - 1} other sizes" if len(look.sizes) > 1 else ""
    height, width = look.sizes[0]
    found = {
        "images": f"{look.frames}" + (f" in {look.files} files" if look.frames != look.files else ""),
        "size": f"{height}×{width}{more}",
        "channels": str(look.channels),
        "samples": f"{look.dtype}, from {look.low:g} to {look.high:g}",
        "range in use": f"{look.offset:g} (black) to {look.white:g} (white)",
        "clipped": f"{look.dark:.2%} at the lower end, {look.bright:.2%} at the upper end",
        "squares": f"about {look.squares(SQUARE):,} of {SQUARE}×{SQUARE} pixels",
    }
    noise = look.noise
    if noise is None:
        return found | {"noise": "cannot be seen: the images are too small, or of one value"}
    found["noise"] = f"{noise.sigma * 255:.1f} of 255" + (" (next to none)" if look.seems_clean else "")
    low, high = noise.sigmas[0], noise.sigmas[-1]
    found["by brightness"] = f"{low * 255:.1f} where it is darkest, {high * 255:.1f} where it is brightest" + (
        ": it grows with the light" if noise.grows else ""
    )
    found["along rows"] = "correlation 1 to 5 pixels apart: " + _listed(noise.rows)
    found["along columns"] = "correlation 1 to 5 pixels apart: " + _listed(noise.columns)
    found["correlated"] = {"independent": "no, neighbours are independent"}.get(noise.kind, noise.kind)
    if look.seems_clean and noise.kind != "independent":
        found["correlated"] += " (of so little noise, this may be the picture itself)"
    return found


def _listed(values: Any) -> str:
    return "  ".join(f"{value:+.2f}".replace("-", "−") for value in values)


def _figure(look: FolderLook) -> Any:
    """Return an image of the folder, its noise by brightness and the noise's correlation, side by side."""
    figure = new_figure(11, 3.6)
    left, middle, right = figure.subplots(1, 3)
    frame = read_frames(image_files(look.folder)[0])[0]
    image = np.clip(to_float(frame, white=look.white, offset=look.offset), 0, 1)
    image = image / max(float(np.quantile(image, 0.999)), 1e-6)
    left.imshow(np.clip(image[..., :3] if look.channels >= 3 else image[..., 0], 0, 1), cmap="gray", vmin=0, vmax=1)
    left.set_axis_off()
    left.set_title("the first image, brightened", fontsize=11, loc="left")
    if look.noise is not None:
        middle.plot(look.noise.brightness, look.noise.sigmas * 255, "o", color=ACCENT)
        line = np.maximum(look.noise.gain * look.noise.brightness + look.noise.floor, 0)
        middle.plot(look.noise.brightness, np.sqrt(line) * 255, color=REFERENCE)
        middle.set_ylim(bottom=0)
        lags = np.arange(1, len(look.noise.rows) + 1)
        right.bar(lags - 0.2, look.noise.rows, 0.4, label="along rows", color=ACCENT)
        right.bar(lags + 0.2, look.noise.columns, 0.4, label="along columns", color=REFERENCE)
        right.set_ylim(-0.5, 1)
        right.legend(fontsize=8, frameon=False)
    tidy(middle, title="noise by brightness", x="brightness, 0 to 1", y="standard deviation, of 255", grid="y")
    tidy(right, title="correlation of the noise", x="pixels apart", grid="y")
    return figure
