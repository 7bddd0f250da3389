"""What each method of supervision gives a network to learn from."""

import numpy as np
import pytest
from tifffile import imwrite

from unnoise.errors import DataError, RecipeError
from unnoise.experiment import Recipe, load_images
from unnoise.experiment.supervision import registry
from unnoise.experiment.supervision.neighbors import neighbor_masks, sub_image

NETWORK = {"architecture": "bias-free-unet", "filters": [4], "blocks": 1}


def recipe(folder, method="pairs", **fields):
    data = {"dataset": str(folder), "tile": 16, "patch": 8, "validation": 0.2} | fields.pop("data", {})
    table = {"name": "own", "summary": "x", "supervision": {"method": method}, "data": data, "model": NETWORK}
    table["evaluation"] = {"baselines": ["median"]}
    if method == "calibrate":
        table |= {"model": NETWORK | {"architecture": "calibrated-bias-free-unet"}}
    table |= {"training": {"loss": "mse"} | ({"start": "photo"} if method == "calibrate" else {})}
    return Recipe.checked(table | fields, "the recipe")


@pytest.fixture
def folders(tmp_path):
    """Ten noisy images of 1000 more than their clean partners, 16 bit."""
    rng = np.random.default_rng(0)
    for side in ("clean", "noisy"):
        (tmp_path / side).mkdir()
    for number in range(10):
        clean = rng.integers(100, 3000, (32, 40), np.uint16)
        imwrite(tmp_path / "clean" / f"{number}_clean.tif", clean)
        imwrite(tmp_path / "noisy" / f"{number}.tif", clean + np.uint16(1000))
    return tmp_path


@pytest.fixture
def pairs(folders):
    data = {"noisy": str(folders / "noisy"), "white": 4095, "offset": 95}
    return load_images(recipe(folders / "clean", data=data))


def test_pairs_stay_together_in_their_range(pairs):
    for noisy, target in (pairs.noisy_train(), pairs.examples(1), pairs.noisy_validation(), pairs.test_pair()):
        np.testing.assert_allclose(noisy - target, 1000 / 4000, atol=1e-6)
    assert pairs.examples(0)[0].shape == (len(pairs.train), 8, 8, 1)
    assert not np.array_equal(pairs.examples(0)[1], pairs.examples(1)[1])
    assert len(pairs.test) == 2 * 4


def test_an_epoch_has_as_many_patches_as_are_asked_for(folders):
    images = load_images(recipe(folders / "clean", data={"noisy": str(folders / "noisy"), "patches": 100}))
    noisy, target = images.examples(0)
    assert len(noisy) == 100
    np.testing.assert_allclose(noisy - target, 1000 / 4095, atol=1e-6)
    assert len(images.noisy_validation()[0]) <= 64


def test_pairs_that_do_not_match_are_named(folders):
    (folders / "noisy" / "3.tif").rename(folders / "noisy" / "other.tif")
    with pytest.raises(DataError, match=r"3_clean\.tif has no partner.*other\.tif has no partner"):
        load_images(recipe(folders / "clean", data={"noisy": str(folders / "noisy")}))


def test_pairs_of_other_sizes_or_depths_are_named(folders):
    imwrite(folders / "noisy" / "3.tif", np.zeros((32, 41), np.uint16))
    with pytest.raises(DataError, match=r"one size and depth.*3\.tif is 32×41"):
        load_images(recipe(folders / "clean", data={"noisy": str(folders / "noisy")}))


def test_pairs_in_one_folder_are_not_taken_for_clean_images(folders):
    with pytest.raises(RecipeError, match=r"sub-folders clean and noisy: these are pairs"):
        load_images(recipe(folders, "synthetic", noise="gaussian(0.1)"))


@pytest.fixture
def scenes(tmp_path):
    """Six scenes, of whose shots number k is k more than the scene."""
    for scene in range(6):
        (tmp_path / f"scene{scene}").mkdir()
        base = np.random.default_rng(scene).integers(0, 200, (16, 32), np.uint8)
        for shot in range(4):
            imwrite(tmp_path / f"scene{scene}" / f"{shot}.tif", base + np.uint8(shot))
    return tmp_path


def test_shots_are_paired_with_other_shots_of_their_scene(scenes):
    images = load_images(recipe(scenes, "noise2noise"))
    seen = set()
    for epoch in range(3):
        noisy, target = images.examples(epoch)
        differences = np.rint((target - noisy) * 255).reshape(len(noisy), -1)
        assert (differences == differences[:, :1]).all()
        seen |= set(differences[:, 0].astype(int))
    assert seen == {-3, -2, -1, 1, 2, 3}
    noisy, mean = images.test_pair()
    assert len(noisy) == 2
    np.testing.assert_allclose((mean - noisy) * 255, 2, atol=1e-4)


def test_a_scene_of_a_single_shot_is_named(scenes):
    for shot in (1, 2, 3):
        (scenes / "scene2" / f"{shot}.tif").unlink()
    with pytest.raises(DataError, match="scene2 holds one image"):
        load_images(recipe(scenes, "noise2noise"))


def test_sub_images_are_neighbours():
    rng = np.random.default_rng(0)
    image = np.arange(64 * 64, dtype=np.float32).reshape(1, 64, 64, 1)
    masks = neighbor_masks((1, 64, 64), rng)
    first, second = (sub_image(image, masks[..., which]) for which in (0, 1))
    assert first.shape == (1, 32, 32, 1)
    apart = np.abs(first - second)
    assert set(np.unique(apart)) == {1, 64}
    assert 0.4 < np.mean(apart == 1) < 0.6
    counts = masks.reshape(32, 2, 32, 2, 2).mean(axis=(0, 2))
    np.testing.assert_allclose(counts, 0.25, atol=0.06)


def test_noisy_images_alone_are_compared_with_their_neighbours(folders):
    images = load_images(recipe(folders / "noisy", "neighbor2neighbor"))
    noisy, target = images.test_pair()
    assert noisy.shape == target.shape == (len(images.test), 8, 8, 1)
    inputs, _ = images.examples(0)
    np.testing.assert_array_equal(inputs[..., 1:].sum(axis=(1, 2)), 16)


def test_calibrate_hides_a_sixteenth_of_the_pixels(folders):
    images = load_images(recipe(folders / "noisy", "calibrate"))
    inputs, _ = images.examples(0)
    assert inputs.shape[1:] == (8, 8, 2)
    np.testing.assert_array_equal(inputs[..., 1].mean(axis=(1, 2)), 1 / 16)


def test_few_files_are_divided_by_squares(folders):
    for number in range(1, 10):
        (folders / "noisy" / f"{number}.tif").unlink()
    with pytest.raises(DataError, match="no images for test"):
        load_images(recipe(folders / "noisy", "calibrate"))
    images = load_images(recipe(folders / "noisy", "calibrate", data={"divide_squares": True, "tile": 8}))
    assert (len(images.test), len(images.train) + len(images.validation)) == (4, 16)


def test_a_stack_gives_its_frames(tmp_path):
    imwrite(tmp_path / "stack.tif", np.random.default_rng(0).integers(0, 999, (7, 32, 32), np.uint16))
    images = load_images(recipe(tmp_path, "neighbor2neighbor", data={"divide_squares": True}))
    assert len(images.train) + len(images.validation) + len(images.test) == 7 * 4


def test_more_validation_than_training_is_told(folders):
    own = recipe(folders / "clean", data={"noisy": str(folders / "noisy"), "validation": 20})
    assert any("more images for validation" in line for line in load_images(own).describe())


@pytest.mark.parametrize("method", sorted(set(registry) - {"synthetic"}))
def test_noise_is_not_added_to_images_that_have_it(method, tmp_path):
    fields = {"data": {"noisy": "x/"}} if method == "pairs" else {}
    with pytest.raises(RecipeError, match="remove noise"):
        recipe(tmp_path, method, noise="gaussian(0.1)", **fields)


def test_what_does_not_suit_a_method_is_told(tmp_path):
    for wrong, fields, words in (
        ("pairs", {}, "data.noisy"),
        ("synthetic", {}, "give noise"),
        ("noise2noise", {"training": {"loss": "mae"}}, "squared errors"),
        ("neighbor2neighbor", {"data": {"tile": 15}}, "even"),
        ("calibrate", {"model": NETWORK}, "calibrated-bias-free-unet"),
        ("calibrat", {}, "Did you mean 'calibrate'"),
    ):
        with pytest.raises(RecipeError, match=words):
            recipe(tmp_path, wrong, **fields)
