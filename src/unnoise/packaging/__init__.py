"""Packaging: a trained run becomes one self-describing ONNX file."""

from unnoise.packaging.description import read_model, write_metadata
from unnoise.packaging.export import export_onnx
from unnoise.packaging.package_run import package_run
from unnoise.packaging.rebuild import load_network

__all__ = ["export_onnx", "load_network", "package_run", "read_model", "write_metadata"]
