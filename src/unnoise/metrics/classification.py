"""Metrics of a classifier: accuracy, accuracy of each class, confusion matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError


def accuracy(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Give the fraction of images whose class was predicted right.

    Args:
        labels: True classes ``(N,)``, integers.
        predicted: Predicted classes ``(N,)``, integers: ``probabilities.argmax(axis=1)``.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: the shapes differ, there are no images, or the values are not class indices.

    Example:
        >>> from unnoise.metrics import accuracy
        >>> accuracy([0, 1, 2, 2], [0, 1, 2, 1])
        0.75
    """
    true, guess = _indices(labels, predicted)
    return float(np.mean(true == guess))


def per_class_accuracy(labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int) -> npt.NDArray[np.float64]:
    """Give, for each class, the fraction of its images that were predicted right (the recall).

    Args:
        labels: True classes ``(N,)``, integers from 0 to ``classes - 1``.
        predicted: Predicted classes ``(N,)``, likewise.
        classes: Number of classes.

    Returns:
        float64 array ``(classes,)``; NaN for a class without images.

    Raises:
        InputError: the shapes differ, there are no images, or a value is not a class index.

    Example:
        >>> from unnoise.metrics import per_class_accuracy
        >>> per_class_accuracy([0, 1, 1], [0, 1, 0], 3)
        array([1. , 0.5, nan])
    """
    matrix = confusion(labels, predicted, classes)
    counts = matrix.sum(axis=1)
    result = np.full(classes, np.nan)
    np.divide(np.diagonal(matrix), counts, out=result, where=counts > 0)
    return result


def confusion(labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int) -> npt.NDArray[np.int64]:
    """Give the confusion matrix: how many images of each true class were predicted as each class.

    Args:
        labels: True classes ``(N,)``, integers from 0 to ``classes - 1``.
        predicted: Predicted classes ``(N,)``, likewise.
        classes: Number of classes.

    Returns:
        int64 array ``(classes, classes)``; the row is the true class, the column the predicted one.

    Raises:
        InputError: the shapes differ, there are no images, or a value is not a class index.

    Example:
        >>> from unnoise.metrics import confusion
        >>> confusion([0, 1, 1], [0, 1, 0], 2)
        array([[1, 0],
               [1, 1]])
    """
    true, guess = _indices(labels, predicted)
    largest = int(max(true.max(), guess.max()))
    if largest >= classes:
        raise InputError(
            f"With {classes} classes the indices are 0 to {classes - 1}; received {largest}. "
            "Give the number of classes of the data set."
        )
    counts = np.bincount(true * classes + guess, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def _indices(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return both as int64 arrays of the same length, checked to be class indices."""
    checked = []
    for name, values in (("labels", labels), ("predicted", predicted)):
        array = np.asarray(values)
        if array.ndim != 1 or array.size == 0:
            raise InputError(
                f"{name} holds one class index an image, shape (N,) with N above 0; received the shape {array.shape}. "
                "Turn probabilities (N, classes) into indices with argmax(axis=1)."
            )
        if array.dtype.kind not in "iu" or array.min() < 0:
            received = array.dtype if array.dtype.kind not in "iu" else array.min()
            raise InputError(
                f"{name} holds class indices, integers from 0; received {received}. "
                "Turn probabilities (N, classes) into indices with argmax(axis=1)."
            )
        checked.append(array.astype(np.int64))
    true, guess = checked
    if true.shape != guess.shape:
        raise InputError(
            f"labels and predicted must be as many; received {true.size} and {guess.size}. "
            "Predict the same images that the labels belong to."
        )
    return true, guess
