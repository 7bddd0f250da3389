import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from unnoise.errors import InputError
from unnoise.evaluation import evaluate, kpi_row
from unnoise.metrics import mse, psnr, ssim
from unnoise.reporting import DO_NOTHING, KpiTable, markdown, print_table

NAMES = ("dark", "bright", "never seen")


def brightness(images):
    """Classify by the mean: a classifier whose answers are known."""
    bright = images.mean(axis=(1, 2, 3)) > 0.5
    return np.stack([~bright, bright, np.zeros_like(bright)], axis=1).astype(np.float32)


@pytest.fixture
def labels(gray):
    return brightness(gray.test.clean).argmax(axis=1).astype(np.int64)


@pytest.fixture
def table(gray, labels):
    return evaluate(
        clean=gray.test.clean,
        noisy=gray.test.noisy,
        labels=labels,
        class_names=NAMES,
        methods={
            "net": lambda noisy: 0.5 * noisy + 0.25,
            "linear": gray.test.clean * 0.9,
            "perfect": gray.test.clean,
            "do-nothing": lambda noisy: noisy,
        },
        classifier=brightness,
        composite=lambda noisy: 1 - brightness(noisy),
        notes={"net": "weight = 0.4"},
        skipped={"nlm": "too slow | here"},
    )


def test_rows_are_means_and_spreads_over_images(gray):
    clean, noisy = gray.test.clean, gray.test.noisy
    row = kpi_row("noisy", clean, noisy)
    ratio = psnr(clean, noisy, data_range=1.0)
    assert row.mse == pytest.approx(np.mean(mse(clean, noisy)))
    assert (row.psnr, row.psnr_std) == (pytest.approx(ratio.mean()), pytest.approx(ratio.std()))
    assert row.ssim == pytest.approx(np.mean(ssim(clean, noisy, data_range=1.0)))
    assert row.bce > 0
    assert kpi_row("unclipped", clean, noisy * 3 - 1).bce is None


def test_first_row_is_the_noisy_image_and_no_row_repeats_it(table):
    assert [row.name for row in table.rows] == [DO_NOTHING, "net", "linear", "perfect"]
    assert table.row("net").note == "weight = 0.4"
    assert table.row("perfect").psnr == math.inf
    assert table.row("perfect").psnr_std is None
    assert table.row("nothing of the kind") is None


def test_recognition_rows_and_sums(table, labels):
    names = ["clean", "noisy", "denoised (net)", "denoised (linear)", "denoised (perfect)", "composite"]
    assert [row.name for row in table.accuracies] == names
    for row in table.accuracies:
        counts = np.array(row.confusion)
        assert counts.shape == (3, 3)
        np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(labels, minlength=3))
        assert row.accuracy == pytest.approx(np.trace(counts) / len(labels))
        assert row.per_class[2] is None
    assert table.accuracy("clean").accuracy == 1.0
    assert table.accuracy("denoised (perfect)").per_class[:2] == (1.0, 1.0)


def test_round_trip_through_strict_json(table):
    text = json.dumps(table.to_dict(), allow_nan=False)
    assert KpiTable.from_dict(json.loads(text)) == table
    assert json.loads(text)["rows"][3]["psnr"] is None


def test_without_labels_there_is_no_recognition(gray):
    table = evaluate(clean=gray.test.clean, noisy=gray.test.noisy, methods={}, classifier=brightness)
    assert table.accuracies == ()
    assert len(table.rows) == 1
    assert "Recognition" not in markdown(table)


def test_classes_without_names_get_numbers(gray, labels):
    table = evaluate(
        clean=gray.test.clean,
        noisy=gray.test.noisy,
        methods={},
        labels=labels,
        classifier=brightness,
        class_names=["a"],
    )
    assert table.class_names == ("a", "1", "2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": {"net": lambda y: y[:, 1:]}}, "net gives"),
        ({"methods": {"net": lambda y: y * np.nan}}, "finite"),
        ({"clean": np.zeros((0, 4, 4, 1)), "noisy": np.zeros((0, 4, 4, 1))}, "at least one"),
        ({"labels": np.zeros(3, int)}, "one label"),
        ({"classifier": lambda y: y.mean(axis=(1, 2, 3))}, "shape"),
        ({"class_names": ["a"], "classifier": lambda y: brightness(y) * np.nan}, "finite"),
    ],
)
def test_refuses_with_the_rule(gray, labels, change, message):
    given = {"clean": gray.test.clean, "noisy": gray.test.noisy, "labels": labels, "methods": {}}
    with pytest.raises(InputError, match=message):
        evaluate(**{**given, "classifier": brightness, **change})


def test_markdown_is_rectangular_and_marks_the_best(table):
    text = markdown(table)
    for block in text.split("\n\n"):
        widths = {line.replace("\\|", "").count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1
    assert "| perfect | **∞** |" in text
    assert "**∞**" in text
    assert "| linear |" in text
    assert "vs. linear" in text
    assert "nlm left out: too slow" in text
    clean = next(line for line in text.splitlines() if line.startswith("| clean |"))
    assert "**" not in clean


def test_prints_on_a_console(table):
    out = io.StringIO()
    print_table(table, Console(file=out, width=140))
    assert all(row.name in out.getvalue() for row in (*table.rows, *table.accuracies))
