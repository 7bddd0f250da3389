"""What a packaged model says of itself: JSON under the key ``unnoise`` of the ONNX file's metadata."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from unnoise.errors import ModelFileError

KEY = "unnoise"
FORMAT = 2


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What a packaged file says of its model.

    What has a default is new in format 2; files of format 1 have these defaults.

    Attributes:
        kind: ``denoiser`` (output: denoised) or ``composite`` (outputs: denoised, probabilities).
        name: The recipe's name.
        architecture: The autoencoder's registered name.
        parameters: Number of trained parameters.
        input_shape: (H, W, C); H and W are None where any size is taken.
        stride: Height and width must be multiples of it; the denoiser pads images to them by mirroring.
        receptive_field: Side in pixels of the square that a pixel of the output depends on; None: the whole image.
        noise: The noise it was trained on, such as ``gaussian(0.5)``.
        value_range: Nominal range of input and output.
        classes: Class names, empty for a denoiser.
        kpis: Key figures on the test images by name; NaN where one was not finite.
        dataset, licence: The training data and its licence.
        recipe: The whole recipe as TOML.
        parity: Largest absolute difference to Keras that packaging measured.
        version: The version of unnoise that wrote it.
        created: The day it was written, ISO 8601.
        format: The version of this layout.
        model_parameters: The architecture's parameters, with which :func:`unnoise.models.build` makes it.
        clean_threshold: Estimated noise below which an image counts as clean, in units of the range [0, 1]; None: no
            image does.
        noise_scale: The estimated noise as a multiple of the root mean square of what the network removes.
        max_sigma: The strongest noise of its training, a standard deviation in units of the range [0, 1].
        bytes_per_pixel: Memory that the network's computation takes for a pixel of a tile.
        white, offset: The samples that its data had for 1 and 0; None: the white of the samples' type, and 0.
    """

    kind: str
    name: str
    architecture: str
    parameters: int
    input_shape: tuple[int | None, int | None, int]
    stride: int
    receptive_field: int | None
    noise: str
    value_range: tuple[float, float]
    classes: tuple[str, ...]
    kpis: dict[str, float]
    dataset: str
    licence: str
    recipe: str
    parity: float
    version: str
    created: str
    format: int = FORMAT
    model_parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    clean_threshold: float | None = None
    noise_scale: float = 1.0
    max_sigma: float | None = None
    bytes_per_pixel: int | None = None
    white: float | None = None
    offset: float | None = None

    @property
    def range(self) -> tuple[float, float] | None:
        """The samples that its data had for white and black; None: those of the samples' type."""
        return None if self.white is None else (self.white, self.offset or 0.0)

    def to_json(self) -> str:
        """Return it as JSON; a figure that is not finite becomes null, for JSON has no spelling for it."""
        content = dataclasses.asdict(self)
        content["kpis"] = {name: value if math.isfinite(value) else None for name, value in self.kpis.items()}
        return json.dumps(content, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, origin: str) -> Metadata:
        """Return what ``text`` holds.

        Raises:
            ModelFileError: no JSON, a newer layout, or fields that are missing or wrong; ``origin`` is named.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{origin} carries a damaged description ({error}). Package the run again.") from None
        if not isinstance(content, dict):
            raise ModelFileError(f"{origin} carries a damaged description (no JSON object). Package the run again.")
        layout = content.get("format")
        if isinstance(layout, int) and layout > FORMAT:
            raise ModelFileError(
                f"{origin} was packaged by a newer unnoise (layout {layout}, this one reads {FORMAT}). Upgrade unnoise."
            )
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            expected, fits = _RULES[field.name]
            if field.name not in content:
                if field.name in _NEW:
                    continue
                raise ModelFileError(f"{origin} carries a description without {field.name!r}. Package the run again.")
            value = content[field.name]
            if not fits(value):
                raise ModelFileError(
                    f"{origin} carries a wrong description: {field.name!r} must be {expected}, received "
                    f"{str(value)[:40]!r}. Package the run again."
                )
            values[field.name] = tuple(value) if isinstance(value, list) else value
        values["kpis"] = {name: math.nan if value is None else float(value) for name, value in values["kpis"].items()}
        return cls(**values)

    def describe(self) -> str:
        """Return it as a few readable lines."""
        height, width, channels = self.input_shape
        size = "any size" if height is None else f"{height}×{width}"
        lines = [
            f"{self.name}: {self.kind}, {self.architecture}, {self.parameters:,} parameters",
            f"images: {size}, {'gray' if channels == 1 else f'{channels} channels'}",
            f"trained on {self.dataset} ({self.licence}) with {_in_levels(self.noise)}",
        ]
        if self.clean_threshold is not None:
            lines.append(f"clean below an estimated noise of {self.clean_threshold * 255:.3g}/255")
        if self.kpis:
            lines.append("test: " + ", ".join(f"{name} {value:.4g}" for name, value in self.kpis.items()))
        return "\n".join(lines)


def _in_levels(noise: str) -> str:
    """Return a noise's text with long decimals that are n/255 written so, and equal alternatives counted."""
    text = re.sub(r"\d*\.\d{3,}", lambda number: _level(float(number.group())), noise)
    counts = Counter(text.split("|"))
    return " or ".join(f"{count} times {kind}" if count > 1 else kind for kind, count in counts.items())


def _level(value: float) -> str:
    """Return a standard deviation as papers write it, such as 55/255; as a decimal where it is no such number."""
    of_255 = round(value * 255, 1)
    return f"{of_255:g}/255" if abs(of_255 - value * 255) < 1e-3 else f"{value:.4g}"


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _shape(value: Any) -> bool:
    sides = value[:2] if isinstance(value, list) and len(value) == 3 else [0]
    return all(side is None or _whole(side) for side in sides) and _whole(value[2])


def _figures(value: Any) -> bool:
    return isinstance(value, dict) and all(figure is None or _number(figure) for figure in value.values())


# What each field must be, in words and as a test of the decoded JSON.
_TEXT = ("a text", _text)
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "kind": ("denoiser or composite", lambda value: value in ("denoiser", "composite")),
    "name": _TEXT,
    "architecture": _TEXT,
    "parameters": ("a whole number", lambda value: value == 0 or _whole(value)),
    "input_shape": ("[height or null, width or null, channels]", _shape),
    "stride": ("a whole number of at least 1", _whole),
    "receptive_field": ("a whole number of at least 1, or null", lambda value: value is None or _whole(value)),
    "noise": _TEXT,
    # Pixels are scaled to [0, 1] before the network; this layout knows no other range.
    "value_range": ("[0, 1]", lambda value: value == [0, 1]),
    "classes": ("a list of texts", lambda value: isinstance(value, list) and all(map(_text, value))),
    "kpis": ("an object of numbers", _figures),
    "dataset": _TEXT,
    "licence": _TEXT,
    "recipe": _TEXT,
    "parity": ("a number", _number),
    "version": _TEXT,
    "created": _TEXT,
    "format": ("a whole number of at least 1", _whole),
    "model_parameters": ("an object", lambda value: isinstance(value, dict)),
    "clean_threshold": ("a number from 0 to 1, or null", lambda value: value is None or _share(value)),
    "noise_scale": ("a number above 0", lambda value: _number(value) and value > 0),
    "max_sigma": ("a number from 0 to 1, or null", lambda value: value is None or _share(value)),
    "bytes_per_pixel": ("a whole number of at least 1, or null", lambda value: value is None or _whole(value)),
    "white": ("a number, or null", lambda value: value is None or _number(value)),
    "offset": ("a number, or null", lambda value: value is None or _number(value)),
}

# Fields that files of format 1 do not have.
_NEW = {"model_parameters", "clean_threshold", "noise_scale", "max_sigma", "bytes_per_pixel", "white", "offset"}
