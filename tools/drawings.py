"""Clean images without texture for training: text, line art, diagrams, gradients, flat colours.

``measurements/drawn_images.py`` draws what is measured: other code, other fonts, other words.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Array = npt.NDArray[np.float32]
Colour = npt.NDArray[np.float64]
# Text is drawn twice as often as gradients, and so are lines: thin strokes are what a denoiser loses first.
KINDS = ("flat", "gradient", "text", "text", "page", "lines", "lines", "blocks")


def drawings(count: int, side: int, rng: np.random.Generator, fonts: list[Path]) -> Array:
    """Return clean drawings ``(count, side, side, 3)`` in [0, 1].

    Args:
        count: How many.
        side: Height and width in pixels.
        rng: Generator.
        fonts: TrueType files for the text; Pillow's own font where there are none.
    """
    return np.stack([_drawing(str(rng.choice(KINDS)), side, rng, fonts) for _ in range(count)])


def _drawing(kind: str, side: int, rng: np.random.Generator, fonts: list[Path]) -> Array:
    ink, paper = _colours(rng)
    if kind == "flat":
        return np.broadcast_to(paper.astype(np.float32), (side, side, 3))
    if kind == "gradient":
        return _gradient(side, ink, paper, rng)
    # Edges in steps are drawn as they are, smooth ones shrunk from a larger drawing.
    finer = int(rng.choice([1, 1, 2, 3]))
    colours = [tuple(int(value) for value in np.rint(colour * 255)) for colour in (paper, ink)]
    canvas = Image.new("RGB", (side * finer, side * finer), colours[0])
    pen = ImageDraw.Draw(canvas)
    if finer == 1 and rng.random() < 0.4:
        pen.fontmode = "1"
    if kind in ("text", "page"):
        _write(pen, side, finer, colours, rng, fonts, columns=int(rng.integers(2, 4)) if kind == "page" else 1)
    elif kind == "lines":
        _lines(pen, side * finer, finer, colours[1], rng)
    else:
        _blocks(pen, side * finer, finer, colours[1], rng)
    if finer > 1:
        canvas = canvas.resize((side, side), Image.Resampling.BOX if rng.random() < 0.5 else Image.Resampling.LANCZOS)
    return np.asarray(canvas, np.float32) / 255


def _colours(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Return ink and paper: any two colours, black and white, or two grays."""
    kind = rng.random()
    if kind < 0.4:
        return rng.random(3), rng.random(3)
    shades = np.array([0.0, 1.0]) if kind < 0.8 else rng.random(2)
    ink, paper = rng.permutation(shades)
    return np.full(3, ink), np.full(3, paper)


def _gradient(side: int, ink: Colour, paper: Colour, rng: np.random.Generator) -> Array:
    axis = np.linspace(-1, 1, side)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = axis[:, np.newaxis] * np.sin(angle) + axis * np.cos(angle)
    share = (np.sin(ramp * rng.uniform(0.3, 9)) if rng.random() < 0.3 else ramp * rng.uniform(0.1, 0.7)) / 2 + 0.5
    image = np.clip(ink * share[..., np.newaxis] + paper * (1 - share[..., np.newaxis]), 0, 1)
    return (np.rint(image * 255) / 255).astype(np.float32)


def _write(
    pen: ImageDraw.ImageDraw,
    side: int,
    finer: int,
    colours: list[tuple[int, ...]],
    rng: np.random.Generator,
    fonts: list[Path],
    columns: int,
) -> None:
    """Write lines of letters at random, in columns."""
    size = float(rng.uniform(7, 26)) * finer
    font = ImageFont.truetype(rng.choice(fonts), size) if fonts else ImageFont.load_default(size)
    width, height = side * finer // columns, int(size * rng.uniform(1.1, 1.8))
    for column in range(columns):
        for top in range(int(rng.integers(-height, 1)), side * finer, height):
            if rng.random() < 0.1:
                continue
            words = [_word(rng) for _ in range(20)]
            while words and pen.textlength(" ".join(words), font) > width * 1.1:
                words.pop()
            pen.text((column * width + int(rng.integers(0, 12)), top), " ".join(words), fill=colours[1], font=font)


def _word(rng: np.random.Generator) -> str:
    """Return one to nine letters at random, most often small ones."""
    first, last = ("a", "z") if rng.random() < 0.8 else ("!", "~")
    return "".join(rng.choice([chr(code) for code in range(ord(first), ord(last) + 1)], rng.integers(1, 10)))


def _lines(pen: ImageDraw.ImageDraw, side: int, finer: int, ink: tuple[int, ...], rng: np.random.Generator) -> None:
    """Draw lines, curves, grids and rings, thin ones more often."""
    for _ in range(int(rng.integers(3, 40))):
        width = int(rng.choice([1, 1, 1, 2, 3, 5])) * finer
        colour = ink if rng.random() < 0.7 else tuple(int(value) for value in rng.integers(0, 256, 3))
        ends = [int(value) for value in rng.integers(-10, side + 10, 4)]
        kind = rng.integers(5)
        if kind <= 1:
            pen.line(ends, fill=colour, width=width)
        elif kind == 2:
            points = [(int(x), int(y)) for x, y in rng.integers(0, side, (6, 2))]
            pen.line(points, fill=colour, width=width, joint="curve")
        elif kind == 3:
            left, top = (int(value) for value in rng.integers(0, side, 2))
            reach, step = int(rng.integers(20, 160)) * finer, int(rng.integers(3, 20)) * finer
            for offset in range(0, reach, step):
                pen.line([left + offset, top, left + offset, top + reach], fill=colour, width=width)
                if ends[0] % 2:
                    pen.line([left, top + offset, left + reach, top + offset], fill=colour, width=width)
        else:
            (x, y), radius = rng.integers(0, side, 2), int(rng.integers(3, 90)) * finer
            box = (int(x) - radius, int(y) - radius, int(x) + radius, int(y) + radius)
            (pen.ellipse if rng.random() < 0.6 else pen.rectangle)(box, outline=colour, width=width)


def _blocks(pen: ImageDraw.ImageDraw, side: int, finer: int, ink: tuple[int, ...], rng: np.random.Generator) -> None:
    """Draw filled shapes in flat colours, some with an outline: cartoons, charts, screens."""
    for _ in range(int(rng.integers(4, 50))):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        outline = ink if rng.random() < 0.5 else None
        (x, y), (width, height) = rng.integers(-20, side, 2), rng.integers(3, side // 3, 2)
        box = (int(x), int(y), int(x + width), int(y + height))
        kind = rng.integers(3)
        if kind == 0:
            pen.rectangle(box, fill=colour, outline=outline, width=finer)
        elif kind == 1:
            pen.ellipse(box, fill=colour, outline=outline, width=finer)
        else:
            corners = [(int(x + a), int(y + b)) for a, b in rng.integers(0, max(width, height), (3, 2))]
            pen.polygon(corners, fill=colour, outline=outline)
