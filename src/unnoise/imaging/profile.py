"""The colour profile that PNG's chunks gAMA and cHRM amount to, for formats that know profiles only.

References: W3C, "Portable Network Graphics (PNG) Specification", 3rd ed., 2025, 11.3.2; ICC.1:2001-04, "File Format for
Color Profiles"; Lam, "Metamerism and Colour Constancy", 1985, whose Bradford transform adapts the white.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

_SRGB_GAMMA, _SRGB = 45455, (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
# Of gamma in hundred thousandths, and of chromaticities; what is nearer to sRGB is taken for it.
_NEAR = (500, 100)
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def profile_of(chunks: Mapping[str, bytes], *, gray: bool) -> bytes | None:
    """Return the ICC profile for the chunks gAMA and cHRM of a PNG file; None where they say sRGB, or nothing.

    Args:
        chunks: Contents by type; sRGB and iCCP count more than both.
        gray: Whether the profile is for one channel, which has no primaries.
    """
    if not {"gAMA", "cHRM"} & set(chunks) or {"sRGB", "iCCP"} & set(chunks):
        return None
    gamma = int.from_bytes(chunks.get("gAMA", b""), "big") or _SRGB_GAMMA
    places = struct.unpack(">8I", chunks["cHRM"]) if len(chunks.get("cHRM", b"")) == 32 else _SRGB
    near = gray or max(abs(a - b) for a, b in zip(places, _SRGB, strict=True)) <= _NEAR[1]
    if near and abs(gamma - _SRGB_GAMMA) <= _NEAR[0]:
        return None
    curve = b"curv" + struct.pack(">IIHH", 0, 1, min(round(256 * 1e5 / gamma), 65535), 0)
    if gray:
        return _profile(b"GRAY", {b"kTRC": curve})
    columns = _adapted(places)
    if columns is None:
        return None
    tags = {name + b"XYZ": _xyz(column) for name, column in zip((b"r", b"g", b"b"), columns.T, strict=True)}
    return _profile(b"RGB ", tags | {name + b"TRC": curve for name in (b"r", b"g", b"b")})


def _adapted(places: tuple[int, ...]) -> npt.NDArray[np.float64] | None:
    """Return X, Y, Z of red, green and blue in columns, adapted to D50; None where the chromaticities are none."""
    x, y = np.array(places, np.float64).reshape(4, 2).T / 1e5
    if (y <= 0).any():
        return None
    white, *primaries = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    columns = np.stack(primaries, axis=1)
    if abs(np.linalg.det(columns)) < 1e-6:
        return None
    columns = columns * np.linalg.solve(columns, white)
    scale = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adapted: npt.NDArray[np.float64] = np.linalg.solve(_BRADFORD, scale @ _BRADFORD @ columns)
    return adapted if np.isfinite(adapted).all() and np.abs(adapted).max() < 100 else None


def _xyz(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in values))


def _profile(colours: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """Return a display profile of version 2 with the tags and those that every profile has."""
    name = b"gAMA and cHRM\0"
    text = b"desc" + struct.pack(">II", 0, len(name)) + name + bytes(8 + 3 + 67)
    tags = {b"desc": text, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": _xyz(_D50), **tags}
    place = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for kind, tag in tags.items():
        table += kind + struct.pack(">II", place + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    head = struct.pack(">I4sI4s4s4s", place + len(content), bytes(4), 0x02100000, b"mntr", colours, b"XYZ ")
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + content
