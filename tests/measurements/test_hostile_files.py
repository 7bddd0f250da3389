"""A small part of the measurement of damaged files: nothing goes wrong, and what goes wrong is seen."""

import numpy as np
import onnx
import pytest

from measurements import hostile_files
from onnx_models import build


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "identity.onnx"
    onnx.save(build("identity", input_shape=(None, None, 3)), path)
    return str(path)


def test_damaged_files_of_every_kind_harm_nothing(tmp_path, model):
    """All kinds in one folder, so that the program starts once."""
    rng = np.random.default_rng(hostile_files.SEED)
    source = tmp_path / "in"
    source.mkdir()
    for place, (suffix, content) in enumerate(hostile_files.kinds(rng).values()):
        (source / f"{place}-good{suffix}").write_bytes(content)
        for index in range(10):
            way = hostile_files.WAYS[index % 5]
            (source / f"{place}-{index}-{way}{suffix}").write_bytes(hostile_files.damaged(content, way, rng))
    count = hostile_files.denoise_folder(source, tmp_path / "out", model)
    assert (count.good, count.damaged) == (place + 1, 10 * (place + 1))
    assert 0 < count.written < count.damaged
    assert count.wrong == 0


def test_what_goes_wrong_is_seen(tmp_path, monkeypatch, model):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    suffix, content = hostile_files.kinds(np.random.default_rng(0))["PNG"]
    (source / f"0-good{suffix}").write_bytes(content)
    (target / "half.png").write_bytes(content[:200])
    (target / ".left.tmp.png").write_bytes(content)
    monkeypatch.setattr(hostile_files.subprocess, "run", crash)
    count = hostile_files.denoise_folder(source, target, model)
    found = (count.tracebacks, count.crashes, count.unreadable, count.left_over, count.good_lost)
    assert found == (1, 1, 1, 1, 1)


def crash(command, **options):
    return hostile_files.subprocess.CompletedProcess(command, -11, "", "Traceback (most recent call last):")
