"""The handwritten digits 8×8 that scikit-learn ships: always there, no download.

Source: Alpaydin, Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

import numpy as np

from unnoise.datasets.catalogue import registry
from unnoise.datasets.dataset import Dataset
from unnoise.datasets.extras import import_extra
from unnoise.datasets.sources import Search

#: The last images in scikit-learn's order are for the test.
TEST_COUNT = 360
#: A pixel counts the dark cells in a block of 4×4.
LEVELS = 16


@registry.register("digits")
def digits(split: str, search: Search) -> Dataset:
    """Give the digits: 1,437 for training, the last 360 for the test; float32, sixteenths in [0, 1]."""
    datasets = import_extra("sklearn.datasets", "The data set digits")
    bunch = datasets.load_digits()
    images = (bunch.images[..., np.newaxis] / LEVELS).astype(np.float32)
    chosen = slice(-TEST_COUNT, None) if split == "test" else slice(None, -TEST_COUNT)
    return Dataset(
        name="digits",
        split=split,
        images=images[chosen],
        labels=bunch.target.astype(np.int64)[chosen],
        class_names=tuple("0123456789"),
        source="the package scikit-learn",
        licence="CC BY 4.0",
    )
