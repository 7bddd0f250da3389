"""What a packaged model says of itself: JSON under the key ``unnoise`` of the ONNX file's metadata."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from unnoise.errors import ModelFileError

KEY = "unnoise"
FORMAT = 1


@dataclasses.dataclass(frozen=True)
class Metadata:
    """The card of a packaged model.

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
        kpis: Key figures on the test images by name.
        dataset, licence: The training data and its licence.
        recipe: The whole recipe as TOML.
        parity: Largest absolute difference to Keras that packaging measured.
        version: The version of unnoise that wrote it.
        created: The day it was written, ISO 8601.
        format: The version of this layout.
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

    def to_json(self) -> str:
        """Return the card as JSON."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str, origin: str) -> Metadata:
        """Return the card that ``text`` holds.

        Raises:
            ModelFileError: no JSON, a newer layout, or fields that are missing or wrong; ``origin`` is named.
        """
        try:
            content: dict[str, Any] = json.loads(text)
            if content["format"] > FORMAT:
                raise ModelFileError(
                    f"{origin} was packaged by a newer unnoise (layout {content['format']}, this one reads {FORMAT}). "
                    "Upgrade unnoise."
                )
            for field in ("input_shape", "value_range", "classes"):
                content[field] = tuple(content[field])
            card = cls(**content)
        except (ValueError, TypeError, KeyError) as error:
            raise ModelFileError(f"{origin} carries a damaged description ({error}). Package the run again.") from None
        if card.kind not in ("denoiser", "composite") or len(card.input_shape) != 3 or card.stride < 1:
            raise ModelFileError(f"{origin} carries a description that makes no sense. Package the run again.")
        return card

    def describe(self) -> str:
        """Return the card as a few readable lines."""
        height, width, channels = self.input_shape
        size = "any size" if height is None else f"{height}×{width}"
        lines = [
            f"{self.name}: {self.kind}, {self.architecture}, {self.parameters:,} parameters",
            f"images: {size}, {'gray' if channels == 1 else f'{channels} channels'}",
            f"trained on {self.dataset} ({self.licence}) with {self.noise}",
        ]
        if self.kpis:
            lines.append("test: " + ", ".join(f"{name} {value:.4g}" for name, value in self.kpis.items()))
        return "\n".join(lines)
