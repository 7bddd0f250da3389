"""Tiny runs: what they leave, that they repeat, and that they go on where they were stopped."""

import csv
import math

import numpy as np
import pytest

from unnoise.errors import DataError, InputError, OutputError, RecipeError, UsageError
from unnoise.experiment import RunFolder
from unnoise.experiment.images import load_images
from unnoise.models import DenoisingClassifier
from unnoise.training import callbacks


def untimed(run):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in run.read_history()]


def weights(run, stage="autoencoder"):
    return run.load_model(stage).get_weights()


def assert_equal_runs(one, two):
    assert untimed(one) == untimed(two)
    for stage in one.recipe.stages:
        for a, b in zip(weights(one, stage), weights(two, stage), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_run_folder_holds_what_the_plan_says(full_run, tiny):
    found = {str(path.relative_to(full_run.path)) for path in full_run.path.rglob("*") if path.is_file()}
    stages = ("classifier", "autoencoder", "composite")
    assert found == {
        "recipe.toml",
        "run.json",
        "history.csv",
        *(f"checkpoints/{stage}.npz" for stage in stages),
        *(f"models/{stage}.{suffix}" for stage in stages for suffix in ("keras", "weights.h5")),
    }
    assert full_run.recipe == tiny.recipe("all", "training.fresh_noise=true")
    facts = full_run.facts
    assert facts["seed"] == 5
    assert {"unnoise", "python", "keras", "numpy"} <= set(facts["versions"])
    assert facts["machine"]["cores"] >= 1
    assert any("(500, 28, 28, 1)" in line for line in facts["data"])


def test_history_has_one_row_a_stage_and_epoch_and_finite_figures(full_run):
    with open(full_run.history_file, newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["stage"], row["epoch"]) for row in rows] == [
        (stage, str(epoch)) for stage in ("classifier", "autoencoder", "composite") for epoch in (1, 2, 3)
    ]
    assert list(rows[0])[:2] == ["stage", "epoch"]
    assert list(rows[0])[-1] == "seconds"
    for row in rows:
        assert math.isfinite(float(row["loss"]))
        assert math.isfinite(float(row["val_loss"]))
        assert (row["accuracy"] == "") == (row["stage"] == "autoencoder")


def test_the_autoencoder_learns(dense_run):
    losses = [float(row["loss"]) for row in dense_run.read_history()]
    assert losses == sorted(losses, reverse=True)
    images = load_images(dense_run.recipe)
    clean = images.validation.to_float()
    denoised = dense_run.load_model("autoencoder").predict(images.noisy_validation()[0], batch_size=100, verbose=0)
    grey = np.full_like(clean, clean.mean())
    assert np.mean((denoised - clean) ** 2) < np.mean((grey - clean) ** 2)


def test_the_saved_weights_are_those_of_the_best_epoch(dense_run):
    """Its loss on the validation images, computed with NumPy, is the one in the history."""
    images = load_images(dense_run.recipe)
    clean = images.validation.to_float()
    denoised = dense_run.load_model("autoencoder").predict(images.noisy_validation()[0], batch_size=100, verbose=0)
    p = np.clip(denoised.astype(np.float64), 1e-7, 1 - 1e-7)
    entropy = -np.mean(clean * np.log(p) + (1 - clean) * np.log(1 - p))
    assert entropy == pytest.approx(min(float(row["val_loss"]) for row in dense_run.read_history()), rel=1e-4)


def test_weights_alone_are_the_whole_models(full_run):
    from unnoise.models import build, load_weights

    recipe = full_run.recipe
    model = build(recipe.model.architecture, (28, 28, 1), **recipe.model.parameters)
    load_weights(model, full_run.weights_file("autoencoder"))
    for a, b in zip(model.get_weights(), weights(full_run), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_composite_has_the_trained_autoencoder_and_a_classifier_of_its_own(full_run):
    composite, autoencoder = full_run.load_model("composite"), full_run.load_model("autoencoder")
    assert isinstance(composite, DenoisingClassifier)
    images = np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)
    np.testing.assert_array_equal(composite.denoise(images), autoencoder.predict(images, batch_size=4, verbose=0))
    tuned, alone = composite.classifier.get_weights(), full_run.load_model("classifier").get_weights()
    assert any(not np.array_equal(a, b) for a, b in zip(tuned, alone, strict=True))


def test_two_runs_with_the_same_seed_are_equal_and_another_seed_is_not(tiny, dense_run, tmp_path):
    assert_equal_runs(tiny.run(tmp_path / "again"), dense_run)
    other = tiny.run(tmp_path / "other", "dense", "seed=6")
    assert untimed(other) != untimed(dense_run)
    assert not np.array_equal(weights(other)[0], weights(dense_run)[0])


@pytest.mark.parametrize("checkpoints", [2, 5, 7], ids=["classifier", "autoencoder", "composite"])
def test_an_interrupted_run_goes_on_as_if_undisturbed(tiny, full_run, interruption, tmp_path, checkpoints):
    interruption.after_checkpoint(checkpoints)
    with pytest.raises(KeyboardInterrupt):
        tiny.run(tmp_path / "run", "all", "training.fresh_noise=true")
    assert len(RunFolder.open(tmp_path / "run").read_history()) == checkpoints - 1
    interruption.over()
    assert_equal_runs(tiny.resume(tmp_path / "run"), full_run)


def test_a_finished_run_is_left_as_it_is(tiny, dense_run):
    def content():
        files = [path for path in dense_run.path.rglob("*") if path.is_file()]
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = content()
    tiny.resume(dense_run.path)
    assert content() == before


def test_a_run_that_lost_its_history_and_models_rebuilds_them_from_checkpoints(tiny, tmp_path):
    run = tiny.run(tmp_path / "run", "dense", "training.epochs=2")
    history, kept = run.history_file.read_bytes(), weights(run)
    run.history_file.unlink()
    run.model_file("autoencoder").unlink()
    tiny.resume(run.path)
    # Even the seconds, as no epoch was repeated.
    assert run.history_file.read_bytes() == history
    for a, b in zip(weights(run), kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_early_stopping_counts_on_after_an_interruption(tiny, interruption, tmp_path):
    # At this rate plain gradient descent gets worse at some point, and the run is stopped before its last epoch.
    settings = ("dense", "training.epochs=40", "training.patience=2", "training.learning_rate=0.05")
    whole = tiny.run(tmp_path / "whole", *settings)
    losses = [float(row["val_loss"]) for row in whole.read_history()]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 2 < 40
    interruption.after_checkpoint(best + 1)
    with pytest.raises(KeyboardInterrupt):
        tiny.run(tmp_path / "cut", *settings)
    interruption.over()
    assert_equal_runs(tiny.resume(tmp_path / "cut"), whole)


def test_the_last_epoch_is_kept_where_the_recipe_says_so(tiny, interruption, tmp_path):
    settings = ("dense", "training.epochs=6", "training.learning_rate=0.05")
    best = tiny.run(tmp_path / "best", *settings)
    last = tiny.run(tmp_path / "last", *settings, "training.keep=last")
    losses = [float(row["val_loss"]) for row in best.read_history()]
    assert untimed(best) == untimed(last)
    equal = all(np.array_equal(a, b) for a, b in zip(weights(best), weights(last), strict=True))
    assert equal == (np.argmin(losses) == len(losses) - 1)
    interruption.after_checkpoint(6)
    with pytest.raises(KeyboardInterrupt):
        tiny.run(tmp_path / "cut", *settings, "training.keep=last")
    interruption.over()
    assert_equal_runs(tiny.resume(tmp_path / "cut"), last)


def test_fresh_noise_differs_between_epochs_and_fixed_noise_does_not(tiny, monkeypatch, tmp_path):
    images = load_images(tiny.recipe())
    clean = images.train.to_float()

    def draw(epoch):
        noisy, targets = images.noisy_train(epoch)
        np.testing.assert_array_equal(targets, clean)
        return noisy

    assert not np.array_equal(draw(0), draw(1))
    np.testing.assert_array_equal(draw(1), draw(1))

    seen = []
    begin = callbacks.FreshExamples.on_epoch_begin

    def watch(self, epoch, logs=None):
        begin(self, epoch, logs)
        seen.append((epoch, np.array(self.model.inputs_held)[:500]))

    monkeypatch.setattr(callbacks.FreshExamples, "on_epoch_begin", watch)
    tiny.run(tmp_path / "fixed", "dense", "training.epochs=2")
    assert seen == []
    tiny.run(tmp_path / "fresh", "dense", "training.epochs=2", "training.fresh_noise=true")
    assert [epoch for epoch, _ in seen] == [0, 1]
    for epoch, inputs in seen:
        np.testing.assert_array_equal(inputs, draw(epoch))


def test_sets_do_not_overlap_and_their_noise_is_drawn_apart(tiny):
    images = load_images(tiny.recipe())
    assert [len(part) for part in (images.train, images.validation, images.test)] == [500, 100, 50]
    train = {image.tobytes() for image in images.train.images}
    validation = {image.tobytes() for image in images.validation.images}
    assert len(train & validation) == 0
    np.testing.assert_array_equal(images.noisy_test(), images.noisy_test())
    # Where nothing is clipped, the noise itself is seen.
    spelling = "gaussian(0.01, clip=false)"
    recipe = tiny.recipe("dense", f"noise={spelling}")
    images = load_images(recipe)
    noises = [np.subtract(*images.noisy_train())[0]]
    noises += [images.noisy_validation()[0][0] - images.validation.to_float()[0]]
    noises += [images.noisy_test()[0] - images.test.to_float()[0]]
    for i, one in enumerate(noises):
        for other in noises[:i]:
            assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.2


def test_validation_on_the_test_set_uses_its_images_and_noise(tiny):
    images = load_images(tiny.recipe("dense", "data.validation=test"))
    assert len(images.train) == 600
    np.testing.assert_array_equal(images.validation.images, images.test.images)
    np.testing.assert_array_equal(images.noisy_validation()[0], images.noisy_test())
    assert "not independent" in images.describe()[-1]


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(tiny, tmp_path):
    with pytest.raises(DataError, match=r"no finite number after epoch 1.*training\.learning_rate"):
        tiny.run(
            tmp_path / "run", "dense", "training.optimizer=sgd", "training.learning_rate=1e38", "training.loss=mse",
            "model.output_activation=linear",
        )  # fmt: skip
    run = RunFolder.open(tmp_path / "run")
    assert not run.checkpoint("autoencoder").exists()
    assert run.read_history() == []
    with pytest.raises(InputError, match="no finished autoencoder"):
        run.load_model("autoencoder")


def test_a_batch_larger_than_the_data_is_told(tiny, tmp_path):
    with pytest.raises(RecipeError, match=r"training\.batch_size is 501, but there are only 500 training images"):
        tiny.run(tmp_path / "run", "dense", "training.batch_size=501")


@pytest.mark.parametrize(
    ("override", "match"),
    [
        ("data.validation=600", r"data\.validation is 600, but there are only 600"),
        ("data.train_images=1000000", r"data\.train_images is 1000000, but fashion-mnist-mini has only \d+"),
        ("data.test_images=1000000", r"data\.test_images is 1000000"),
    ],
)
def test_more_images_than_there_are_is_told_before_anything_is_written(tiny, tmp_path, override, match):
    with pytest.raises(RecipeError, match=match):
        tiny.run(tmp_path / "run", "dense", override)
    assert not (tmp_path / "run").exists()


def test_a_run_folder_in_use_is_not_touched(tiny, dense_run, tmp_path):
    before = sorted(dense_run.path.rglob("*"))
    with pytest.raises(OutputError, match="exists already"):
        tiny.run(dense_run.path)
    assert sorted(dense_run.path.rglob("*")) == before
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="Cannot make the run folder"):
        tiny.run(tmp_path / "file")


def test_a_folder_without_recipe_is_no_run(tiny, tmp_path):
    with pytest.raises(InputError, match="is no run folder"):
        tiny.resume(tmp_path)


def test_a_damaged_checkpoint_is_told_and_can_be_deleted(tiny, dense_run, interruption, tmp_path):
    interruption.after_checkpoint(2)
    with pytest.raises(KeyboardInterrupt):
        tiny.run(tmp_path / "run")
    interruption.over()
    checkpoint = RunFolder.open(tmp_path / "run").checkpoint("autoencoder")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(DataError, match="Delete it to train this stage from its start"):
        tiny.resume(tmp_path / "run")
    checkpoint.unlink()
    assert_equal_runs(tiny.resume(tmp_path / "run"), dense_run)


def test_a_folder_that_cannot_be_filled_is_not_left_behind(tiny, tmp_path, monkeypatch):
    from unnoise.errors import OutputError

    def full(path, content):
        raise OutputError("the disk is full")

    monkeypatch.setattr("unnoise.experiment.run_folder.write_text", full)
    with pytest.raises(OutputError, match="disk is full"):
        tiny.run(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_run_begins_with_the_weights_of_the_run_it_starts_from(tiny, tmp_path, interruption):
    first = tiny.run(tmp_path / "first", "dense", "training.epochs=1")
    again = ("dense", f"training.start={first.path}", "training.epochs=2")
    # So slow that nothing moves.
    still = tiny.run(tmp_path / "still", *again, "training.learning_rate=1e-12")
    for a, b in zip(weights(first), weights(still), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    whole = tiny.run(tmp_path / "whole", *again)
    assert float(whole.read_history()[-1]["val_loss"]) < float(first.read_history()[-1]["val_loss"])
    interruption.after_checkpoint(1)
    with pytest.raises(KeyboardInterrupt):
        tiny.run(tmp_path / "stopped", *again)
    interruption.over()
    assert_equal_runs(tiny.resume(tmp_path / "stopped"), whole)


def test_training_in_sixteen_bits_is_near_and_leaves_a_model_in_float32(tiny, tmp_path, interruption):
    import keras

    exact = tiny.run(tmp_path / "exact", "dense")
    settings = ("dense", "training.precision=mixed_bfloat16")
    rounded = tiny.run(tmp_path / "rounded", *settings)
    assert keras.config.dtype_policy().name == "float32"
    assert all(layer.compute_dtype == "float32" for layer in rounded.load_model("autoencoder").layers)
    losses = [float(run.read_history()[-1]["val_loss"]) for run in (exact, rounded)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    interruption.after_checkpoint(1)
    with pytest.raises(KeyboardInterrupt):
        tiny.run(tmp_path / "stopped", *settings)
    interruption.over()
    assert_equal_runs(tiny.resume(tmp_path / "stopped"), rounded)


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (["training.start=runs/nowhere"], InputError, "nowhere is no run folder"),
        (["training.start=nowhere"], UsageError, "Unknown model 'nowhere'"),
        (["training.start={first}", "model.code=7"], RecipeError, "have more filters"),
    ],
)
def test_a_start_that_does_not_fit_is_told(full_run, tiny, tmp_path, overrides, error, message):
    with pytest.raises(error, match=message):
        tiny.run(tmp_path / "run", "dense", *(text.format(first=full_run.path) for text in overrides))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("override", "says"),
    [("model.code=-3", "^model: code must be"), ("classifier.model.hidden=[0]", "^classifier.model: hidden")],
)
def test_what_a_model_refuses_is_told_before_anything_is_written(tiny, tmp_path, override, says):
    from unnoise.training import train

    with pytest.raises(RecipeError, match=says):
        train(tiny.recipe("all", override), tmp_path / "run")
    assert not (tmp_path / "run").exists()
