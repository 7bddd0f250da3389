"""A folder of images as a data set."""

import numpy as np
import pytest

from unnoise import datasets
from unnoise.errors import DataError, UsageError


def write(path, value, *, shape=(6, 8, 3), dtype=np.uint8):
    from skimage.io import imsave

    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, np.full(shape, value, dtype), check_contrast=False)


@pytest.fixture
def flat(tmp_path):
    for number in range(7):
        write(tmp_path / f"{number}.png", 10 * number)
    return tmp_path


def test_every_fifth_image_is_for_the_test(flat):
    train, test = (datasets.load(str(flat), split) for split in ("train", "test"))
    assert train.images[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 50, 60]
    assert test.images[:, 0, 0, 0].tolist() == [40]
    assert train.image_shape == (6, 8, 3)
    assert train.labels is None
    assert train.class_names == ()
    assert train.describe() == f"{flat} train: 6 images 6×8×3 uint8, no labels, from {flat}"


def test_sub_folders_are_classes(tmp_path):
    for name, first in (("cat", 0), ("dog", 100)):
        for number in range(5):
            write(tmp_path / name / f"{number}.png", first + number)
    train, test = (datasets.load(tmp_path, split) for split in ("train", "test"))
    assert train.class_names == test.class_names == ("cat", "dog")
    assert train.labels.tolist() == [0] * 4 + [1] * 4
    assert test.labels.tolist() == [0, 1]
    assert test.images[:, 0, 0, 0].tolist() == [4, 104]


def test_sub_folders_train_and_test(tmp_path):
    write(tmp_path / "train" / "cat" / "1.png", 1)
    write(tmp_path / "train" / "dog" / "1.png", 2)
    write(tmp_path / "test" / "dog" / "1.png", 3)
    assert datasets.load(tmp_path).labels.tolist() == [0, 1]
    test = datasets.load(tmp_path, "test")
    assert test.labels.tolist() == [1]
    assert test.images[0, 0, 0, 0] == 3
    write(tmp_path / "test" / "emu" / "1.png", 4)
    with pytest.raises(DataError, match=r"'emu'"):
        datasets.load(tmp_path, "test")


def test_gray_images_have_one_channel(tmp_path):
    write(tmp_path / "1.png", 7, shape=(6, 8))
    assert datasets.load(tmp_path).image_shape == (6, 8, 1)


def test_sixteen_bits_stay_and_are_floats_of_their_range(tmp_path):
    write(tmp_path / "1.png", 65535 // 3, shape=(6, 8), dtype=np.uint16)
    data = datasets.load(tmp_path)
    assert data.images.dtype == np.uint16
    np.testing.assert_allclose(data.to_float(), 1 / 3, atol=1e-6)


@pytest.mark.parametrize(
    "other", [{"shape": (6, 9, 3)}, {"shape": (6, 8)}, {"dtype": np.uint16, "shape": (6, 8)}], ids=str
)
def test_the_first_image_that_differs_is_named(flat, other):
    write(flat / "3.png", 1, **other)
    with pytest.raises(DataError, match=r"6×8×3 uint8, but .*3\.png is .*Crop, resize or convert"):
        datasets.load(flat)


def test_too_few_for_a_test_set(tmp_path):
    write(tmp_path / "1.png", 1)
    with pytest.raises(DataError, match=r"no images for test.*at least 5"):
        datasets.load(tmp_path, "test")


def test_empty_folder(tmp_path):
    with pytest.raises(DataError, match="has no images"):
        datasets.load(tmp_path)


def test_images_both_outside_and_inside_of_class_folders(flat):
    write(flat / "cat" / "1.png", 1)
    with pytest.raises(DataError, match="directly in it"):
        datasets.load(flat)


def test_missing_folder():
    with pytest.raises(DataError, match="no folder /no/such/folder"):
        datasets.load("/no/such/folder")


def test_images_of_any_size_are_cut_into_squares_that_stay_together(tmp_path):
    from skimage.io import imsave

    big = np.arange(2 * 5 * 7 * 3, dtype=np.uint8).reshape(2, 5, 7, 3)[0]
    imsave(tmp_path / "a.png", big, check_contrast=False)
    write(tmp_path / "b.png", 9, shape=(4, 3, 3))
    data = datasets.load(tmp_path, tile=2)
    assert data.images.shape == (2 * 3 + 2 * 1, 2, 2, 3)
    np.testing.assert_array_equal(data.images[4], big[2:4, 2:4])
    assert (data.images[6:] == 9).all()
    assert data.groups.tolist() == [0] * 6 + [1] * 2
    train, validation = datasets.split_validation(data, 2, seed=0)
    assert validation.groups.tolist() == [1, 1] or set(train.groups) == {1}
    with pytest.raises(DataError, match=r"b\.png is 4×3×3 uint8, smaller than a tile of 4"):
        datasets.load(tmp_path, tile=4)


def test_squares_have_the_class_of_their_image(tmp_path):
    write(tmp_path / "cat" / "1.png", 1, shape=(4, 4, 3))
    write(tmp_path / "dog" / "1.png", 2, shape=(2, 4, 3))
    data = datasets.load(tmp_path, tile=2)
    assert data.labels.tolist() == [0, 0, 0, 0, 1, 1]
    assert data.images[:, 0, 0, 0].tolist() == [1, 1, 1, 1, 2, 2]


def test_a_data_set_is_not_cut():
    with pytest.raises(UsageError, match=r"Only folders of images are cut into tiles; digits is a data set"):
        datasets.load("digits", tile=4)


def test_a_folder_may_lie_in_the_folder_for_data(flat, monkeypatch):
    by_option = datasets.load(flat.name, data_dir=flat.parent)
    monkeypatch.setenv("UNNOISE_DATA", str(flat.parent))
    assert len(datasets.load(flat.name)) == len(by_option) == 6


def test_a_folder_that_is_nowhere_is_told_with_the_places(tmp_path):
    with pytest.raises(DataError, match=rf"no folder my/photographs with images .*{tmp_path}/my/photographs"):
        datasets.load("my/photographs", data_dir=tmp_path)
    with pytest.raises(UsageError, match=rf"neither a data set nor a folder of images .*{tmp_path}/photographs"):
        datasets.load("photographs", data_dir=tmp_path)
