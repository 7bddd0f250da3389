"""Data sets as arrays: ``load("fashion-mnist-mini", "train")``.

Importing this package is cheap: SciPy, scikit-learn and pooch are imported when a data set needs them.

Example:
    >>> from unnoise import datasets
    >>> train = datasets.load("fashion-mnist-mini", "train")
    >>> train.images.shape, train.class_names[9]
    ((6000, 28, 28, 1), 'Ankle boot')
    >>> train, validation = datasets.split_validation(train, 500, seed=0)
    >>> len(train), len(validation)
    (5500, 500)
"""

# The modules that hold a data set are imported for their registration.
from unnoise.datasets import cifar, digits, lfw, mnist, olivetti
from unnoise.datasets.catalogue import find_folder, load, names, registry
from unnoise.datasets.dataset import Dataset
from unnoise.datasets.folder import load_folder
from unnoise.datasets.layout import Layout, layout_of
from unnoise.datasets.partners import partners_of
from unnoise.datasets.shots import load_shots
from unnoise.datasets.split import split_validation

__all__ = [
    "Dataset",
    "Layout",
    "cifar",
    "digits",
    "find_folder",
    "layout_of",
    "lfw",
    "load",
    "load_folder",
    "load_shots",
    "mnist",
    "names",
    "olivetti",
    "partners_of",
    "registry",
    "split_validation",
]
