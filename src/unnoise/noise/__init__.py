"""Noise models: each is called with a clean image and a random generator, and has a spelling.

Example:
    >>> import numpy as np
    >>> from unnoise.noise import parse
    >>> noise = parse("poisson(peak=30)+gaussian(0.02)")
    >>> noise(np.zeros((2, 8, 8, 1), dtype="float32"), np.random.default_rng(0)).shape
    (2, 8, 8, 1)
"""

from unnoise.noise.additive import Gaussian, NoNoise, Uniform
from unnoise.noise.base import Composition, NoiseModel, registry
from unnoise.noise.blind import BlindGaussian
from unnoise.noise.camera import Camera
from unnoise.noise.camera_pipeline import CameraPipeline
from unnoise.noise.choice import Choice
from unnoise.noise.correlated import CorrelatedGaussian
from unnoise.noise.impulse import Masking, SaltAndPepper
from unnoise.noise.jpeg import Jpeg, RandomJpeg
from unnoise.noise.parsing import parse
from unnoise.noise.shot import Poisson, PoissonGaussian
from unnoise.noise.speckle import Speckle

__all__ = [
    "BlindGaussian",
    "Camera",
    "CameraPipeline",
    "Choice",
    "Composition",
    "CorrelatedGaussian",
    "Gaussian",
    "Jpeg",
    "Masking",
    "NoNoise",
    "NoiseModel",
    "Poisson",
    "PoissonGaussian",
    "RandomJpeg",
    "SaltAndPepper",
    "Speckle",
    "Uniform",
    "parse",
    "registry",
]
