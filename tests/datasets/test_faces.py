"""Olivetti and LFW, from generated files in the official layouts."""

import numpy as np
import pytest

from unnoise import datasets
from unnoise.errors import DataError, MissingExtraError


@pytest.fixture
def olivetti(tmp_path, layouts):
    layouts.olivetti(tmp_path / "olivetti")
    return tmp_path


def test_olivetti_images_stand_upright_and_are_split_by_image(olivetti):
    train, test = (datasets.load("olivetti", split, data_dir=olivetti) for split in ("train", "test"))
    assert train.images[:, 9, 9, 0].tolist() == [n for n in range(30) if n % 10 < 8]
    assert test.images[:, 9, 9, 0].tolist() == [8, 9, 18, 19, 28, 29]
    assert test.labels.tolist() == test.groups.tolist() == [0, 0, 1, 1, 2, 2]
    assert np.argwhere(test.images[0] == 255).tolist() == [[0, 63, 0]]
    assert test.class_names == ("person 1", "person 2", "person 3")


def test_olivetti_stored_as_doubles(tmp_path, layouts, olivetti):
    layouts.olivetti(tmp_path / "doubles", dtype="float64")
    doubles = datasets.load("olivetti", data_dir=tmp_path / "doubles")
    np.testing.assert_array_equal(doubles.images, datasets.load("olivetti", data_dir=olivetti).images)


def test_olivetti_with_fractions_is_refused(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "olivettifaces.mat", {"faces": np.full((4096, 10), 0.5)})
    with pytest.raises(DataError, match="whole numbers 0 to 255"):
        datasets.load("olivetti", data_dir=tmp_path)


@pytest.mark.parametrize("shape", [(4095, 10), (4096, 11), (4096, 0), (400, 4096)])
def test_olivetti_of_another_shape(tmp_path, shape):
    from scipy.io import savemat

    savemat(tmp_path / "olivettifaces.mat", {"faces": np.zeros(shape, np.uint8)})
    with pytest.raises(DataError, match="4096×400"):
        datasets.load("olivetti", data_dir=tmp_path)


def test_olivetti_without_faces(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "olivettifaces.mat", {"houses": np.zeros((4096, 10), np.uint8)})
    with pytest.raises(DataError, match="'faces'"):
        datasets.load("olivetti", data_dir=tmp_path)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kept", [0, 4, 127, 128, 0.3, 0.9, -1])
def test_olivetti_truncated(tmp_path, layouts, kept, compressed):
    layouts.olivetti(tmp_path, compressed=compressed)
    path = tmp_path / "olivettifaces.mat"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(DataError) as caught:
        datasets.load("olivetti", data_dir=tmp_path)
    assert str(path) in str(caught.value)


def test_missing_scipy_names_the_extra(olivetti, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.io", None)
    with pytest.raises(MissingExtraError, match=r"scipy.*pip install 'unnoise\[train\]'"):
        datasets.load("olivetti", data_dir=olivetti)


@pytest.fixture
def lfw(tmp_path, layouts):
    layouts.lfw(tmp_path / "lfw" / "lfw_funneled")
    return tmp_path


def test_lfw_persons_are_never_in_both_splits(lfw):
    train, test = (datasets.load("lfw", split, data_dir=lfw) for split in ("train", "test"))
    assert test.labels.tolist() == [4]
    assert train.labels.tolist() == [0, 1, 1, 2, 3, 3, 5, 5]
    assert not set(train.groups) & set(test.groups)
    assert test.class_names[4] == "Enn Example"


def test_lfw_is_cropped_halved_and_gray(lfw):
    data = datasets.load("lfw", "test", data_dir=lfw)
    assert data.images.shape == (1, 62, 47, 1)
    np.testing.assert_allclose(data.images[0, 8:, 8:], 80, atol=2)
    # Its block of 2×2 is one pixel here; JPEG blurs it a little.
    assert np.unravel_index(data.images[0].argmax(), (62, 47, 1)) == (0, 0, 0)


def test_lfw_archive_equals_folder(lfw, tmp_path, layouts):
    tree = lfw / "lfw"
    files = {path.relative_to(tree).as_posix(): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}
    files["lfw_funneled/../.._0001.jpg"] = b"outside"
    layouts.tar(tmp_path / "packed" / "lfw-funneled.tgz", files)
    packed = datasets.load("lfw", data_dir=tmp_path / "packed")
    folder = datasets.load("lfw", data_dir=lfw)
    np.testing.assert_array_equal(packed.images, folder.images)
    np.testing.assert_array_equal(packed.labels, folder.labels)
    assert packed.source.startswith(str(tmp_path / "packed" / "lfw-funneled.tgz"))


def test_lfw_archive_truncated(lfw, tmp_path, layouts):
    path = tmp_path / "packed" / "lfw-funneled.tgz"
    tree = lfw / "lfw"
    files = {p.relative_to(tree).as_posix(): p.read_bytes() for p in sorted(tree.rglob("*.jpg"))}
    layouts.tar(path, files)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError) as caught:
        datasets.load("lfw", data_dir=path.parent)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [0, 100, 0.5])
def test_lfw_damaged_image(lfw, kept):
    path = lfw / "lfw" / "lfw_funneled" / "Ann_Example" / "Ann_Example_0001.jpg"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(DataError) as caught:
        datasets.load("lfw", data_dir=lfw)
    assert str(path) in str(caught.value)


def test_lfw_image_of_another_size(lfw):
    from skimage.io import imsave

    path = lfw / "lfw" / "lfw_funneled" / "Ann_Example" / "Ann_Example_0001.jpg"
    imsave(path, np.zeros((100, 100, 3), np.uint8), check_contrast=False)
    with pytest.raises(DataError, match="250×250"):
        datasets.load("lfw", data_dir=lfw)


def test_lfw_needs_five_persons(tmp_path, layouts):
    layouts.lfw(tmp_path / "lfw_funneled", persons=4)
    with pytest.raises(DataError, match="at least 5 persons"):
        datasets.load("lfw", "test", data_dir=tmp_path)
