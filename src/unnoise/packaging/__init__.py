"""Packaging: a trained run becomes one self-describing ONNX file."""

from unnoise.packaging.export import export_onnx
from unnoise.packaging.package_run import package_run

__all__ = ["export_onnx", "package_run"]
