"""Folders of finished runs without training, for what packaging makes of them."""

import keras
import numpy as np

from unnoise.experiment import RunFolder
from unnoise.experiment.recipe import Recipe
from unnoise.models import DenoisingClassifier, build, save_model

MODELS = {
    "dense": {"architecture": "dense-autoencoder", "code": 8},
    "tied": {"architecture": "dense-autoencoder", "code": 8, "tied": True},
    "convolutional": {"architecture": "convolutional-autoencoder", "filters": [4, 4]},
    "deep-convolutional": {"architecture": "deep-convolutional-autoencoder", "filters": [4, 4], "code": 4},
    "unet": {"architecture": "unet", "filters": [4, 4, 8], "depth": 1},
    "bias-free-unet": {"architecture": "bias-free-unet", "filters": [4, 4], "blocks": 1},
    "calibrated": {"architecture": "calibrated-bias-free-unet", "filters": [4, 4], "blocks": 1, "segments": 16},
}
SHAPE = (8, 12, 1)


def untrained_run(path, table, *, shape=SHAPE, classifier=None):
    """Make the folder of a finished run whose weights are random, and large enough to matter.

    Not larger: with logits of hundreds, the rounding of float32 alone passes the tolerance in Keras too.
    """
    content = {"name": "tiny", "summary": "A test", "noise": "gaussian(0.5)", "model": table}
    content["data"] = {"dataset": "fashion-mnist-mini", "train_images": 200, "validation": 50}
    if classifier:
        content |= {"classifier": {"model": classifier}, "composite": {}}
    recipe = Recipe.model_validate(content)
    facts = {"licence": "MIT", "class_names": ["a", "b", "c"]}
    run = RunFolder.create(path, recipe, facts)
    keras.utils.set_random_seed(0)
    autoencoder = build(table["architecture"], shape, **recipe.model.parameters)
    # Without sigmoids the output would grow by as much a layer.
    gain = 0.5 if "bias-free" in table["architecture"] else 2
    autoencoder.set_weights([gain * weight for weight in autoencoder.get_weights()])
    save_model(autoencoder, run.model_file("autoencoder"))
    if classifier:
        model = build(classifier["architecture"], shape, **recipe.classifier.model.parameters)
        save_model(DenoisingClassifier(autoencoder, model), run.model_file("composite"))
    return run


def noisy_images(count, *shape):
    return np.random.default_rng(1).normal(0.5, 0.5, (count, *shape)).astype(np.float32)


def entries(folder):
    return sorted(path.name for path in folder.iterdir())
