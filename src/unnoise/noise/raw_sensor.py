"""From a photograph back to a camera's sensor and forward again: tone, colour, mosaic, noise, demosaicking."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from unnoise.errors import MissingExtraError
from unnoise.noise.base import FloatArray

# Camera colours from linear sRGB, as strong as colour matrices get; the inverse leads from camera to sRGB.
_STRONGEST_MATRIX = np.array([[1.66, -0.52, -0.14], [-0.22, 1.52, -0.30], [0.01, -0.49, 1.48]], np.float32)
# Steps of the tables that stand for tone curves, and how 16-bit numbers hold values below 0 and above 1 in the mosaic.
_STEPS, _WHITE, _BLACK = 4096, 40000.0, 8000.0
# Demosaicking by gradients, Malvar, He and Cutler 2004: green at red, red at green along rows, red at blue; in eighths.
_GREEN_AT_RED = np.array(
    [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]], np.float32
)
_RED_ALONG_ROWS = np.array(
    [[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]], np.float32
)
_RED_AT_BLUE = np.array(
    [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]], np.float32
)


def opencv() -> Any:
    """Return OpenCV, which the simulation of cameras filters with.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise MissingExtraError(
            "The noise camera-pipeline needs OpenCV, which is not installed. Install unnoise[train], "
            "or opencv-python-headless."
        ) from None
    return cv2


@dataclasses.dataclass(frozen=True)
class Sensor:
    """A camera as one photograph was taken with it; what is drawn once and holds for the noise-free picture, too.

    Attributes:
        gamma, contrast: The tone curve: sRGB's with this exponent, mixed with a smooth step by ``contrast``, 0 to 1.
        matrix: From the camera's colours to linear sRGB, ``(3, 3)``.
        gains: White balance of red, green and blue.
        magnification: How many pixels the lens spreads a pixel of the photograph over; above 1, what the sensor sees
            is soft, as at full resolution.
        exposure: How much darker the scene is than the photograph, in linear light, 0 to 1.
        shot, read: The noise: variance per linear light, and variance where there is none.
        row, hot: Standard deviation of whole rows in units of the readout's, and the share of pixels that are hot.
        demosaicking: "bilinear", "edge-aware" or "gradient-corrected".
    """

    gamma: float
    contrast: float
    matrix: FloatArray
    gains: FloatArray
    magnification: float
    exposure: float
    shot: float
    read: float
    row: float
    hot: float
    demosaicking: str


def draw_sensor(rng: np.random.Generator, lowest: float, highest: float) -> Sensor:
    """Return a camera at random, its shot noise between ``lowest`` and ``highest``."""
    shot = math.exp(rng.uniform(math.log(lowest), math.log(highest)))
    share = rng.uniform(0.0, 1.0)
    return Sensor(
        gamma=rng.uniform(2.0, 2.6),
        contrast=rng.uniform(0.1, 0.7) if rng.random() < 0.5 else 0.0,
        matrix=((1 - share) * np.eye(3) + share * _STRONGEST_MATRIX).astype(np.float32),
        gains=np.array([rng.uniform(1.3, 2.6), 1.0, rng.uniform(1.2, 2.4)], np.float32),
        magnification=math.exp(rng.uniform(0.0, math.log(2.2))) if rng.random() < 0.65 else 1.0,
        exposure=math.exp(rng.uniform(math.log(0.2), 0.0)) if rng.random() < 0.3 else 1.0,
        shot=shot,
        read=math.exp(2.18 * math.log(shot) + 1.2 + rng.normal(0.0, 0.5)),
        row=rng.uniform(0.1, 0.6) if rng.random() < 0.1 else 0.0,
        hot=math.exp(rng.uniform(math.log(1e-5), math.log(3e-4))) if rng.random() < 0.1 else 0.0,
        demosaicking=str(rng.choice(["bilinear", "edge-aware", "gradient-corrected"])),
    )


def seen_through_lens(image: FloatArray, magnification: float) -> FloatArray:
    """Return the middle of a picture enlarged to its whole size: as soft as lenses are at full resolution.

    Photographs that were made smaller hold detail in every pixel; files from cameras do not, so that the finest detail
    in them is noise.
    """
    if magnification <= 1:
        return image
    cv2 = opencv()
    height, width = image.shape[:2]
    zoom = np.array(
        [[magnification, 0, (1 - magnification) * width / 2], [0, magnification, (1 - magnification) * height / 2]]
    )
    enlarged = cv2.warpAffine(image, zoom, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    result: FloatArray = np.clip(enlarged, 0.0, 1.0)
    return result


def mosaic_of(image: FloatArray, sensor: Sensor) -> FloatArray:
    """Return the linear light at each site of the Bayer mosaic (red at the upper left), ``(H, W)``, H and W even.

    Highlights keep their value where the white balance's gain would otherwise darken what is white (Brooks et al.).
    """
    linear = _look_up(image, _curves(sensor.gamma, sensor.contrast)[1])
    linear = np.clip(linear @ np.linalg.inv(sensor.matrix).T.astype(np.float32), 0.0, 1.0) * sensor.exposure
    gray = linear.mean(axis=-1, keepdims=True)
    highlight = np.square(np.clip((gray - 0.9) / 0.1, 0.0, 1.0))
    gains = 1 / sensor.gains
    raw = linear * np.maximum(highlight + (1 - highlight) * gains, gains)
    mosaic = np.empty(image.shape[:2], np.float32)
    for row, column, colour in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, column::2] = raw[row::2, column::2, colour]
    return mosaic


def exposed(mosaic: FloatArray, sensor: Sensor, rng: np.random.Generator) -> FloatArray:
    """Return the mosaic with shot and readout noise, noise of rows and hot pixels, cut where the sensor saturates."""
    deviation = np.sqrt(sensor.shot * mosaic + np.float32(sensor.read))
    noisy: FloatArray = mosaic + deviation * rng.standard_normal(mosaic.shape, np.float32)
    if sensor.row:
        noisy += sensor.row * math.sqrt(sensor.read) * rng.standard_normal((len(mosaic), 1), np.float32)
    if sensor.hot:
        hot = rng.random(mosaic.shape, np.float32) < sensor.hot
        noisy[hot] = rng.uniform(0.2, 1.0, int(hot.sum()))
    return np.minimum(noisy, np.float32(1.0))


def developed(mosaic: FloatArray, sensor: Sensor) -> FloatArray:
    """Return the picture ``(H, W, 3)`` in [0, 1] that the camera makes of a mosaic, before it filters."""
    # Cut at white before the matrix, as cameras do: highlights would turn pink.
    rgb = np.minimum(_demosaicked(mosaic, sensor.demosaicking) * sensor.gains, 1.0)
    return _look_up(rgb @ sensor.matrix.T, _curves(sensor.gamma, sensor.contrast)[0])


def _demosaicked(mosaic: FloatArray, kind: str) -> FloatArray:
    cv2 = opencv()
    if kind == "gradient-corrected":
        return _gradient_corrected(mosaic)
    code = cv2.COLOR_BayerBG2RGB if kind == "bilinear" else cv2.COLOR_BayerBG2RGB_EA
    counts = np.clip(np.rint(mosaic * _WHITE + _BLACK), 0, 65535).astype(np.uint16)
    interpolated: FloatArray = cv2.cvtColor(counts, code)
    return (interpolated - np.float32(_BLACK)) / np.float32(_WHITE)


def _gradient_corrected(mosaic: FloatArray) -> FloatArray:
    cv2 = opencv()
    green, rows, columns, diagonal = (
        cv2.filter2D(mosaic, -1, kernel / 8, borderType=cv2.BORDER_REFLECT_101)
        for kernel in (_GREEN_AT_RED, _RED_ALONG_ROWS, _RED_ALONG_ROWS.T, _RED_AT_BLUE)
    )
    rgb = np.repeat(mosaic[..., np.newaxis], 3, axis=-1)
    red, blue = np.s_[0::2, 0::2], np.s_[1::2, 1::2]
    beside_red, beside_blue = np.s_[0::2, 1::2], np.s_[1::2, 0::2]
    for site, other in ((red, 2), (blue, 0)):
        rgb[..., 1][site] = green[site]
        rgb[..., other][site] = diagonal[site]
    for site, along, across in ((beside_red, 0, 2), (beside_blue, 2, 0)):
        rgb[..., along][site] = rows[site]
        rgb[..., across][site] = columns[site]
    return rgb


@functools.lru_cache(maxsize=8)
def _curves(gamma: float, contrast: float) -> tuple[FloatArray, FloatArray]:
    """Return tables of the tone curve and of its inverse at ``_STEPS`` + 1 even steps from 0 to 1."""
    light = np.linspace(0.0, 1.0, 8 * _STEPS + 1) ** 2  # dense near black, where the curve is steep
    tone = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / gamma) - 0.055)
    tone = np.maximum.accumulate(np.clip(tone, 0.0, 1.0))
    tone = (1 - contrast) * tone + contrast * tone * tone * (3 - 2 * tone)
    even = np.linspace(0.0, 1.0, _STEPS + 1)
    return np.interp(np.sqrt(even), np.sqrt(light), tone).astype(np.float32), np.interp(even, tone, light).astype(
        np.float32
    )


def _look_up(values: FloatArray, table: FloatArray) -> FloatArray:
    """Return a curve of ``values`` in [0, 1] from its table, by linear interpolation; what lies outside is clipped."""
    places = np.clip(values, 0.0, 1.0) * np.float32(_STEPS)
    lower = np.minimum(places.astype(np.int32), _STEPS - 1)
    low: FloatArray = table[lower]
    result: FloatArray = low + (places - lower.astype(np.float32)) * (table[lower + 1] - low)
    return result
