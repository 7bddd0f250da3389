"""Metrics that compare images pixel by pixel: MSE, PSNR, binary cross-entropy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unnoise.metrics.batches import FloatArray, checked_range, per_image

# What Keras' binary_crossentropy clips by, so that numbers agree with a training history.
_EPSILON = 1e-7


def mse(reference: npt.ArrayLike, image: npt.ArrayLike) -> FloatArray:
    """Give the mean squared error of each image.

    .. math:: \\text{MSE} = \\frac{1}{HWC} \\sum (x - y)^2

    Args:
        reference: The clean images ``(N, H, W, C)``.
        image: The images to judge, of the same shape.

    Returns:
        float64 array ``(N,)``, 0 for equal images.

    Raises:
        InputError: shapes that differ or are not ``(N, H, W, C)``.

    Example:
        >>> import numpy as np
        >>> from unnoise.metrics import mse
        >>> mse(np.zeros((1, 2, 2, 1)), np.full((1, 2, 2, 1), 0.5))
        array([0.25])
    """
    return per_image(_mse, reference, image)


def psnr(reference: npt.ArrayLike, image: npt.ArrayLike, *, data_range: float) -> FloatArray:
    """Give the peak signal-to-noise ratio of each image, in dB.

    .. math:: \\text{PSNR} = 10 \\log_{10} \\frac{\\text{data\\_range}^2}{\\text{MSE}}

    The mean over a data set is the mean of these values, not the PSNR of the mean MSE.

    Args:
        reference: The clean images ``(N, H, W, C)``.
        image: The images to judge, of the same shape.
        data_range: Distance between black and white: 1.0 for floats in [0, 1], 255 for uint8. Required, since a
            guess from the values would change from image to image.

    Returns:
        float64 array ``(N,)``, infinity for equal images.

    Raises:
        InputError: shapes that differ or are not ``(N, H, W, C)``, or a ``data_range`` that is not above 0.

    Example:
        >>> import numpy as np
        >>> from unnoise.metrics import psnr
        >>> psnr(np.zeros((1, 2, 2, 1)), np.full((1, 2, 2, 1), 0.1), data_range=1.0).round(6)
        array([20.])
    """
    peak = checked_range(data_range)
    errors = per_image(_mse, reference, image)
    with np.errstate(divide="ignore"):  # equal images: infinity is the answer
        return 10.0 * np.log10(peak**2 / errors)


def bce(reference: npt.ArrayLike, image: npt.ArrayLike) -> FloatArray:
    """Give the binary cross-entropy of each image, the loss of autoencoders with a sigmoid output.

    .. math:: \\text{BCE} = -\\frac{1}{HWC} \\sum x \\ln y + (1 - x) \\ln(1 - y)

    ``y`` is clipped to [1e-7, 1 - 1e-7] as Keras does. With gray values in the reference the smallest value possible
    is their entropy, not 0.

    Args:
        reference: The clean images ``(N, H, W, C)``, range [0, 1].
        image: The images to judge, of the same shape, range [0, 1].

    Returns:
        float64 array ``(N,)``, in nats.

    Raises:
        InputError: shapes that differ or are not ``(N, H, W, C)``.

    Example:
        >>> import numpy as np
        >>> from unnoise.metrics import bce
        >>> bce(np.ones((1, 2, 2, 1)), np.full((1, 2, 2, 1), 0.5)).round(6)
        array([0.693147])
    """
    return per_image(_bce, reference, image)


def _mse(reference: FloatArray, image: FloatArray) -> float:
    return float(np.mean(np.square(image - reference)))


def _bce(reference: FloatArray, image: FloatArray) -> float:
    probability = np.clip(image, _EPSILON, 1.0 - _EPSILON)
    return -float(np.mean(reference * np.log(probability) + (1.0 - reference) * np.log1p(-probability)))
