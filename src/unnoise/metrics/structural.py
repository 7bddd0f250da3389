"""Structural similarity: how alike two images look to the eye."""

from __future__ import annotations

import numpy.typing as npt

from unnoise.errors import InputError
from unnoise.metrics.batches import FloatArray, checked_range, per_image

_WINDOW = 7


def ssim(reference: npt.ArrayLike, image: npt.ArrayLike, *, data_range: float) -> FloatArray:
    """Give the mean structural similarity index (SSIM) of each image.

    .. math:: \\text{SSIM} = \\frac{(2 \\mu_x \\mu_y + C_1)(2 \\sigma_{xy} + C_2)}
        {(\\mu_x^2 + \\mu_y^2 + C_1)(\\sigma_x^2 + \\sigma_y^2 + C_2)}, \\qquad
        C_i = (K_i \\cdot \\text{data\\_range})^2

    averaged over all places of the window and over the channels. It is computed by scikit-image with its defaults: a
    uniform window of 7 × 7 pixels, sample covariance, ``K1 = 0.01``, ``K2 = 0.03``. The Gaussian window of the paper
    gives slightly other values. For images with a side below 7 the window shrinks to the largest odd size that fits.

    Args:
        reference: The clean images ``(N, H, W, C)``.
        image: The images to judge, of the same shape.
        data_range: Distance between black and white: 1.0 for floats in [0, 1], 255 for uint8.

    Returns:
        float64 array ``(N,)``, 1 for equal images, at most 1.

    Raises:
        InputError: shapes that differ or are not ``(N, H, W, C)``, a side below 3 pixels, or a ``data_range`` that is
            not above 0.

    References:
        Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image Quality Assessment: From Error Visibility to
        Structural Similarity", IEEE Transactions on Image Processing 13(4), 2004.

    Example:
        >>> import numpy as np
        >>> from unnoise.metrics import ssim
        >>> ramp = np.linspace(0, 1, 64).reshape(1, 8, 8, 1)
        >>> ssim(ramp, ramp, data_range=1.0)
        array([1.])
    """
    peak = checked_range(data_range)

    def measure(first: FloatArray, second: FloatArray) -> float:
        from skimage.metrics import structural_similarity

        side = min(first.shape[:2])
        if side < 3:
            raise InputError(
                f"SSIM needs images of 3 x 3 pixels or more; received {first.shape[0]} x {first.shape[1]}. "
                "Use MSE or PSNR for smaller ones."
            )
        window = min(_WINDOW, side - 1 + side % 2)
        value = structural_similarity(  # type: ignore[no-untyped-call]
            first, second, win_size=window, data_range=peak, channel_axis=-1
        )
        return float(value)

    return per_image(measure, reference, image)
