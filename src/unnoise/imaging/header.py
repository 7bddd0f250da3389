"""What is known of an image beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from unnoise.imaging.formats import Format

PROFILE = "icc-profile-data"


@dataclass(frozen=True)
class Header:
    """What is known of an image beside its pixels.

    Attributes:
        name: How messages call the file.
        format: Its format.
        width, height: Its size in pixels, as stored: no orientation is applied.
        channels: 1 (gray) or 3 (RGB), alpha not counted.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        alpha: Whether it has an alpha channel.
        metadata: EXIF, XMP, IPTC, ICC profile, orientation and resolution by libvips' names.
        resolution: Pixels a millimetre, horizontal and vertical.
        quality: Of a JPEG file, 1 to 100; otherwise None.
        bits: Bits a sample of an AVIF file; otherwise those of the dtype.
        notes: What reading had to change, such as CMYK to sRGB.
    """

    name: str
    format: Format
    width: int
    height: int
    channels: int
    dtype: str
    alpha: bool
    metadata: dict[str, bytes | str | int]
    resolution: tuple[float, float]
    quality: int | None
    bits: int
    notes: tuple[str, ...]

    @property
    def bands(self) -> int:
        """Channels, alpha included."""
        return self.channels + self.alpha

    @property
    def orientation(self) -> int:
        """The EXIF orientation, 1 to 8; 1 is upright."""
        return int(self.metadata.get("orientation", 1))
