"""What a loaded data set is: images, labels, class names and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import DataError
from unnoise.imaging.samples import to_float

#: uint8, uint16 or float32, see `Dataset`.
Images = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with their labels, class names and origin; checked when it is made.

    Args:
        name: Name of the data set, ``"fashion-mnist"``, or the folder's path.
        split: ``"train"``, ``"test"`` or ``"validation"``.
        images: ``(N, H, W, C)`` with ``N >= 1``, samples as in the source: uint8, uint16 or float32, the latter in
            [0, 1] unless ``white`` or ``offset`` say otherwise. Gray images have ``C = 1``.
        labels: ``(N,)`` int64 indices into ``class_names``, or None.
        class_names: Names of the classes; may be empty.
        source: The path or package the data came from.
        licence: Licence or terms in a few words.
        groups: ``(N,)`` int64, or None. Images of one group (one person) belong together in one split.
        noisy: The noisy partners of ``images``, of the same shape and type; None: there are none.
        places: ``(N,)`` int64, or None. Images of one place show the same scene there, several shots of it.
        white, offset: The samples that stand for 1 and 0; None: the white of the type.

    Raises:
        DataError: the arrays do not fit each other.

    Example:
        >>> images = np.full((2, 4, 4, 1), 255, np.uint8)
        >>> data = Dataset("squares", "train", images, None, (), "a test", "CC0")
        >>> data.describe()
        'squares train: 2 images 4×4×1 uint8, no labels, from a test'
        >>> float(data.to_float().max())
        1.0
    """

    name: str
    split: str
    images: Images
    labels: Labels | None
    class_names: tuple[str, ...]
    source: str
    licence: str
    groups: Labels | None = None
    noisy: Images | None = None
    places: Labels | None = None
    white: float | None = None
    offset: float = 0.0

    def __post_init__(self) -> None:
        self._check_images()
        if self.noisy is not None and (self.noisy.shape, self.noisy.dtype) != (self.images.shape, self.images.dtype):
            raise self._wrong(
                f"noisy images must be {self.images.shape} {self.images.dtype}, as the others, "
                f"not {self.noisy.shape} {self.noisy.dtype}"
            )
        for field in ("labels", "groups", "places"):
            values = getattr(self, field)
            if values is None:
                continue
            if values.dtype != np.int64 or values.shape != (len(self.images),):
                raise self._wrong(
                    f"{field} must be int64 of shape ({len(self.images)},), one for each image, "
                    f"not {values.dtype} of shape {values.shape}"
                )
        if self.labels is not None and self.class_names:
            low, high = int(self.labels.min()), int(self.labels.max())
            if low < 0 or high >= len(self.class_names):
                raise self._wrong(
                    f"labels must be 0 to {len(self.class_names) - 1}, one of {len(self.class_names)} classes, "
                    f"not {low} to {high}"
                )

    def _check_images(self) -> None:
        images = self.images
        if images.ndim != 4 or min(images.shape) == 0:
            raise self._wrong(f"images must have the shape (N, H, W, C) without a zero, not {images.shape}")
        if images.dtype not in (np.uint8, np.uint16, np.float32):
            raise self._wrong(f"images must be uint8, uint16 or float32, not {images.dtype}")
        if self.white is not None and not self.white > self.offset:
            raise self._wrong(f"white must be above the offset {self.offset:g}, not {self.white:g}")
        if images.dtype == np.float32 and not np.isfinite(images.min() + images.max()):
            raise self._wrong(f"float images must be finite, not {images.min()} to {images.max()}")
        usual = self.white is None and self.offset == 0
        if images.dtype == np.float32 and usual and not (images.min() >= 0 and images.max() <= 1):
            raise self._wrong(f"float images must lie in [0, 1], not {images.min()} to {images.max()}")

    def _wrong(self, reason: str) -> DataError:
        return DataError(f"{self.name} {self.split} from {self.source}: {reason}. Repair or replace the source.")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """``(H, W, C)`` of one image."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    def to_float(self) -> npt.NDArray[np.float32]:
        """Give the images as float32, shape ``(N, H, W, C)``, in which 1 is white: uint8 is divided by 255."""
        return to_float(self.images, white=self.white, offset=self.offset)

    def noisy_to_float(self) -> npt.NDArray[np.float32]:
        """Give the noisy partners in the same way; there must be some."""
        assert self.noisy is not None
        return to_float(self.noisy, white=self.white, offset=self.offset)

    def select(self, indices: npt.NDArray[Any], *, split: str | None = None) -> Dataset:
        """Give the records at ``indices`` as a data set of their own.

        Args:
            indices: ``(K,)`` integers or ``(N,)`` booleans, as NumPy takes them; at least one record.
            split: New name of the split; None keeps the present one.
        """
        return replace(
            self,
            split=split or self.split,
            images=self.images[indices],
            labels=None if self.labels is None else self.labels[indices],
            groups=None if self.groups is None else self.groups[indices],
            noisy=None if self.noisy is None else self.noisy[indices],
            places=None if self.places is None else self.places[indices],
        )

    def describe(self) -> str:
        """Give one line: name, split, record count, shape, dtype, classes and source."""
        shape = "×".join(str(length) for length in self.image_shape)
        images = "1 image" if len(self) == 1 else f"{len(self):,} images"
        count = len(self.class_names)
        classes = "no labels" if self.labels is None else "1 class" if count == 1 else f"{count:,} classes"
        return f"{self.name} {self.split}: {images} {shape} {self.images.dtype}, {classes}, from {self.source}"
