"""Training on random patches of photographs."""

import numpy as np
import pytest
from skimage.io import imsave

from unnoise.errors import RecipeError
from unnoise.experiment import load_recipe
from unnoise.experiment.images import load_images
from unnoise.experiment.patches import random_patches
from unnoise.training import resume, train

RECIPE = """
name = "patches"
summary = "Bias-free U-Net on patches of a few photographs"
noise = "blind-gaussian(0.2, clip=false)"
[data]
dataset = "{folder}"
tile = 24
patch = 16
validation = 4
[model]
architecture = "bias-free-unet"
filters = [4]
blocks = 1
[training]
loss = "mae"
batch_size = 4
epochs = 3
[evaluation]
baselines = ["median"]
"""


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory):
    from skimage import data

    folder = tmp_path_factory.mktemp("photographs")
    for number, image in enumerate([data.astronaut(), data.chelsea(), data.coffee()] * 2):
        imsave(folder / f"{number}.png", image[100 : 150 + 24 * (number % 2), 100:200])
    file = folder / "recipe.toml"
    file.write_text(RECIPE.format(folder=folder), "utf-8")
    return file


def test_a_patch_is_a_turned_or_mirrored_part_of_its_image():
    images = np.arange(200 * 6 * 5 * 1, dtype=np.int64).reshape(200, 6, 5, 1)
    patches = random_patches(images, 3, np.random.default_rng(0))
    assert patches.shape == (200, 3, 3, 1)
    places, kinds = set(), set()
    for image, patch in zip(images[..., 0], patches[..., 0], strict=True):
        top, left = (patch.min() - image.min()) // 5, (patch.min() - image.min()) % 5
        part = image[top : top + 3, left : left + 3]
        variants = [np.rot90(flipped, turns) for flipped in (part, part[::-1]) for turns in range(4)]
        (kind,) = [number for number, variant in enumerate(variants) if np.array_equal(variant, patch)]
        places.add((top, left))
        kinds.add(kind)
    assert places == {(top, left) for top in range(4) for left in range(3)}
    assert kinds == set(range(8))


def test_every_epoch_has_other_patches_and_other_noise(recipe_file):
    images = load_images(load_recipe(recipe_file))
    (noisy, clean), (_, other) = images.noisy_train(0), images.noisy_train(1)
    assert clean.shape == noisy.shape == (len(images.train), 16, 16, 3)
    assert clean.dtype == np.float32
    assert clean.max() <= 1
    assert not np.array_equal(clean, other)
    again, same = images.noisy_train(0)
    np.testing.assert_array_equal(same, clean)
    np.testing.assert_array_equal(again, noisy)
    np.testing.assert_array_equal(images.noisy_validation()[1], images.clean_validation())
    np.testing.assert_array_equal(images.noisy_validation()[0], images.noisy_validation()[0])
    assert images.clean_validation().shape == (len(images.validation), 16, 16, 3)
    # The squares of one photograph are not on both sides.
    assert not set(images.train.groups) & set(images.validation.groups)


def test_some_patches_are_gray_with_equal_noise_in_all_channels(recipe_file):
    images = load_images(load_recipe(recipe_file, ["data.gray=0.4"]))
    coloured = load_images(load_recipe(recipe_file))
    share = []
    for epoch in range(10):
        noisy, clean = images.noisy_train(epoch)
        gray = (clean == clean[..., :1]).all(axis=(1, 2, 3))
        np.testing.assert_array_equal(gray, (noisy == noisy[..., :1]).all(axis=(1, 2, 3)))
        # Apart from those that turned gray, the patches are the same.
        _, plain = coloured.noisy_train(epoch)
        np.testing.assert_array_equal(clean[~gray], plain[~gray])
        np.testing.assert_allclose(clean[gray][..., 0], plain[gray] @ [0.299, 0.587, 0.114], atol=1e-6)
        share.append(gray.mean())
    assert 0.2 < np.mean(share) < 0.6


def test_noise_may_be_drawn_for_several_epochs_whose_patches_differ(recipe_file):
    images = load_images(load_recipe(recipe_file, ["data.noise_epochs=2", "noise=gaussian(0.1, clip=false)"]))
    drawn = [images.noisy_train(epoch) for epoch in range(4)]
    for noisy, clean in drawn:
        assert noisy.shape == clean.shape == (len(images.train), 16, 16, 3)
        assert noisy.dtype == clean.dtype == np.float32
        assert (noisy - clean).std() == pytest.approx(0.1, rel=0.02)
    assert not np.array_equal(drawn[0][1], drawn[1][1])
    # One square's noise, seen through another window: some value of the one patch is in the other, epochs apart none.
    shared = [
        np.mean([np.isin(one, other).mean() for one, other in zip(drawn[0][0], drawn[epoch][0], strict=True)])
        for epoch in (1, 2)
    ]
    assert shared[0] > shared[1] + 0.2
    again = load_images(images.recipe).noisy_train(3)
    np.testing.assert_array_equal(again[0], drawn[3][0])


def test_other_colours_keep_shape_and_range_and_leave_the_rest_alone():
    from unnoise.experiment.patches import other_colours

    clean = np.random.default_rng(0).random((200, 4, 4, 3), dtype=np.float32)
    varied = other_colours(clean, 0.5, np.random.default_rng(1))
    same = (varied == clean).all(axis=(1, 2, 3))
    assert 0.3 < same.mean() < 0.7
    assert varied.min() >= 0
    assert varied.max() <= 1
    np.testing.assert_array_equal(other_colours(clean, 0.0, np.random.default_rng(1)), clean)


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["data.noise_epochs=2", "data.colours=0.5"],
        ["training.optimizer=muon", "training.schedule=trapezoid", "data.gray=0.5", "training.loss=psnr"],
    ],
)
def test_a_run_on_patches_lowers_the_loss_and_goes_on_exactly(recipe_file, overrides, tmp_path, monkeypatch):
    from unnoise.training import callbacks

    recipe = load_recipe(recipe_file, overrides)
    whole = train(recipe, tmp_path / "whole")
    losses = [float(row["val_loss"]) for row in whole.read_history()]
    assert losses[-1] < losses[0]
    model = whole.load_model("autoencoder")
    assert model.input_shape == (None, None, None, 3)

    save = callbacks.save_checkpoint

    def stop(path, model, optimizer, best, state):
        save(path, model, optimizer, best, state)
        if state.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(callbacks, "save_checkpoint", stop)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "cut")
    monkeypatch.undo()
    for weight, other in zip(
        resume(tmp_path / "cut").load_model("autoencoder").get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data={dataset='demo/', gray=0.5}", "data.gray is a share of patches"),
        ("data.patch=25", r"data.patch is 25, but the images of .* are \(24, 24, 3\)"),
        ("model={architecture='dense-autoencoder'}", "dense-autoencoder takes one size only"),
        ("classifier.model.architecture='mlp-classifier'", "a classifier sees whole images"),
        ("evaluation.baselines=['linear', 'median']", "linear needs whole images, not patches"),
    ],
)
def test_what_cannot_be_trained_on_patches_is_told(recipe_file, override, message):
    with pytest.raises(RecipeError, match=message):
        load_images(load_recipe(recipe_file, [override]))
