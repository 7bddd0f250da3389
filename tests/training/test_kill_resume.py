"""A training that is killed without warning goes on as if nothing had happened; all ten moments are in measurements."""

import sys

import pytest

from measurements import kill_resume

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return kill_resume.undisturbed(tmp_path_factory.mktemp("killed") / "undisturbed")


@pytest.mark.parametrize("number", [0, 2, 8], ids=["half-written", "after-rename", "from-outside"])
def test_killed_and_resumed_equals_undisturbed(reference, tmp_path, number):
    outcome = kill_resume.disturbed(tmp_path / "run", kill_resume.MOMENTS[number], reference)
    assert outcome.killed
    assert outcome.history_equal
    assert outcome.weights_equal
    assert 0 <= outcome.begun_again <= 1
