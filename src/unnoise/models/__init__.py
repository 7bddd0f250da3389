"""Autoencoders, U-Net and classifiers in Keras 3, each built by name.

    >>> model = build("dense-autoencoder", (28, 28, 1), code=32)
    >>> model.count_params()
    50992

Models know nothing of data sets or noise: they map images in [0, 1], shape ``(N, H, W, C)``, to images of the same
shape or to class probabilities ``(N, K)``. Only ``keras.ops`` and Keras layers are used, so every backend
of Keras runs them.
"""

from unnoise.quiet import quiet

with quiet():  # TensorFlow greets on standard error
    import keras  # noqa: F401

from unnoise.models.autoencoder import Autoencoder
from unnoise.models.bias_free_unet import bias_free_unet
from unnoise.models.calibrated_bias_free_unet import calibrated_bias_free_unet
from unnoise.models.classifiers import cnn_classifier, mlp_classifier
from unnoise.models.convolutional_autoencoder import convolutional_autoencoder
from unnoise.models.deep_convolutional_autoencoder import deep_convolutional_autoencoder
from unnoise.models.deep_dense_autoencoder import deep_dense_autoencoder
from unnoise.models.denoising_classifier import DenoisingClassifier
from unnoise.models.dense_autoencoder import dense_autoencoder
from unnoise.models.registry import Builder, ModelKind, build, parameters_of, registry
from unnoise.models.saving import copy_of, load_model, load_weights, save_model, save_weights
from unnoise.models.unet import unet

__all__ = [
    "Autoencoder",
    "Builder",
    "DenoisingClassifier",
    "ModelKind",
    "bias_free_unet",
    "build",
    "calibrated_bias_free_unet",
    "cnn_classifier",
    "convolutional_autoencoder",
    "copy_of",
    "deep_convolutional_autoencoder",
    "deep_dense_autoencoder",
    "dense_autoencoder",
    "load_model",
    "load_weights",
    "mlp_classifier",
    "parameters_of",
    "registry",
    "save_model",
    "save_weights",
    "unet",
]
