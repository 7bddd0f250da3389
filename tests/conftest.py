"""What all tests share: TensorFlow's notices stay out of their output, small images, and one way to run a command."""

import os
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture
def unnoise(monkeypatch, capsys):
    """Run a command within this process; return exit code, standard output and standard error."""
    from unnoise.cli import main

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["unnoise", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run


@dataclass(frozen=True)
class Split:
    """Clean and noisy images of one split."""

    clean: NDArray[np.float32]
    noisy: NDArray[np.float32]


@dataclass(frozen=True)
class Images:
    """Training, validation and test images."""

    train: Split
    val: Split
    test: Split


def smooth_images(count: int, channels: int, seed: int, side: int = 12) -> NDArray[np.float32]:
    """Return sums of a few plane waves, values in [0.15, 0.85]."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side] / side
    waves = np.stack([np.cos(np.pi * (a * rows + b * columns)) for a in range(3) for b in range(3)], axis=-1)
    weights = rng.uniform(-1, 1, (count, channels, waves.shape[-1]))
    images = np.einsum("hwk,nck->nhwc", waves, weights)
    low, high = images.min(axis=(1, 2, 3), keepdims=True), images.max(axis=(1, 2, 3), keepdims=True)
    return (0.15 + 0.7 * (images - low) / (high - low)).astype(np.float32)


def make_images(channels: int) -> Images:
    rng = np.random.default_rng(5)
    splits = []
    for count, seed in ((600, 1), (16, 2), (12, 3)):
        clean = smooth_images(count, channels, seed)
        noisy = np.clip(clean + rng.normal(0, 0.12, clean.shape), 0, 1).astype(np.float32)
        splits.append(Split(clean, noisy))
    return Images(*splits)


@pytest.fixture(scope="session")
def gray() -> Images:
    return make_images(1)


@pytest.fixture(scope="session", params=[1, 3], ids=["gray", "colour"])
def images(request: pytest.FixtureRequest) -> Images:
    return make_images(request.param)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """Four small photographs."""
    from skimage import data

    from unnoise.imaging import Image, write_image

    folder = tmp_path_factory.mktemp("photographs")
    for number, photograph in enumerate((data.astronaut(), data.chelsea(), data.coffee(), data.rocket())):
        write_image(folder / f"{number}.png", Image(np.ascontiguousarray(photograph[60:200, 100:260])))
    return folder
