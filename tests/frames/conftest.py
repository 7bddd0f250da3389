"""A network that changes nothing."""

import onnx
import pytest

from onnx_models import build
from unnoise.inference import load


@pytest.fixture(scope="session")
def identity(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "identity.onnx"
    onnx.save(build("identity", input_shape=(None, None, 3)), path)
    return load(path, threads=1)
