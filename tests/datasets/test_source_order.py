"""Where files are looked for, in which order, and what is said when they are nowhere."""

import gzip
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from unnoise import datasets
from unnoise.datasets.download import Remote, fetch
from unnoise.datasets.sources import cache_folder
from unnoise.errors import DataError

FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")


@pytest.fixture
def places(tmp_path, monkeypatch, layouts):
    """All places where Fashion-MNIST is looked for, each with another number of images."""
    folders = {
        "data_dir": tmp_path / "given" / "fashion-mnist",
        "UNNOISE_DATA": tmp_path / "variable" / "fashion-mnist",
        "cache": Path(os.environ["UNNOISE_CACHE"]) / "fashion-mnist",
        "system": tmp_path / "system",
    }
    for count, folder in enumerate(folders.values(), start=11):
        layouts.idx(folder, train=count)
    monkeypatch.setattr("unnoise.datasets.mnist.DEBIAN_FOLDER", folders["system"])
    return folders


def test_the_cache_is_in_the_platform_s_folder_unless_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("UNNOISE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("UNNOISE_CACHE")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "platform" / project)
    assert cache_folder() == tmp_path / "platform" / "unnoise"


def test_order(places, monkeypatch):
    monkeypatch.setenv("UNNOISE_DATA", str(places["UNNOISE_DATA"].parent))
    given = places["data_dir"].parent
    assert len(datasets.load("fashion-mnist", data_dir=given)) == 11
    assert len(datasets.load("fashion-mnist")) == 12
    shutil.rmtree(places["UNNOISE_DATA"])
    assert len(datasets.load("fashion-mnist")) == 13
    shutil.rmtree(places["cache"])
    data = datasets.load("fashion-mnist")
    assert len(data) == 14
    assert str(places["system"]) in data.describe()


def test_one_place_must_have_all_files(places):
    (places["data_dir"] / FILES[1]).unlink()
    assert len(datasets.load("fashion-mnist", data_dir=places["data_dir"].parent)) == 13


def test_a_damaged_file_is_never_passed_over(places):
    path = places["data_dir"] / FILES[0]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError) as caught:
        datasets.load("fashion-mnist", data_dir=places["data_dir"].parent)
    assert str(path) in str(caught.value)


def test_a_data_folder_that_is_none(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"data_dir must name a folder.*nowhere"):
        datasets.load("mnist", data_dir=tmp_path / "nowhere")
    monkeypatch.setenv("UNNOISE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"UNNOISE_DATA must name a folder"):
        datasets.load("mnist")
    assert len(datasets.load("fashion-mnist-mini", "test")) == 1000


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mnist", FILES[0]),
        ("fashion-mnist", FILES[1]),
        ("cifar-10", "cifar-10-binary.tar.gz"),
        ("cifar-100", "cifar-100-binary.tar.gz"),
        ("olivetti", "olivettifaces.mat"),
        ("lfw", "lfw-funneled.tgz"),
    ],
)
@pytest.mark.parametrize("download", [True, False])
def test_offline_says_what_where_and_how(tmp_path, name, file, download):
    with pytest.raises(DataError) as caught:
        datasets.load(name, data_dir=tmp_path, download=download)
    message = str(caught.value)
    for words in (name, file, str(tmp_path / name), str(cache_folder() / name), "UNNOISE_DATA", "://"):
        assert words in message
    assert ("no network in tests" if download else "download is off") in message
    assert ("apt install dataset-fashion-mnist" in message) == (name == "fashion-mnist")
    assert not list(cache_folder().rglob("*.*"))


def test_without_pooch_the_error_is_the_same_one(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match=r"pip install 'unnoise\[train\]'"):
        datasets.load("mnist", data_dir=tmp_path)


def serve(content: bytes):
    """Stand in for the network."""

    def retrieve(url, known_hash, fname, path):
        (Path(path) / fname).write_bytes(content)

    return retrieve


def test_download_lands_in_the_cache_and_is_not_repeated(tmp_path, monkeypatch, layouts):
    from unnoise.datasets import olivetti

    layouts.olivetti(tmp_path)
    content = (tmp_path / "olivettifaces.mat").read_bytes()
    monkeypatch.setattr("pooch.retrieve", serve(content))
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    wanted = olivetti.Wanted("olivettifaces.mat", Remote("https://example.org/faces", digest))
    monkeypatch.setattr(olivetti, "FILE", wanted)
    assert len(datasets.load("olivetti")) == 24
    assert (cache_folder() / "olivetti" / "olivettifaces.mat").read_bytes() == content
    assert len(datasets.load("olivetti", download=False)) == 24


def test_a_download_with_another_digest_is_not_kept(monkeypatch):
    monkeypatch.setattr("pooch.retrieve", serve(b"a page that says: not found"))
    for name in ("olivetti", "cifar-10", "mnist"):
        with pytest.raises(DataError, match=r"Download: .* could not be downloaded"):
            datasets.load(name)
    assert not [path for path in cache_folder().rglob("*") if path.is_file()]


def test_the_digest_of_the_content_does_not_depend_on_the_packing(tmp_path, monkeypatch):
    content = b"the same content" * 100
    remote = Remote("https://example.org/x.gz", f"sha256:{hashlib.sha256(content).hexdigest()}", of_content=True)
    for level in (1, 9):
        packed = gzip.compress(content, level)
        monkeypatch.setattr("pooch.retrieve", serve(packed))
        assert fetch(remote, tmp_path / "new" / "x.gz").read_bytes() == packed


def test_the_file_with_the_published_digest_passes(tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.retrieve", serve(b"abc"))
    fetch(Remote("https://example.org/abc", "md5:900150983cd24fb0d6963f7d28e17f72"), tmp_path / "abc")
    with pytest.raises(DataError, match="expected 900150983cd24fb0d6963f7d28e17f73"):
        fetch(Remote("https://example.org/abc", "md5:900150983cd24fb0d6963f7d28e17f73"), tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["abc"]
