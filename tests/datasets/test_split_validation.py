"""Validation data, and the checks of `Dataset`."""

import numpy as np
import pytest

from unnoise.datasets import Dataset, split_validation
from unnoise.errors import DataError, UsageError


def numbered(count, groups=None, split="train"):
    images = np.arange(count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    labels = np.arange(count, dtype=np.int64) % 2
    return Dataset("numbers", split, images, labels, ("even", "odd"), "a test", "CC0", groups)


def numbers(dataset):
    return dataset.images.ravel().tolist()


def test_the_two_parts_are_the_whole_in_order():
    train, validation = split_validation(numbered(50), 12, seed=3)
    assert sorted(numbers(train) + numbers(validation)) == list(range(50))
    assert numbers(validation) == sorted(numbers(validation))
    assert (len(train), train.split) == (38, "train")
    assert (len(validation), validation.split) == (12, "validation")
    assert validation.labels.tolist() == [number % 2 for number in numbers(validation)]


def test_the_seed_decides():
    first, again, other = (split_validation(numbered(50), 12, seed=seed)[1] for seed in (3, 3, 4))
    assert numbers(first) == numbers(again) != numbers(other)


def test_every_record_is_drawn_about_equally_often():
    counts = np.zeros(20)
    for seed in range(400):
        counts[numbers(split_validation(numbered(20), 5, seed=seed)[1])] += 1
    assert np.all(np.abs(counts - 100) < 45)  # 5 standard deviations of a binomial(400, 1/4)


@pytest.mark.parametrize("count", [1, 2, 5, 11])
def test_groups_stay_together(count):
    groups = np.repeat(np.arange(6, dtype=np.int64), [1, 2, 3, 4, 5, 6])
    for seed in range(20):
        train, validation = split_validation(numbered(21, groups), count, seed=seed)
        assert not set(train.groups) & set(validation.groups)
        assert count <= len(validation) < count + 6
        assert len(train) + len(validation) == 21


def test_groups_that_would_all_be_taken():
    with pytest.raises(UsageError, match="all 2 groups"):
        split_validation(numbered(10, np.repeat(np.arange(2, dtype=np.int64), 5)), 6, seed=0)


@pytest.mark.parametrize("count", [-1, 0, 10, 11])
def test_count_out_of_range(count):
    with pytest.raises(UsageError, match=f"1 to 9.*not {count}"):
        split_validation(numbered(10), count, seed=0)


def test_negative_seed():
    with pytest.raises(UsageError, match="seed"):
        split_validation(numbered(10), 2, seed=-1)


def test_the_test_set_is_only_tested_on():
    with pytest.raises(UsageError, match="training set"):
        split_validation(numbered(10, split="test"), 2, seed=0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": np.zeros((3, 2, 2), np.uint8)}, "shape"),
        ({"images": np.zeros((0, 2, 2, 1), np.uint8)}, "shape"),
        ({"images": np.zeros((3, 2, 2, 1))}, "float64"),
        ({"images": np.full((3, 2, 2, 1), np.nan, np.float32)}, "nan"),
        ({"images": np.full((3, 2, 2, 1), 1.5, np.float32)}, "1.5"),
        ({"labels": np.zeros(2, np.int64)}, "labels"),
        ({"labels": np.zeros(3, np.int32)}, "int32"),
        ({"labels": np.array([0, 1, 2])}, "0 to 2"),
        ({"labels": np.array([0, -1, 1])}, "-1 to 1"),
        ({"groups": np.zeros(4, np.int64)}, "groups"),
    ],
)
def test_arrays_that_do_not_fit(change, words):
    fields = {"images": np.zeros((3, 2, 2, 1), np.uint8), "labels": np.array([0, 1, 0]), "class_names": ("a", "b")}
    with pytest.raises(DataError, match=words):
        Dataset(name="x", split="train", source="a test", licence="CC0", **(fields | change))


def test_to_float_spans_the_unit_range():
    data = Dataset("x", "train", np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1), None, (), "a test", "CC0")
    assert data.to_float().ravel().tolist() == [0, np.float32(0.2), 1]
