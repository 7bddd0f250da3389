"""Models made with onnx.helper alone, as files."""

import onnx
import pytest

from onnx_models import CARD, build


@pytest.fixture
def card():
    """The card of the models of these tests."""
    return CARD


@pytest.fixture
def model_file(tmp_path):
    """Return a function that writes a model of ``build`` and gives its path."""

    def write(*arguments, **changes):
        path = tmp_path / "model.onnx"
        onnx.save(build(*arguments, **changes), path)
        return path

    return write
