"""Inference: packaged models on ONNX Runtime. Never imports Keras, TensorFlow or onnx.

Example:
    >>> import numpy as np
    >>> from unnoise.inference import load
    >>> noisy = np.random.default_rng(0).normal(0.5, 0.1, (64, 64, 3))
    >>> denoiser = load("photo")
    >>> bool(denoiser.denoise(noisy).std() < 0.03)
    True
"""

from unnoise.inference.denoiser import Classification, Denoiser
from unnoise.inference.loading import load, load_cached
from unnoise.inference.metadata import Metadata
from unnoise.inference.noise_estimate import estimate_noise
from unnoise.inference.options import DenoiseOptions
from unnoise.inference.packaged import card, packaged_models

__all__ = [
    "Classification",
    "DenoiseOptions",
    "Denoiser",
    "Metadata",
    "card",
    "estimate_noise",
    "load",
    "load_cached",
    "packaged_models",
]
