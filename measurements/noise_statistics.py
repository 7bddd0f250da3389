"""What noise is like: how strong, how far correlated, at which frequencies, how it goes with brightness.

    python -m measurements.noise_statistics POLYU [--cameras choose] [--pool RENDERED.npz ...] [--figure FIT.png]

A simulation of cameras is fitted by it: pools of rendered pairs (arrays ``noisy`` and ``target``, uint8) are measured
as the pairs of PolyU are, and drawn beside them. The noise is the noisy image less the clean one. Luma is that of
BT.601, chroma the differences R − Y and B − Y, whose figures are averaged. Over files, the median and the 10th and 90th
percentile are told. "Without drift" is what is left when the noise's own mean over some 50 pixels is taken off: from
shot to shot light and focus change a little, which a simulation of noise need not have.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from measurements.photo_pairs import CAMERAS, Pair, array_pairs, polyu_pairs
from measurements.tables import RESULTS, write_table
from unnoise.luma import LUMA

Figures = dict[tuple[str, str], float]
"""Figures of one pair by (quantity, place), such as ("luma correlation", "2")."""
Values = npt.NDArray[np.float64]

LAGS = (1, 2, 3, 4, 6, 8, 12)
LEVELS, BANDS = 8, 16
DRIFT = 16
"""Standard deviation in pixels of the Gaussian mean that counts as drift."""
PERCENTILES = {"median": 50, "low": 10, "high": 90}
FAINT = 0.05
"""Noise below this standard deviation, of 255, has no shape to measure: a pair that is clean."""


def correlation(noise: Values, lag: int) -> float:
    """Return the correlation of pixels ``lag`` apart, the mean of both axes."""
    centred = noise - noise.mean()
    products = (centred[lag:] * centred[:-lag]).mean(), (centred[:, lag:] * centred[:, :-lag]).mean()
    return float(np.mean(products) / np.mean(centred**2))


def spectrum(noise: Values) -> Values:
    """Return the power in ``BANDS`` rings of frequency up to 0.5 cycles a pixel; white noise has 1 in all."""
    height, width = noise.shape
    window = np.hanning(height)[:, np.newaxis] * np.hanning(width)
    power = np.abs(np.fft.fft2((noise - noise.mean()) * window)) ** 2
    radius = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.fftfreq(width))
    ring = np.minimum((radius * 2 * BANDS).astype(int), BANDS)  # the corners, beyond 0.5, are left out
    sums = np.bincount(ring.ravel(), power.ravel(), BANDS + 1)[:BANDS]
    return np.asarray(sums / np.bincount(ring.ravel(), minlength=BANDS + 1)[:BANDS] / power.mean())


def by_level(noise: Values, luma: Values) -> Values:
    """Return the noise's standard deviation in ``LEVELS`` bins of the clean luma; NaN where there is too little."""
    place = np.clip((luma * LEVELS).astype(int), 0, LEVELS - 1)
    return np.array([noise[place == k].std() if (place == k).sum() >= 400 else np.nan for k in range(LEVELS)])


def figures(pair: Pair) -> Figures:
    """Return the figures of one pair."""
    difference = (pair.noisy.astype(np.float64) - pair.clean) * 255
    luma = difference @ LUMA.astype(np.float64)
    channels = {"luma": [luma], "chroma": [difference[..., c] - luma for c in (0, 2)]}
    clean_luma = pair.clean @ LUMA
    found: Figures = {}
    for name, planes in channels.items():
        found[f"{name} sigma", ""] = float(np.mean([plane.std() for plane in planes]))
        levels = np.mean([by_level(plane, clean_luma) for plane in planes], axis=0)
        found |= {(f"{name} sigma by brightness", f"{(k + 0.5) / LEVELS:.4f}"): v for k, v in enumerate(levels)}
        if found[f"{name} sigma", ""] < FAINT:
            continue
        for lag in LAGS:
            found[f"{name} correlation", str(lag)] = float(np.mean([correlation(plane, lag) for plane in planes]))
        steady = [plane - gaussian_filter(plane, DRIFT) for plane in planes]
        found[f"{name} sigma without drift", ""] = float(np.mean([plane.std() for plane in steady]))
        for lag in LAGS:
            key = f"{name} correlation without drift", str(lag)
            found[key] = float(np.mean([correlation(plane, lag) for plane in steady]))
        rings = np.mean([spectrum(plane) for plane in planes], axis=0)
        found |= {(f"{name} spectrum", f"{(k + 0.5) / BANDS / 2:.4f}"): v for k, v in enumerate(rings)}
    if found["luma sigma", ""] >= FAINT:
        found["chroma sigma / luma sigma", ""] = found["chroma sigma", ""] / found["luma sigma", ""]
    return found


def summary(pairs: Iterable[Pair]) -> dict[tuple[str, str], dict[str, float]]:
    """Return median and percentiles over pairs of each figure, and in ``pairs`` how many pairs have it."""
    of_pairs = [figures(pair) for pair in pairs]
    table = {}
    for key in dict.fromkeys(key for found in of_pairs for key in found):
        values = np.array([found[key] for found in of_pairs if np.isfinite(found.get(key, np.nan))])
        if len(values):
            table[key] = {name: float(np.percentile(values, p)) for name, p in PERCENTILES.items()}
            table[key]["pairs"] = len(values)
    return table


def in_words(summarised: dict[tuple[str, str], dict[str, float]]) -> str:
    """Return the medians of what tells most in a few lines."""
    lines = []
    for name in ("luma", "chroma"):
        for drift in ("", " without drift"):
            lags = [summarised[f"{name} correlation{drift}", str(lag)]["median"] for lag in (1, 2, 4, 8)]
            sigma = summarised[f"{name} sigma{drift}", ""]
            lines.append(
                f"{name + drift:<20} sigma {sigma['median']:.2f} ({sigma['low']:.2f} to {sigma['high']:.2f}), "
                f"correlation at 1, 2, 4, 8 pixels: {', '.join(f'{value:.2f}' for value in lags)}"
            )
    return "\n".join(lines)


def draw(sources: dict[str, dict[tuple[str, str], dict[str, float]]], path: Path) -> None:
    """Draw correlation, spectrum and strength by brightness of all sources; bands are the 10th to 90th percentile."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = {
        "correlation without drift": "pixels apart",
        "spectrum": "cycles a pixel; white noise has 1 throughout",
        "sigma by brightness": "brightness",
    }
    figure, axes = pyplot.subplots(2, len(columns), figsize=(13, 7), layout="constrained")
    for row, channel in zip(axes, ("luma", "chroma"), strict=True):
        for axis, (quantity, label) in zip(row, columns.items(), strict=True):
            for source, found in sources.items():
                rows = {float(key[1]): value for key, value in found.items() if key[0] == f"{channel} {quantity}"}
                (line,) = axis.plot(list(rows), [value["median"] for value in rows.values()], marker=".", label=source)
                low, high = ([value[name] for value in rows.values()] for name in ("low", "high"))
                axis.fill_between(list(rows), low, high, color=line.get_color(), alpha=0.15, linewidth=0)
            axis.set_title(f"{channel}: {quantity}")
            axis.set_xlabel(label)
            axis.grid(alpha=0.3)
            if quantity == "spectrum":
                axis.set_yscale("log")
    axes[0, 0].legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


def main() -> None:
    """Measure, print, write the table and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("polyu", type=Path, help="folder of *_real.JPG and *_mean.JPG")
    parser.add_argument("--cameras", choices=CAMERAS, default="choose")
    parser.add_argument("--pool", type=Path, nargs="+", default=[], help=".npz with uint8 arrays noisy and target")
    parser.add_argument("--figure", type=Path, help="where to draw all beside each other")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "noise_statistics.csv")
    asked = parser.parse_args()
    sources = {f"PolyU, {asked.cameras}": summary(polyu_pairs(asked.polyu, asked.cameras))}
    sources |= {pool.stem: summary(array_pairs(pool)) for pool in asked.pool}
    rows = []
    for source, found in sources.items():
        print(f"{source}\n{in_words(found)}")
        for (quantity, place), values in found.items():
            spread = [f"{values[name]:.4g}" for name in PERCENTILES]
            rows.append([source, quantity, place, *spread, int(values["pairs"])])
    write_table(asked.output, ["source", "quantity", "at", *PERCENTILES, "pairs"], rows)
    if asked.figure:
        draw(sources, asked.figure)


if __name__ == "__main__":
    main()
