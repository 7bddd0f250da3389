"""A sweep: what it refuses, and what it leaves."""

import csv

import pytest

SMALL = [
    "data.train_images=600", "data.validation=100", "data.test_images=50", "evaluation.images=50",
    "training.epochs=1", "classifier.training.epochs=1", "composite.training.epochs=1",
]  # fmt: skip


def with_small(*values):
    return [word for value in (*values, *SMALL) for word in ("--set", value)]


def test_folders_name_their_values_and_the_table_holds_every_accuracy(unnoise, tmp_path):
    folder = tmp_path / "sweep"
    code, _, err = unnoise("sweep", "demo", *with_small("noise=gaussian(0.2),gaussian(0.5)"), "-o", folder)
    assert code == 0, err
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert names == ["01-noise=gaussian(0.2)", "02-noise=gaussian(0.5)"]
    with open(folder / "sweep.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["noise"] for row in rows] == ["gaussian(0.2)", "gaussian(0.5)"]
    assert float(rows[0]["noisy_psnr"]) > float(rows[1]["noisy_psnr"])
    assert {"accuracy clean", "accuracy noisy", "accuracy denoised", "accuracy composite"} <= set(rows[0])
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in row if name.startswith("accuracy"))


@pytest.mark.parametrize("wrong", ["model.code=4,x", "model.code=4,-1", "model.hidden=[8],[0]"])
def test_a_value_that_a_model_refuses_is_told_before_anything_is_trained(unnoise, tmp_path, wrong):
    code, out, err = unnoise("sweep", "demo", *with_small(wrong), "-o", tmp_path / "sweep")
    assert code == 2
    assert "model" in err
    assert "epoch" not in out
    assert list(tmp_path.iterdir()) == []
