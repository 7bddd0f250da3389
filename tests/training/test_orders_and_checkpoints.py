"""The order of the images, early stopping's state and checkpoints."""

import dataclasses

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unnoise.errors import DataError
from unnoise.models import build
from unnoise.training.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from unnoise.training.indexed_training import epoch_order, evaluation_batch, index_stream, steps_in_epoch


def test_every_epoch_has_an_order_of_its_own_and_two_runs_agree():
    first, second = (epoch_order(100, seed=3, epoch=epoch) for epoch in (0, 1))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first), np.arange(100))
    np.testing.assert_array_equal(first, epoch_order(100, seed=3, epoch=0))
    assert not np.array_equal(first, epoch_order(100, seed=4, epoch=0))


@given(st.integers(1, 50), st.integers(0, 3), st.integers(1, 4), st.data())
def test_the_stream_of_a_resumed_run_is_the_rest_of_the_whole_stream(count, first, more, data):
    used = data.draw(st.integers(1, count))
    whole = index_stream(count, used=used, seed=1, first=0, last=first + more)
    np.testing.assert_array_equal(
        index_stream(count, used=used, seed=1, first=first, last=first + more), whole[first * used :]
    )


@given(st.integers(1, 100_000), st.integers(1, 2000), st.booleans())
def test_steps_are_whole_batches_in_whole_groups_and_few_images_are_left_out(count, batch_size, grouped):
    steps, group = steps_in_epoch(count, batch_size, grouped=grouped)
    possible = count // batch_size
    assert 0 <= steps <= possible
    assert possible - steps <= min(7, possible / 50)
    assert steps > 0 or possible == 0
    assert 1 <= group <= 64
    assert steps % group == 0
    if not grouped:
        assert (steps, group) == (possible, 1)


@given(st.integers(1, 100_000))
def test_validation_batches_are_equal_and_of_bounded_size(count):
    size = evaluation_batch(count)
    assert count % size == 0
    assert 1 <= size <= 1000


def row(loss):
    return {"epoch": 1.0, "loss": 1.0, "val_loss": loss, "seconds": 0.1}


def test_early_stopping_waits_for_patience_epochs_without_improvement():
    state = TrainingState()
    improved = [state.record(row(loss), epochs=99, patience=2) for loss in (0.5, 0.4, 0.6)]
    assert improved == [True, True, False]
    assert (state.best_epoch, state.best_loss, state.waited, state.finished) == (2, 0.4, 1, False)
    assert state.record(row(0.3), epochs=99, patience=2)
    assert state.waited == 0
    # An equal loss is no improvement.
    assert not state.record(row(0.3), epochs=99, patience=2)
    assert not state.finished
    assert not state.record(row(0.31), epochs=99, patience=2)
    assert state.finished
    assert (state.epoch, state.best_epoch) == (6, 4)


def test_without_patience_training_ends_with_the_last_epoch():
    state = TrainingState()
    for number in range(5):
        assert not state.finished
        state.record(row(float(number)), epochs=5, patience=None)
    assert state.finished
    assert state.best_epoch == 1


def prepared(name="cnn-classifier", seed=0, **parameters):
    keras.utils.set_random_seed(seed)
    model = build(name, (8, 8, 1), **parameters)
    optimizer = keras.optimizers.Adam(1e-2)
    optimizer.build(model.trainable_variables)
    rng = np.random.default_rng(seed)
    for variable in (*model.trainable_variables, *optimizer.variables):
        value = rng.random(variable.shape) * 100
        variable.assign(value.astype(variable.dtype))
    return model, optimizer


def values(model, optimizer):
    return [keras.ops.convert_to_numpy(variable) for variable in (*model.variables, *optimizer.variables)]


STATE = TrainingState([row(0.1 + 0.2), row(1e-300)], best_epoch=1, best_loss=0.1 + 0.2, waited=1, finished=False)


def test_a_checkpoint_gives_back_every_bit(tmp_path):
    model, optimizer = prepared(seed=0)
    best = [weight * 2 for weight in model.get_weights()]
    save_checkpoint(tmp_path / "c.npz", model, optimizer, best, STATE)
    other = prepared(seed=1)
    reread, state = load_checkpoint(tmp_path / "c.npz", *other)
    assert state == STATE
    assert dataclasses.asdict(state) == dataclasses.asdict(STATE)
    for one, two in ((values(*other), values(model, optimizer)), (reread, best)):
        for a, b in zip(one, two, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


def test_a_checkpoint_holds_the_state_of_dropout(tmp_path):
    model, optimizer = prepared()
    images = np.ones((2, 8, 8, 1), np.float32)
    model(images, training=True)
    save_checkpoint(tmp_path / "c.npz", model, optimizer, [], STATE)
    following = keras.ops.convert_to_numpy(model(images, training=True))
    assert not np.array_equal(following, keras.ops.convert_to_numpy(model(images, training=True)))
    other = prepared(seed=1)
    load_checkpoint(tmp_path / "c.npz", *other)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(other[0](images, training=True)), following)


def test_a_damaged_checkpoint_is_a_data_error_that_says_what_to_do(tmp_path):
    model, optimizer = prepared("dense-autoencoder", code=2)
    whole = tmp_path / "whole.npz"
    save_checkpoint(whole, model, optimizer, model.get_weights(), STATE)
    content = whole.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [b"", b"text", content[:10], content[: len(content) // 2], content[:-1], content[: -len(content) // 50]]
    for place in rng.integers(0, len(content), 40):
        damaged.append(content[:place] + bytes(64) + content[place + 64 :])
    undamaged, messages = values(model, optimizer), []
    for number, data in enumerate(damaged):
        file = tmp_path / f"{number}.npz"
        file.write_bytes(data)
        other = prepared("dense-autoencoder", code=2)
        try:
            load_checkpoint(file, *other)
        except DataError as error:
            messages.append(str(error).replace(str(file), "FILE"))
        else:
            # Some bytes of a zip file mean nothing: what loads in spite of the damage is what was saved.
            assert all(map(np.array_equal, values(*other), undamaged))
    assert all("FILE" in text and "Delete it" in text for text in messages)
    assert len(messages) >= len(damaged) - 10


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    model, optimizer = prepared("dense-autoencoder", code=2)
    save_checkpoint(tmp_path / "c.npz", model, optimizer, [], STATE)
    with pytest.raises(DataError, match="cannot be used"):
        load_checkpoint(tmp_path / "c.npz", *prepared("dense-autoencoder", code=3))


def test_a_missing_part_is_refused(tmp_path):
    np.savez(tmp_path / "c.npz", state=np.frombuffer(b"{}", np.uint8))
    with pytest.raises(DataError, match="cannot be used"):
        load_checkpoint(tmp_path / "c.npz", *prepared())
