import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from unnoise.errors import InputError, OutputError
from unnoise.evaluation import evaluate
from unnoise.reporting import figures

HISTORY = [
    {"stage": stage, "epoch": epoch, "loss": 1 / epoch, "val_loss": 1.1 / epoch, **extra}
    for stage, extra in (("autoencoder", {"accuracy": ""}), ("classifier", {"accuracy": "0.8", "val_accuracy": 0.7}))
    for epoch in (1, 2, 3)
]


def pixels(figure: Figure):
    """Return the drawn figure, and check that it is not an empty sheet."""
    image = imread(io.BytesIO(figures.to_png(figure)))
    assert min(image.shape[:2]) > 100
    assert image[..., :3].std() > 0.01
    return image


def titles(figure):
    return [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes if axes.get_visible()]


def test_rows_carry_psnr_for_gray_and_colour(images):
    test = images.test
    figure = figures.denoising_rows(test.noisy, test.clean, test.clean, titles=[f"$x {k}" for k in range(12)])
    pixels(figure)
    assert len(figure.axes) == 3 * 10
    captions = [axes.get_xlabel() for axes in figure.axes]
    assert all(caption.endswith(" dB") for caption in captions[:20])
    assert set(captions[10:20]) == {"∞ dB"}
    assert set(captions[20:]) == {""}


def test_rows_of_several_methods_and_few_images(gray):
    test = gray.test
    methods = {"net": test.clean, "linear": test.noisy}
    figure = figures.denoising_rows(test.noisy[:2], {k: v[:2] for k, v in methods.items()}, test.clean[:2])
    pixels(figure)
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == ["noisy", "net", "linear", "clean"]


def test_worst_and_best_are_sorted_by_psnr(gray):
    clean = gray.test.clean
    denoised = clean + 0.01 * np.arange(1, 13, dtype=np.float32).reshape(-1, 1, 1, 1)
    figure = figures.worst_and_best(gray.test.noisy, denoised, clean, count=2)
    pixels(figure)
    heads = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert heads == ["#11", "#10", "#0", "#1"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_worst_and_best_of_very_few(gray, count):
    test = gray.test
    figure = figures.worst_and_best(test.noisy[:count], test.noisy[:count], test.clean[:count])
    pixels(figure)
    # No image is among the worst and the best; a single one is neither.
    heads = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert len(heads) == len(set(heads)) == 2 * (count // 2)


def test_learning_curves_have_a_panel_a_stage():
    figure = figures.learning_curves(HISTORY)
    pixels(figure)
    assert titles(figure) == ["autoencoder", "classifier", "classifier: accuracy"]
    pixels(figures.learning_curves([{"epoch": 1, "loss": 0.5, "val_loss": None}]))


@pytest.mark.parametrize("classes", [1, 2, 10, 30, 100])
def test_confusion_writes_counts_up_to_twenty_classes(classes):
    matrix = 7 * np.eye(classes, dtype=int)
    figure = figures.confusion_matrix(matrix, [f"class {k}" for k in range(classes)], "noisy")
    pixels(figure)
    assert len(figure.axes[0].texts) == (classes if classes <= 20 else 0)


@pytest.mark.parametrize("shape", [(1, 8), (5, 1), (5, 2), (60, 4, 4, 2), (2500, 3)])
def test_codes_of_any_shape(shape):
    rng = np.random.default_rng(0)
    codes, labels = rng.normal(size=shape), rng.integers(0, 10, shape[0])
    figure = figures.codes_2d(codes, labels, [f"class {k}" for k in range(10)])
    pixels(figure)
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == min(shape[0], 2000)
    if shape[0] == 60:
        assert "of the variance" in figure.axes[0].get_xlabel()


def test_codes_without_labels_and_all_equal():
    figure = figures.codes_2d(np.ones((20, 6)))
    pixels(figure)
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == 20


def test_bars_of_a_table(gray):
    labels = np.arange(12) % 2
    table = evaluate(
        clean=gray.test.clean,
        noisy=gray.test.noisy,
        labels=labels,
        methods={"net": gray.test.clean, "linear": gray.test.noisy * 0.9},
        classifier=lambda images: np.eye(2)[labels],
    )
    bars = figures.kpi_bars(table, highlight=["net"])
    pixels(bars)
    assert [text.get_text() for text in bars.axes[0].texts][1] == "∞"
    accuracy = figures.accuracy_bars(table)
    pixels(accuracy)
    assert {text.get_text() for text in accuracy.axes[0].texts} == {"100.0"}


def test_sweeps_with_groups_numbers_and_names():
    rows = [{"k": k, "psnr": str(15 + k), "net": net} for k in (2, 8, 32) for net in ("dense", "conv")]
    figure = figures.sweep_plot(rows, "k", "psnr", group="net", log_x=True, y_label="PSNR [dB]")
    pixels(figure)
    assert len(figure.axes[0].lines) == 2
    pixels(figures.sweep_plot(rows[:2], "net", "psnr"))


def test_figures_of_nothing_say_so(gray):
    none = gray.test.clean[:0]
    for draw in (
        lambda: figures.denoising_rows(none, none, none),
        lambda: figures.worst_and_best(none, none, none),
        lambda: figures.learning_curves([]),
        lambda: figures.codes_2d(np.zeros((0, 4))),
        lambda: figures.sweep_plot([], "x", "y"),
    ):
        with pytest.raises(InputError, match="at least one"):
            draw()


def test_saves_a_png_and_never_replaces_unasked(tmp_path):
    figure = figures.learning_curves(HISTORY)
    path = figures.save_figure(figure, tmp_path / "curves.png")
    assert imread(path).shape[0] > 100
    assert [file.name for file in tmp_path.iterdir()] == ["curves.png"]
    with pytest.raises(OutputError, match="overwrite"):
        figures.save_figure(figure, path, overwrite=False)
