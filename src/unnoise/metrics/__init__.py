"""Metrics of images and classifiers. Image metrics give one float64 value an image; ``data_range`` is always explicit.

Example:
    >>> import numpy as np
    >>> from unnoise.metrics import psnr
    >>> psnr(np.zeros((2, 8, 8, 1)), np.full((2, 8, 8, 1), 0.01), data_range=1.0).round(6)
    array([40., 40.])
"""

from unnoise.metrics.classification import accuracy, confusion, per_class_accuracy
from unnoise.metrics.pixel import bce, mse, psnr
from unnoise.metrics.structural import ssim

__all__ = ["accuracy", "bce", "confusion", "mse", "per_class_accuracy", "psnr", "ssim"]
