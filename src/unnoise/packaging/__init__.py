"""Trained models into files: one self-describing ONNX file, or the formats that Keras writes itself.

    >>> from unnoise.packaging import package
    >>> package(autoencoder, "model.onnx", metadata=metadata)  # doctest: +SKIP

This needs Keras with the TensorFlow backend; the file it writes needs ONNX Runtime alone.
"""

from unnoise.packaging.formats import FORMATS, export_format
from unnoise.packaging.onnx_export import package
from unnoise.packaging.parity import TOLERANCE
from unnoise.packaging.receptive_field import Reach, reach

__all__ = ["FORMATS", "TOLERANCE", "Reach", "export_format", "package", "reach"]
