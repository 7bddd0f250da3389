"""Validation data, taken from the training set; the test set is only tested on."""

from __future__ import annotations

import numpy as np

from unnoise.datasets.dataset import Dataset
from unnoise.errors import UsageError

#: The stream of random numbers that belongs to this split, so that no other draw of the seed repeats it.
_STREAM = 0x56414C


def split_validation(dataset: Dataset, count: int, *, seed: int) -> tuple[Dataset, Dataset]:
    """Give ``(train, validation)``: records drawn at random from a training set, both in the original order.

    Where the data has groups (the persons of Olivetti and LFW), whole groups are drawn until ``count`` images are
    reached, so that nobody is in both and the validation set may be a little larger than ``count``.

    Args:
        dataset: The training set.
        count: Validation images, at least 1; at least one record must remain for training.
        seed: Seed of the draw, 0 or more. The same seed gives the same split on every machine.

    Raises:
        UsageError: ``count`` or ``seed`` is out of range, or this is the test set.

    Example:
        >>> images = np.zeros((10, 2, 2, 1), np.uint8)
        >>> train, validation = split_validation(Dataset("x", "train", images, None, (), "-", "-"), 3, seed=0)
        >>> len(train), len(validation), validation.split
        (7, 3, 'validation')
    """
    if dataset.split == "test":
        raise UsageError(f"Validation data comes from the training set, not from {dataset.name} test. Load 'train'.")
    if not 1 <= count < len(dataset):
        raise UsageError(
            f"The validation count must be 1 to {len(dataset) - 1}, so that {dataset.name} ({len(dataset)} records) "
            f"keeps a record for training, not {count}."
        )
    if seed < 0:
        raise UsageError(f"The seed must be 0 or more, not {seed}.")
    rng = np.random.default_rng([seed, _STREAM])
    if dataset.groups is None:
        chosen = np.zeros(len(dataset), dtype=bool)
        chosen[rng.permutation(len(dataset))[:count]] = True
    else:
        groups, sizes = np.unique(dataset.groups, return_counts=True)
        order = rng.permutation(len(groups))
        needed = int(np.searchsorted(np.cumsum(sizes[order]), count)) + 1
        if needed == len(groups):
            raise UsageError(
                f"{count} validation images would take all {len(groups)} groups (persons) of {dataset.name} "
                f"{dataset.split}, and groups are never divided. Ask for fewer."
            )
        chosen = np.isin(dataset.groups, groups[order[:needed]])
    return dataset.select(~chosen), dataset.select(chosen, split="validation")
