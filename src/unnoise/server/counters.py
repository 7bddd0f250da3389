"""What the server counts, as text that Prometheus reads. No image and no name is among it."""

from __future__ import annotations

from collections import Counter

from unnoise.server.work_queue import WorkQueue


class Counters:
    """Counts since the start.

    Attributes:
        responses: By status.
        images: That were denoised.
        pixels: Of these.
        seconds: That their denoising took.
    """

    def __init__(self) -> None:
        self.responses: Counter[int] = Counter()
        self.images = 0
        self.pixels = 0
        self.seconds = 0.0

    def add(self, pixels: int, seconds: float) -> None:
        """Count a denoised image."""
        self.images += 1
        self.pixels += pixels
        self.seconds += seconds

    def text(self, queue: WorkQueue, kept: int) -> str:
        """Return all of it; ``kept`` are the bytes of the answers that are kept."""
        rows = [
            ("responses_total", "counter", "Responses by status.", None),
            ("images_total", "counter", "Images that were denoised.", self.images),
            ("pixels_total", "counter", "Pixels of these images.", self.pixels),
            ("denoising_seconds_total", "counter", "Seconds that their denoising took.", round(self.seconds, 3)),
            ("waiting_images", "gauge", "Images that are uploaded, wait or are worked on.", len(queue.places)),
            ("upload_bytes", "gauge", "Bytes of these uploads.", queue.bytes),
            ("kept_bytes", "gauge", "Bytes of the answers that are kept for the page.", kept),
        ]
        lines = []
        for name, kind, help_, value in rows:
            lines += [f"# HELP unnoise_{name} {help_}", f"# TYPE unnoise_{name} {kind}"]
            if value is not None:
                lines.append(f"unnoise_{name} {value}")
            else:
                counts = sorted(self.responses.items())
                lines += [f'unnoise_{name}{{status="{status}"}} {count}' for status, count in counts]
        return "\n".join(lines) + "\n"
