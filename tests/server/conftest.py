"""Models and a client for the tests of the server."""

import onnx
import pytest
from server_for_tests import client_of

from onnx_models import build


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder with two models: one makes everything half as bright, the other changes nothing."""
    folder = tmp_path_factory.mktemp("models")
    for name, body in (("half", "half"), ("same", "identity")):
        onnx.save(build(body, name=name, input_shape=(None, None, 3)), folder / f"{name}.onnx")
    return folder


@pytest.fixture
def client(models):
    """A client of a server with the usual limits."""
    with client_of(models) as found:
        yield found
