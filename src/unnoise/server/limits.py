"""What one request, and all of them together, may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of the server.

    Attributes:
        max_bytes: Bytes of one upload, counted as they come.
        max_pixels: Pixels of one image, read from its header before anything is decoded.
        max_seconds: From the end of an upload to its answer, the time in the queue included.
        upload_seconds: For one whole upload.
        silence_seconds: For which a client may send nothing in the midst of an upload or of a request's headers.
        max_waiting: Images that are uploaded, wait or are worked on at once.
        at_once: Images at work at once: while one is decoded or encoded, the network is busy with another.
        bytes_in_flight: Bytes of all uploads that wait or are worked on.
        kept_bytes: Bytes of the answers that are kept for the page, in temporary files without a name.
        kept_seconds: For which an answer is kept after it was last asked for.
    """

    max_bytes: int = 256 << 20
    max_pixels: int = 100_000_000
    max_seconds: float = 600.0
    upload_seconds: float = 120.0
    silence_seconds: float = 15.0
    max_waiting: int = 64
    at_once: int = 2
    bytes_in_flight: int = 1 << 30
    kept_bytes: int = 8 << 30
    kept_seconds: float = 3600.0
