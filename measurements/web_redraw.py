"""How long the page takes to blend anew what is on the screen: a change of strength, at 24 megapixels, in Chromium.

Usage: python -m measurements.web_redraw [-o web_redraw.csv]

The screen is 1920 × 1080 pixels, at the whole image and at 100 %, strength and colour strength apart. The time is that
of the viewer's draw and of a readback of a pixel, by which everything is drawn. Loopback only.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from unnoise import write_image

CHANGES = 50

_MEASURE = """(changes) => {
    const {viewer} = unnoise, times = [];
    viewer.divide(0);
    for (let n = 0; n < changes; n++) {
        const started = performance.now();
        viewer.luma = (n % 97) / 97;
        viewer.chroma = (n % 89) / 89;
        viewer.draw();
        viewer.canvas.getContext("2d").getImageData(0, 0, 1, 1);
        times.push(performance.now() - started);
    }
    return times;
}"""


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("measurements/results/web_redraw.csv"))
    parser.add_argument("--model", default="photo-fast")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.jpg"
        rng = np.random.default_rng(0)
        write_image(image, rng.normal(128, 12, (4000, 6000, 3)).clip(0, 255).astype(np.uint8))
        rows = measure(image, arguments.model)
    with arguments.output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(row)


def measure(image: Path, model: str) -> list[dict[str, object]]:
    """Return a row for each zoom."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    command = [sys.executable, "-m", "unnoise", "web", "--port", "0", "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    found = re.search(r"http://\S+", server.stdout.readline())
    assert found is not None
    rows: list[dict[str, object]] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(found[0])
            while not page.evaluate(f"document.querySelector('#model [value={model}]') !== null"):
                page.wait_for_timeout(50)
            page.evaluate(f"document.getElementById('model').value = '{model}'")
            page.set_input_files("#files", image)
            # The canvas takes the whole screen.
            page.evaluate(
                "() => { const {style} = document.getElementById('stage'); "
                "Object.assign(style, {position: 'fixed', inset: 0, zIndex: 9}); }"
            )
            while not page.evaluate("!!unnoise.viewer.after"):
                page.wait_for_timeout(200)
            for zoom in ("fit", "one"):
                page.evaluate(f"document.querySelector('[data-zoom={zoom}]').click()")
                page.wait_for_timeout(500)
                while page.evaluate("unnoise.viewer.squares.pending"):
                    page.wait_for_timeout(100)
                size = page.evaluate("[unnoise.viewer.canvas.width, unnoise.viewer.canvas.height]")
                times = page.evaluate(_MEASURE, CHANGES)
                rows.append(
                    {
                        "zoom": {"fit": "the whole image", "one": "100 %"}[zoom],
                        "canvas": f"{size[0]}x{size[1]}",
                        "best_ms": round(min(times), 1),
                        "median_ms": round(statistics.median(times), 1),
                        "worst_ms": round(max(times), 1),
                    }
                )
            browser.close()
    finally:
        server.terminate()
        server.wait(30)
    return rows


if __name__ == "__main__":
    main()
