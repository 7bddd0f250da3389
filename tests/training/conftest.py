"""Tiny recipes on the bundled images, and runs of them."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from unnoise.experiment import load_recipe
from unnoise.training import callbacks, resume, train

DENSE = """
name = "tiny"
summary = "Dense autoencoder, a few images"
seed = 5
noise = "gaussian(0.3)"
[data]
dataset = "fashion-mnist-mini"
validation = 100
train_images = 600
test_images = 50
[model]
architecture = "dense-autoencoder"
code = 8
[training]
learning_rate = 0.01
batch_size = 50
epochs = 3
"""

WITH_CLASSIFIER = """
[classifier.model]
architecture = "cnn-classifier"
filters = [2, 2]
hidden = 8
[classifier.training]
batch_size = 100
epochs = 3
[composite]
fine_tune = true
[composite.training]
batch_size = 100
epochs = 3
fresh_noise = true
"""


class Interruption:
    """Stops training after a checkpoint, as Ctrl-C would."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def after_checkpoint(self, number):
        written = 0
        save = callbacks.save_checkpoint

        def interrupting(*args):
            nonlocal written
            save(*args)
            written += 1
            if written == number:
                raise KeyboardInterrupt

        self.monkeypatch.setattr(callbacks, "save_checkpoint", interrupting)

    def over(self):
        self.monkeypatch.undo()


@pytest.fixture
def interruption(monkeypatch):
    return Interruption(monkeypatch)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Recipes by text, and training them quietly; by the names dense and all."""
    folder = tmp_path_factory.mktemp("tiny")
    texts = {"dense": DENSE, "all": DENSE + WITH_CLASSIFIER}
    paths = {}
    for name, text in texts.items():
        paths[name] = folder / f"{name}.toml"
        paths[name].write_text(text)

    def recipe(name="dense", *overrides):
        return load_recipe(paths[name], overrides)

    def run(target, name="dense", *overrides):
        return train(recipe(name, *overrides), target, console=Console(file=io.StringIO()))

    def go_on(target):
        return resume(target, console=Console(file=io.StringIO()))

    return SimpleNamespace(recipe=recipe, run=run, resume=go_on, paths=paths)


@pytest.fixture(scope="session")
def dense_run(tiny, tmp_path_factory):
    return tiny.run(tmp_path_factory.mktemp("dense") / "run")


@pytest.fixture(scope="session")
def full_run(tiny, tmp_path_factory):
    return tiny.run(tmp_path_factory.mktemp("full") / "run", "all", "training.fresh_noise=true")
