"""A training that is killed without warning goes on as if nothing had happened; all ten moments are in benchmarks."""

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")]
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill_resume.py"


@pytest.fixture(scope="module")
def kill_resume():
    spec = importlib.util.spec_from_file_location("kill_resume", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill_resume"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["kill_resume"]


@pytest.fixture(scope="module")
def reference(kill_resume, tmp_path_factory):
    return kill_resume.undisturbed(tmp_path_factory.mktemp("killed") / "undisturbed")


@pytest.mark.parametrize("number", [0, 2, 8], ids=["half-written", "after-rename", "from-outside"])
def test_killed_and_resumed_equals_undisturbed(kill_resume, reference, tmp_path, number):
    outcome = kill_resume.disturbed(tmp_path / "run", kill_resume.MOMENTS[number], reference)
    assert outcome.killed
    assert outcome.history_equal
    assert outcome.weights_equal
    assert 0 <= outcome.begun_again <= 1
