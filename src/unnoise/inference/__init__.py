"""Inference: packaged models on ONNX Runtime. Never imports Keras, TensorFlow or onnx.

Example:
    >>> from unnoise.inference import load
    >>> denoiser = load("model.onnx")  # doctest: +SKIP
    >>> denoised = denoiser.denoise(image)  # doctest: +SKIP
"""

from unnoise.inference.denoiser import Classification, Denoiser, load
from unnoise.inference.metadata import Metadata

__all__ = ["Classification", "Denoiser", "Metadata", "load"]
