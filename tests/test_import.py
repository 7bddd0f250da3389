"""What ``import unnoise`` gives and what it costs."""

import importlib.util
import inspect
import os
import subprocess
import sys

import pytest

import unnoise

HEAVY = ("keras", "tensorflow", "jax", "onnxruntime", "matplotlib", "pydantic", "scipy", "skimage", "numpy")


def loaded_after(statement):
    code = f"import sys\n{statement}\nprint(*(set(sys.modules) & set({HEAVY!r})))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("statement", ["import unnoise", "import unnoise.cli"])
def test_importing_loads_nothing_heavy(statement):
    assert loaded_after(statement) == set()


def test_models_alone_load_keras():
    assert "keras" not in loaded_after("from unnoise import datasets, experiment, metrics, noise, training")


@pytest.mark.parametrize("name", unnoise.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(unnoise, name) is not None
    assert name in dir(unnoise)


def test_the_public_surface():
    """What is not listed here is not promised."""
    assert unnoise.__all__ == [
        "DenoiseOptions", "Image", "__version__", "baselines", "datasets", "denoise", "denoise_file", "denoise_folder",
        "errors", "estimate_noise", "evaluation", "experiment", "files", "frames", "imaging", "inference", "load",
        "metrics", "models", "noise", "packaging", "read_image", "reporting", "training", "write_image",
    ]  # fmt: skip
    parameters = {
        name: list(inspect.signature(getattr(unnoise, name)).parameters)
        for name in ("denoise", "denoise_file", "denoise_folder", "estimate_noise", "load", "DenoiseOptions")
    }
    options = ["sigma", "strength", "chroma", "self_ensemble", "skip_clean", "tile", "max_memory"]
    files = ["strip_metadata", "overwrite", "max_pixels", "quality", "white", "frames"]
    assert parameters == {
        "denoise": [
            "image", "model", *options, "channel_axis", "data_range", "threads", "device", "progress",
        ],
        "denoise_file": ["source", "target", "model", "options", "format", *files, "progress"],
        "denoise_folder": [
            "folder", "output", "model", "options", "format", "recursive", "resume", *files, "on_progress",
        ],
        "estimate_noise": ["image", "model", "channel_axis", "data_range", "threads", "device"],
        "load": ["model", "threads", "device"],
        "DenoiseOptions": options,
    }  # fmt: skip


@pytest.mark.parametrize("room", ["imaging", "inference", "packaging", "files"])
def test_rooms_are_there_after_import_alone(room):
    assert (
        subprocess.run([sys.executable, "-c", f"import unnoise; print(unnoise.{room}.__all__)"], check=False).returncode
        == 0
    )


def test_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'denoize'"):
        unnoise.denoize  # noqa: B018


def test_reading_images_needs_no_keras():
    assert importlib.util.find_spec("unnoise.imaging") is not None
    assert "keras" not in loaded_after("import unnoise\nunnoise.read_image\nunnoise.write_image")


def test_denoising_leaves_nothing_on_the_machine(tmp_path):
    """ONNX Runtime keeps quiet where variables such as CI say that a service runs it, so none is passed on."""
    kept = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV") if name in os.environ
    }
    homes = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "TMPDIR", "TMP", "TEMP")
    code = """
import time, numpy, unnoise
noisy = numpy.random.default_rng(0).normal(0.5, 0.1, (40, 40, 3))
assert unnoise.denoise(noisy).std() < 0.05
time.sleep(1)  # what would be written is written by a thread of its own
"""
    environment = kept | dict.fromkeys(homes, str(tmp_path))
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert list(tmp_path.rglob("*")) == []
