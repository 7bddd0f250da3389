"""Photoshop's image resources, in which JPEG files hold IPTC; TIFF files hold both apart."""

from __future__ import annotations

from collections.abc import Iterator

IPTC = 0x0404
# Pictures of the whole image, as it was.
_THUMBNAILS = (0x0409, 0x040C)
_MARK = b"8BIM"


def resources(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the resources, each by its number and with all its bytes; those after a damaged one are left out."""
    place = 0
    while content[place : place + 4] == _MARK:
        number = int.from_bytes(content[place + 4 : place + 6], "big")
        start = place + 6 + (content[place + 6] + 2) // 2 * 2 if place + 6 < len(content) else len(content)
        length = int.from_bytes(content[start : start + 4], "big")
        end = start + 4 + length + length % 2
        if end > len(content) + 1:
            return
        yield number, content[place:end]
        place = end


def without_thumbnails(content: bytes) -> tuple[bytes | None, bool]:
    """Return the resources without pictures, None where nothing is left; and whether there were any."""
    found = list(resources(content))
    kept = b"".join(block for number, block in found if number not in _THUMBNAILS)
    return kept or None, any(number in _THUMBNAILS for number, _ in found)


def iptc_of(content: bytes) -> bytes | None:
    """Return the IPTC records within the resources."""
    for number, block in resources(content):
        if number == IPTC:
            start = 6 + (block[6] + 2) // 2 * 2
            return block[start + 4 : start + 4 + int.from_bytes(block[start : start + 4], "big")]
    return None


def with_iptc(iptc: bytes) -> bytes:
    """Return resources that hold IPTC records."""
    return _MARK + IPTC.to_bytes(2, "big") + bytes(2) + len(iptc).to_bytes(4, "big") + iptc + b"\0" * (len(iptc) % 2)
