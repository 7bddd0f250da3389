"""Labeled Faces in the Wild, funneled: faces of 5,749 persons, cropped to gray images 62×47.

Source: Huang, Ramesh, Berg, Learned-Miller, "Labeled Faces in the Wild", 2007;
Huang, Jain, Learned-Miller, "Unsupervised joint alignment of complex images", 2007 (the funneled images).
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unnoise.datasets.archive import members
from unnoise.datasets.catalogue import registry
from unnoise.datasets.dataset import Dataset
from unnoise.datasets.download import Remote
from unnoise.datasets.sources import Search, Wanted, damaged, sample_note
from unnoise.errors import InputError

SHAPE = (250, 250, 3)
#: The part of each image that holds the face. Even lengths, so that 2×2 blocks fill it.
ROWS, COLUMNS = slice(70, 194), slice(78, 172)
#: Every fifth person in the alphabet is for the test.
FIFTH = 5
OFFICIAL_COUNT = 13_233
#: The address and digest are those that scikit-learn publishes for the same file.
FILE = Wanted(
    "lfw-funneled.tgz",
    Remote(
        "https://ndownloader.figshare.com/files/5976015",
        "sha256:b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
    ),
    ("lfw_funneled",),
)
_MEMBER = re.compile(r"lfw_funneled/(?P<person>[^/\\]+)/(?P<file>(?P=person)_\d{4}\.jpg)")


@registry.register("lfw")
def lfw(split: str, search: Search) -> Dataset:
    """Give the faces of LFW: every fifth person in the alphabet is for the test, the others for training.

    The splits have no person in common: denoising is tested on unseen people, and the labels of the test set do not
    occur in training. The unpacked folder ``lfw_funneled`` loads faster than the archive.
    """
    (path,) = search.find("lfw", [FILE])
    if path.is_dir():
        return _load_tree(path, split, source=path)
    with tempfile.TemporaryDirectory(prefix="unnoise-lfw-") as folder:
        tree = Path(folder)
        for name, content in members(path, lambda member: _MEMBER.fullmatch(member) is not None):
            match = _MEMBER.fullmatch(name)
            if match is None or match["person"].startswith("."):
                continue
            (tree / match["person"]).mkdir(exist_ok=True)
            (tree / match["person"] / match["file"]).write_bytes(content)
        return _load_tree(tree, split, source=path)


def _load_tree(tree: Path, split: str, *, source: Path) -> Dataset:
    by_person = {entry.name: sorted(entry.glob("*.jpg")) for entry in sorted(tree.iterdir()) if entry.is_dir()}
    by_person = {person: files for person, files in by_person.items() if files}
    if len(by_person) < FIFTH:
        raise damaged(
            source,
            f"at least {FIFTH} persons with images lfw_funneled/Some_Name/Some_Name_0001.jpg",
            f"{len(by_person)} persons",
        )
    images, labels = [], []
    for person, files in enumerate(by_person.values()):
        if (person % FIFTH == FIFTH - 1) == (split == "test"):
            images += [_face(file, _where(file, tree, source)) for file in files]
            labels += [person] * len(files)
    persons = np.array(labels, dtype=np.int64)
    total = sum(len(files) for files in by_person.values())
    return Dataset(
        name="lfw",
        split=split,
        images=np.stack(images),
        labels=persons,
        class_names=tuple(person.replace("_", " ") for person in by_person),
        source=f"{source}{sample_note(total, OFFICIAL_COUNT)}",
        licence="no licence stated by the authors; for research, cite Huang et al. 2007",
        groups=persons,
    )


def _face(file: Path, where: str) -> npt.NDArray[np.uint8]:
    """Give the face as uint8 ``(62, 47, 1)``: each pixel is the mean over a 2×2 block and the three colours."""
    from unnoise.imaging import read_image

    try:
        pixels = np.asarray(read_image(file).pixels)
    except InputError as error:
        raise damaged(where, "a whole JPEG image", f"damage ({error})") from error
    if pixels.shape != SHAPE or pixels.dtype != np.uint8:
        raise damaged(where, "a colour image of 250×250 pixels", f"{pixels.dtype} of shape {pixels.shape}")
    crop = pixels[ROWS, COLUMNS]
    blocks = crop.reshape(crop.shape[0] // 2, 2, crop.shape[1] // 2, 2, 3)
    gray: npt.NDArray[np.uint8] = np.round(blocks.mean(axis=(1, 3, 4))).astype(np.uint8)
    return gray[..., np.newaxis]


def _where(file: Path, tree: Path, source: Path) -> str:
    """Name a file as the user knows it: inside the archive, not in the temporary folder."""
    return str(file) if source == tree else f"{source} (lfw_funneled/{file.relative_to(tree).as_posix()})"
