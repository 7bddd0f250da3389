"""The Olivetti faces: 40 persons, 10 gray images 64×64 of each, in one MATLAB file.

Source: AT&T Laboratories Cambridge, "The Database of Faces", 1992 to 1994; the file is the version by Sam Roweis.
Samaria, Harter, "Parameterisation of a stochastic model for human face identification", 1994.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.datasets.catalogue import registry
from unnoise.datasets.dataset import Dataset
from unnoise.datasets.download import Remote
from unnoise.datasets.extras import import_extra
from unnoise.datasets.sources import Search, Wanted, damaged, sample_note

SIDE = 64
IMAGES_A_PERSON = 10
#: Images of each person that are for the test: the ninth and the tenth.
TEST_IMAGES = 2
OFFICIAL_COUNT = 400
#: The address and digest are those that scikit-learn publishes for the same file.
FILE = Wanted(
    "olivettifaces.mat",
    Remote(
        "https://ndownloader.figshare.com/files/5976027",
        "sha256:b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
    ),
)


@registry.register("olivetti")
def olivetti(split: str, search: Search) -> Dataset:
    """Give the Olivetti faces: images 1 to 8 of each person for training, 9 and 10 for the test.

    So every person is in both splits and the labels can be learned. Persons are also the groups, so that
    `split_validation` keeps the persons of the validation set out of the training.
    """
    (path,) = search.find("olivetti", [FILE])
    images = _read(path)
    persons = np.repeat(np.arange(len(images) // IMAGES_A_PERSON, dtype=np.int64), IMAGES_A_PERSON)
    is_test = np.arange(len(images)) % IMAGES_A_PERSON >= IMAGES_A_PERSON - TEST_IMAGES
    chosen = is_test if split == "test" else ~is_test
    return Dataset(
        name="olivetti",
        split=split,
        images=images[chosen],
        labels=persons[chosen],
        class_names=tuple(f"person {number + 1}" for number in range(persons[-1] + 1)),
        source=f"{path}{sample_note(len(images), OFFICIAL_COUNT)}",
        licence="AT&T Laboratories Cambridge; to be credited when used",
        groups=persons[chosen],
    )


def _read(path: Path) -> npt.NDArray[np.uint8]:
    scipy_io = import_extra("scipy.io", "Reading the Olivetti faces (.mat)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SciPy warns about damage and goes on; the checks below decide
            content = scipy_io.loadmat(path, variable_names=["faces"])
    except Exception as error:  # SciPy answers damage with many kinds of exception, even MemoryError
        raise damaged(path, "a MATLAB 5 file", f"damage ({type(error).__name__}: {error})") from error
    if "faces" not in content:
        raise damaged(path, "a MATLAB variable 'faces'", "none")
    faces = np.asarray(content["faces"])
    if faces.ndim != 2 or faces.shape[0] != SIDE * SIDE or faces.shape[1] == 0 or faces.shape[1] % IMAGES_A_PERSON:
        raise damaged(path, "'faces' of shape 4096×400 (pixels × images, 10 a person)", f"the shape {faces.shape}")
    pixels = _as_bytes(faces)
    if pixels is None:
        raise damaged(path, "'faces' with whole numbers 0 to 255", f"other values ({faces.dtype})")
    # A column is one image, itself stored column by column, as MATLAB does.
    return np.ascontiguousarray(pixels.T.reshape(-1, SIDE, SIDE).transpose(0, 2, 1))[..., np.newaxis]


def _as_bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8] | None:
    if values.dtype == np.uint8:
        return np.asarray(values, dtype=np.uint8)
    # Versions of this file exist in which the same whole numbers are stored as doubles.
    if values.dtype.kind not in "iuf" or not np.all((values >= 0) & (values <= 255) & (values == np.floor(values))):
        return None
    return values.astype(np.uint8)
