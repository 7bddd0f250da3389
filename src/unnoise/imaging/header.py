"""What is known of an image beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from unnoise.imaging.formats import Format
from unnoise.imaging.metadata import Metadata


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
        metadata: EXIF, XMP, IPTC, ICC profile, orientation, resolution and what else there is.
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
    metadata: Metadata
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
        return self.metadata.orientation
