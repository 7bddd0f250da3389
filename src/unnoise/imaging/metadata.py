"""What belongs to a picture beside its pixels, whatever the container calls it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True)
class Resolution:
    """How large pixels are meant to be shown or how large they are.

    Attributes:
        x, y: Pixels a unit.
        unit: None where only the ratio of both counts, or the unit is told elsewhere.
    """

    x: Fraction
    y: Fraction
    unit: Literal["inch", "cm", "m"] | None

    def in_unit(self, unit: Literal["inch", "cm", "m"]) -> Resolution:
        """Return the same resolution a ``unit``."""
        if self.unit is None or self.unit == unit:
            return self
        centimetres = {"inch": Fraction(254, 100), "cm": Fraction(1), "m": Fraction(100)}
        factor = centimetres[unit] / centimetres[self.unit]
        return Resolution(self.x * factor, self.y * factor, unit)


@dataclass(frozen=True)
class Metadata:
    """What an image file holds beside the pixels, as bytes that are carried and not interpreted where possible.

    Attributes:
        exif: The EXIF block, from its byte order mark on, without thumbnail.
        xmp: The XMP packet.
        photoshop: Photoshop's image resources, without thumbnail; IPTC is among them.
        icc_profile: The colour profile.
        cicp: Colour by code points of ITU-T H.273: primaries, transfer, matrix, full range.
        orientation: By EXIF's numbers, 1 to 8, as the pixels are stored.
        resolution: Of the container itself, not of its EXIF block.
        own: What only this container knows, such as PNG's text chunks: ``(kind, content)``, carried into the same
            container alone.
        left_out: What is not kept by whatever is written, in words such as "1 of 2 pictures".
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    photoshop: bytes | None = None
    icc_profile: bytes | None = None
    cicp: tuple[int, int, int, int] | None = None
    orientation: int = 1
    resolution: Resolution | None = None
    own: tuple[tuple[str, bytes], ...] = ()
    left_out: tuple[str, ...] = ()

    def stripped(self) -> Metadata:
        """Return only what the picture looks wrong without: profile, colour, orientation and the pixels' shape."""
        square = self.resolution is None or self.resolution.x == self.resolution.y
        return Metadata(
            icc_profile=self.icc_profile,
            cicp=self.cicp,
            orientation=self.orientation,
            resolution=None if square else self.resolution,
        )

    def kinds(self) -> list[str]:
        """Return what there is, in the field's words."""
        named = {
            "EXIF": self.exif, "XMP": self.xmp, "IPTC": self.photoshop, "ICC profile": self.icc_profile,
            "colour code points": self.cicp,
        }  # fmt: skip
        return [name for name, value in named.items() if value is not None]


NONE = Metadata()
