"""Images without noise that are no photographs: text, line art, gradients and renders, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Bytes = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float64]

SIDE = 320
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "cmr10")
TEXT = (
    "image noise is random variation of brightness or colour in pictures; each pixel counts light, and 1,024 counts "
    "differ by about 32 (3 %). Read the sum: f(x) = a*x + b. What WE SEE depends on size, contrast & distance!"
)


def in_bytes(image: Field) -> Bytes:
    """Return an image of the range [0, 1] in 8 bits."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def two_colours(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return paper and ink: black on white, white on black, or two colours of unlike brightness."""
    kind = rng.integers(4)
    if kind < 2:
        return ((255,) * 3, (0,) * 3) if kind else ((0,) * 3, (255,) * 3)
    light, dark = (tuple(int(v) for v in rng.integers(low, low + 90, 3)) for low in (166, 0))
    return (light, dark) if kind == 2 else (dark, light)


def text(rng: np.random.Generator) -> Bytes:
    """Return lines of text in one of several fonts, sizes and polarities, one in four of them without grays."""
    from matplotlib import get_data_path

    folder = Path(get_data_path()) / "fonts" / "ttf"
    paper, ink = two_colours(rng)
    image = Image.new("RGB", (SIDE, SIDE), paper)
    draw = ImageDraw.Draw(image)
    if rng.integers(4) == 0:
        draw.fontmode = "1"
    size, top = int(rng.integers(9, 28)), 4
    font = ImageFont.truetype(folder / f"{rng.choice(FONTS)}.ttf", size)
    while top < SIDE:
        draw.text((int(rng.integers(4, 24)), top), " ".join(rng.choice(TEXT.split(), 12)), ink, font)
        top += int(size * rng.choice([1.2, 1.2, 1.2, 2.4]))
    return np.asarray(image)


def plot(rng: np.random.Generator) -> Bytes:
    """Return a diagram with curves, points or bars, a grid and a legend."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIDE / 80, SIDE / 80), dpi=80, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    x = np.linspace(0, 1, 40)
    for number in range(int(rng.integers(1, 5))):
        y = np.cumsum(rng.normal(0, 1, 40))
        [axes.plot, axes.scatter, axes.step, axes.bar][int(rng.integers(4))](x, y, label=f"method {number}", alpha=0.9)
    axes.grid(bool(rng.integers(2)))
    axes.legend(fontsize=7)
    axes.set_xlabel("sigma")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def line_art(rng: np.random.Generator) -> Bytes:
    """Return lines and shapes, smooth or in steps at their edges, outlined or filled; one in four is a diagram."""
    if rng.integers(4) == 0:
        return plot(rng)
    finer = int(rng.choice([1, 4]))  # what is shrunk has smooth edges
    paper, ink = two_colours(rng)
    image = Image.new("RGB", (SIDE * finer, SIDE * finer), paper)
    draw = ImageDraw.Draw(image)
    filled, width = bool(rng.integers(2)), int(rng.integers(1, 4)) * finer
    for _ in range(int(rng.integers(10, 40))):
        points = [tuple(int(v) for v in point) for point in rng.integers(0, SIDE * finer, (4, 2))]
        fill = tuple(int(v) for v in rng.integers(0, 256, 3)) if filled else None
        kind = rng.integers(4)
        if kind == 0:
            draw.line(points, ink, width)
        elif kind == 1:
            draw.polygon(points, fill, ink, width)
        else:
            (x, y), radius = points[0], points[1][0] // 4
            shape = draw.ellipse if kind == 2 else draw.rectangle
            shape((x - radius, y - radius, x + radius, y + radius), fill, ink, width)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))


def smooth_field(rng: np.random.Generator, shortest: float) -> Field:
    """Return random waves ``(SIDE, SIDE)`` in [0, 1], none shorter than ``shortest`` pixels; long ones are stronger."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, np.newaxis], np.fft.fftfreq(SIDE))
    weight = np.where((frequency > 0) & (frequency < 1 / shortest), np.maximum(frequency, 1 / SIDE) ** -1.8, 0)
    waves = np.fft.ifft2(np.fft.fft2(rng.standard_normal((SIDE, SIDE))) * weight).real
    return np.asarray((waves - waves.min()) / np.ptp(waves))


def coloured(share: Field, rng: np.random.Generator) -> Field:
    """Return a field as shades between two random colours."""
    low, high = rng.random((2, 3))
    return np.asarray(low + (high - low) * share[..., np.newaxis])


def gradient(rng: np.random.Generator) -> Bytes:
    """Return a linear, radial or irregular gradient in two to four colours; one in three is dithered by 1 of 255."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    kind = rng.integers(4)
    if kind == 0:
        angle = rng.uniform(0, 2 * np.pi)
        image = coloured((np.cos(angle) * x + np.sin(angle) * y) / 1.5 + 0.3, rng)
    elif kind == 1:
        image = coloured(np.hypot(x - rng.random(), y - rng.random()) / 1.2, rng)
    elif kind == 2:
        image = coloured(x, rng) * (1 - y[..., np.newaxis]) + coloured(x, rng) * y[..., np.newaxis]
    else:
        image = coloured(smooth_field(rng, SIDE / 3), rng)
    if rng.integers(3) == 0:
        image = image + rng.uniform(-0.5, 0.5, image.shape) / 255
    return in_bytes(image)


def spheres(rng: np.random.Generator) -> Field:
    """Return shiny spheres on a textured or smooth ground, lit from one side, sampled 2 × 2 times a pixel."""
    fine = 2 * SIDE
    y, x = np.mgrid[0:fine, 0:fine] / fine
    ground = coloured(smooth_field(rng, rng.choice([8, SIDE / 2])), rng)
    image = ground.repeat(2, axis=0).repeat(2, axis=1)
    if rng.integers(2):
        squares = (x * rng.uniform(4, 12)).astype(int) + (y * rng.uniform(4, 12)).astype(int)
        image = image * (0.4 + 0.6 * (squares % 2))[..., np.newaxis]
    light = np.array([*rng.uniform(-0.7, 0.7, 2), 1.0])
    light /= np.linalg.norm(light)
    for _ in range(int(rng.integers(3, 10))):
        (u, v), radius, colour = rng.random(2), rng.uniform(0.05, 0.25), rng.random(3)
        dx, dy = (x - u) / radius, (y - v) / radius
        height = np.sqrt(np.clip(1 - dx**2 - dy**2, 0, None))
        facing = np.clip(dx * light[0] + dy * light[1] + height * light[2], 0, None)
        mirrored = np.clip(2 * facing * height - light[2], 0, None) ** rng.uniform(8, 60)
        shaded = colour * (0.15 + 0.85 * facing[..., np.newaxis]) + 0.6 * mirrored[..., np.newaxis]
        image = np.where((height > 0)[..., np.newaxis], shaded, image)
    return np.asarray(image.reshape(SIDE, 2, SIDE, 2, 3).mean(axis=(1, 3)))


def landscape(rng: np.random.Generator) -> Field:
    """Return hills seen from above, lit from one side."""
    height = smooth_field(rng, rng.uniform(4, 12)) * rng.uniform(20, 60)
    slope_y, slope_x = np.gradient(height)
    light = (1 - slope_x - slope_y) / np.sqrt(3 * (1 + slope_x**2 + slope_y**2))
    return np.asarray(coloured(height / height.max(), rng) * np.clip(0.25 + light, 0, None)[..., np.newaxis])


def marble(rng: np.random.Generator) -> Field:
    """Return veins or rings of a bent wave, as of marble or wood."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    bent = smooth_field(rng, rng.uniform(4, 16)) * rng.uniform(1, 6)
    way = np.hypot(x - rng.random(), y - rng.random()) if rng.integers(2) else x + y
    return coloured(0.5 + 0.5 * np.sin(2 * np.pi * (way * rng.uniform(2, 8) + bent)), rng)


def render(rng: np.random.Generator) -> Bytes:
    """Return a computed picture: spheres, hills, or a procedural texture."""
    return in_bytes([spheres, spheres, landscape, marble][int(rng.integers(4))](rng))


KINDS: dict[str, Callable[[np.random.Generator], Bytes]] = {
    "text": text,
    "line art": line_art,
    "gradients": gradient,
    "renders": render,
}


def drawn(kind: str, count: int) -> list[Bytes]:
    """Return ``count`` images of a kind, ``(SIDE, SIDE, 3)`` in 8 bits; the same ones each time."""
    seed = list(KINDS).index(kind)
    return [KINDS[kind](np.random.default_rng([seed, number])) for number in range(count)]
