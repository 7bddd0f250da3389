"""Tiny data sets in the official layouts, written by code that does not share a line with the readers."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

RNG_SEED = 7


@pytest.fixture(autouse=True)
def _sealed(request, monkeypatch, tmp_path_factory):
    """No test sees the machine's caches, system folders or network; the data tests alone see UNNOISE_DATA."""
    if request.node.get_closest_marker("data") is None:
        monkeypatch.delenv("UNNOISE_DATA", raising=False)
    monkeypatch.setenv("UNNOISE_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr("unnoise.datasets.mnist.DEBIAN_FOLDER", tmp_path_factory.mktemp("debian"))

    def no_network(url, **_):
        raise OSError(f"no network in tests: {url}")

    monkeypatch.setattr("pooch.retrieve", no_network)


@pytest.fixture
def real_data():
    """The folder of the full data sets; skips the test where there is none."""
    folder = os.environ.get("UNNOISE_DATA")
    if not folder:
        pytest.skip("UNNOISE_DATA is not set")
    return Path(folder)


def write_idx(folder: Path, *, train: int = 20, test: int = 10, packed: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(RNG_SEED)
    for prefix, count in (("train", train), ("t10k", test)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        files = {
            f"{prefix}-images-idx3-ubyte": struct.pack(">IIII", 2051, count, 28, 28) + images.tobytes(),
            f"{prefix}-labels-idx1-ubyte": struct.pack(">II", 2049, count) + labels.tobytes(),
        }
        for name, content in files.items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)


def cifar_files(classes: int, records: int = 4) -> dict[str, bytes]:
    """Each record's red, green and blue planes are constant: label, label + 1, label + 2."""
    folder = "cifar-10-batches-bin" if classes == 10 else "cifar-100-binary"

    def batch(start: int) -> bytes:
        content = b""
        for label in ((start + index) % classes for index in range(records)):
            plane = [bytes([label + channel]) * 1024 for channel in range(3)]
            prefix = bytes([label]) if classes == 10 else bytes([label // 5, label])
            content += prefix + b"".join(plane)
        return content

    if classes == 10:
        files = {f"data_batch_{number}.bin": batch(number) for number in range(1, 6)}
        files |= {"test_batch.bin": batch(6), "batches.meta.txt": _lines("class", 10) + b"\n", "readme.html": b"<p>"}
    else:
        files = {"train.bin": batch(50), "test.bin": batch(96)}
        files |= {"fine_label_names.txt": _lines("fine", 100), "coarse_label_names.txt": _lines("coarse", 20)}
    return {f"{folder}/{name}": content for name, content in files.items()}


def _lines(word: str, count: int) -> bytes:
    return "".join(f"{word} {index}\n" for index in range(count)).encode()


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write_tree(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def write_olivetti(folder: Path, persons: int = 3, dtype: str = "uint8", compressed: bool = True) -> None:
    """Image n is n everywhere but in its top right corner, where it is 255."""
    from scipy.io import savemat

    folder.mkdir(parents=True, exist_ok=True)
    images = np.repeat(np.arange(persons * 10), 64 * 64).reshape(-1, 64, 64)
    images[:, 0, 63] = 255
    columns = images.transpose(0, 2, 1).reshape(-1, 4096).T
    savemat(folder / "olivettifaces.mat", {"faces": columns.astype(dtype)}, do_compression=compressed)


def write_lfw(folder: Path, persons: int = 6) -> None:
    """Person n has n % 2 + 1 images, gray 20 n outside the top left 2×2 block of the face, which is 20 n + 40."""
    from skimage.io import imsave

    for person in range(persons):
        name = f"{'ABCDEFGHIJ'[person]}nn_Example"
        (folder / name).mkdir(parents=True)
        pixels = np.full((250, 250, 3), 20 * person, np.uint8)
        pixels[70:72, 78:80] += 40
        for number in range(1, person % 2 + 2):
            imsave(folder / name / f"{name}_{number:04d}.jpg", pixels, check_contrast=False)
    (folder / "pairs_01.txt").write_text("not an image")


@pytest.fixture
def official(tmp_path) -> Callable[..., Path]:
    """Write the tiny version of a data set into a data folder, and give that folder."""

    def write(name: str, root: Path | None = None) -> Path:
        root = root or tmp_path / "data"
        folder = root / name
        if name in ("mnist", "fashion-mnist"):
            write_idx(folder)
        elif name in ("cifar-10", "cifar-100"):
            write_tar(folder / f"{name}-binary.tar.gz", cifar_files(int(name[6:])))
        elif name == "olivetti":
            write_olivetti(folder)
        elif name == "lfw":
            write_lfw(folder / "lfw_funneled")
        elif name in ("digits", "fashion-mnist-mini"):  # the real thing is in a package
            root.mkdir(parents=True, exist_ok=True)
        else:
            raise AssertionError(f"{name} has no tiny version: write one here, so that the battery tests it")
        return root

    return write


@pytest.fixture
def layouts():
    """The single writers, for tests that need another size, place or packing."""

    class Layouts:
        idx = staticmethod(write_idx)
        cifar = staticmethod(cifar_files)
        tar = staticmethod(write_tar)
        tree = staticmethod(write_tree)
        olivetti = staticmethod(write_olivetti)
        lfw = staticmethod(write_lfw)

    return Layouts
