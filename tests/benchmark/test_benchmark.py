"""The benchmark: its protocol, its methods and sets, runs that go on, its report, its check."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from unnoise.benchmark import protocol
from unnoise.benchmark.check import check_results
from unnoise.benchmark.image_sets import found_sets, known_sets, load_set
from unnoise.benchmark.results import Results, means, read_rows
from unnoise.benchmark.run import Plan, run_benchmark
from unnoise.errors import DataError, InputError, OutputError, UsageError
from unnoise.files import denoise
from unnoise.imaging import read_image, write_image

QUIET = Console(quiet=True)


@pytest.fixture
def pairs(photographs, tmp_path):
    folder = tmp_path / "pairs"
    folder.mkdir()
    for number in range(2):
        clean = read_image(photographs / f"{number}.png")
        noisy = clean.to_float() + np.random.default_rng(number).normal(0, 0.05, clean.pixels.shape)
        write_image(folder / f"{number}_mean.png", clean)
        write_image(folder / f"{number}_real.png", clean.with_float(noisy.astype(np.float32)))
    return folder


@pytest.fixture(scope="module")
def measured(photographs, tmp_path_factory):
    """A benchmark's folder with two images at two strengths."""
    folder = tmp_path_factory.mktemp("results") / "benchmark"
    plan = Plan(sets=[str(photographs)], noises=["25", "50"], methods=["do-nothing", "tv", "bilateral"], images=2)
    outcome = run_benchmark(plan, folder, console=QUIET)
    return folder, outcome


def worsened(source, target, factor):
    """Write a packaged model whose estimate of the noise is ``factor`` times that of ``source``."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(source)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    last = next(n for n in reversed(model.graph.node) if n.op_type == "Conv" and n.input[1] in weights)
    tensor = weights[last.input[1]]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(factor), tensor.name))
    onnx.save(model, target)


# Protocol


def test_noise_is_that_of_the_protocol_and_the_same_every_time():
    clean = np.full((40, 50, 3), 0.5, np.float32)
    noisy = protocol.noisy_image(clean, "25", 3)
    expected = clean + np.random.default_rng([25, 3]).standard_normal(clean.shape, np.float32) * np.float32(25 / 255)
    np.testing.assert_array_equal(noisy, expected)
    assert not np.array_equal(noisy, protocol.noisy_image(clean, "25", 4))
    dark = protocol.noisy_image(0 * clean, "50", 0)
    assert dark.min() < -0.3
    other = protocol.noisy_image(clean, "speckle(0.2)", 0)
    np.testing.assert_array_equal(other, protocol.noisy_image(clean, "speckle(0.2)", 0))
    assert not np.array_equal(other, protocol.noisy_image(clean, "speckle(0.2)", 1))


def test_noise_in_8_bits_is_what_a_file_holds():
    clean = np.full((40, 50, 3), 0.1, np.float32)
    noisy = protocol.noisy_image(clean, "50", 0, eight_bit=True)
    assert noisy.min() == 0
    np.testing.assert_allclose(noisy * 255, np.rint(noisy * 255), atol=1e-4)
    assert np.abs(noisy - np.clip(protocol.noisy_image(clean, "50", 0), 0, 1)).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("label", ["0", "2.5", "-3", "gausian(0.1)", ""])
def test_noise_that_is_none_is_told(label):
    with pytest.raises(UsageError):
        protocol.checked_noise(label)
    assert protocol.checked_noise("025") == "25"
    assert protocol.checked_noise("speckle( 0.20 )") == "speckle(0.2)"


def test_rows_are_those_of_a_calculation_by_hand(photographs, measured):
    rows = {row.key[1:]: row for row in read_rows(measured[0] / "images.csv")}
    clean = read_image(photographs / "1.png").to_float()
    noisy = clean + np.random.default_rng([25, 1]).standard_normal(clean.shape, np.float32) * np.float32(25 / 255)
    answer = denoise(noisy)
    for method, image in (("do-nothing", noisy), ("photo", answer)):
        row = rows["25", method, "1.png"]
        assert row.psnr == pytest.approx(-10 * np.log10(np.mean((clean - image) ** 2, dtype=np.float64)), abs=2e-3)
        assert row.megapixels == pytest.approx(140 * 160 / 1e6)
    assert rows["25", "photo", "1.png"].seconds > rows["25", "do-nothing", "1.png"].seconds
    assert rows["25", "photo", "1.png"].peak_mb is None or 30 < rows["25", "photo", "1.png"].peak_mb < 2000


def test_means_are_means(measured):
    folder, outcome = measured
    rows = [row for row in read_rows(folder / "images.csv") if row.key[1:3] == ("50", "tv")]
    (mean,) = [mean for mean in outcome.means if (mean.noise, mean.method) == ("50", "tv")]
    assert mean.images == len(rows) == 2
    assert mean.psnr == pytest.approx(np.mean([row.psnr for row in rows]), abs=1e-3)
    assert mean.psnr_std == pytest.approx(np.std([row.psnr for row in rows]), abs=1e-3)
    endless = means([dataclasses.replace(rows[0], psnr=np.inf), rows[1]])[0]
    assert (endless.psnr, endless.psnr_std) == (np.inf, 0)


def test_a_model_without_being_told_beats_filters_that_are(measured):
    found = {(mean.noise, mean.method): mean.psnr for mean in measured[1].means}
    for noise in ("25", "50"):
        assert found[noise, "photo"] > found[noise, "tv"] + 1
        assert min(found[noise, "tv"], found[noise, "bilateral"]) > found[noise, "do-nothing"] + 3


# Sets


def test_the_set_of_scikit_image_is_always_there(tmp_path, monkeypatch):
    monkeypatch.delenv("UNNOISE_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert found_sets() == ["scikit-image"]
    images = load_set("scikit-image")
    assert len(images.samples) == 5
    assert all(sample.read()[0].shape[-1] == 3 for sample in images.samples)


def test_a_known_set_is_found_by_its_folder_and_told_where_not(photographs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "photos" / "Kodak24").mkdir(parents=True)
    write_image(tmp_path / "data" / "photos" / "Kodak24" / "a.png", read_image(photographs / "0.png"))
    assert [sample.name for sample in load_set("kodak24", data_dir=tmp_path / "data").samples] == ["a.png"]
    assert "kodak24" in found_sets(tmp_path / "data")
    with pytest.raises(DataError, match=r"mcmaster is not on this machine.*Zhang et al. 2011"):
        load_set("mcmaster", data_dir=tmp_path / "data")
    with pytest.raises(UsageError, match="neither a known set nor a folder"):
        load_set("nowhere")
    assert {"cbsd68", "bsd68", "set12", "kodak24", "mcmaster", "urban100"} <= set(known_sets())


def test_pairs_bring_their_noise(pairs, tmp_path):
    images = load_set(f"{pairs}:*_real.png:*_mean.png")
    assert images.pairs
    clean, noisy = images.samples[1].read()
    assert 0.02 < np.std(noisy - clean) < 0.06
    outcome = run_benchmark(
        Plan(sets=[images.name], methods=["do-nothing", "wavelet"]), tmp_path / "out", console=QUIET
    )
    found = {mean.method: mean for mean in outcome.means}
    assert {mean.noise for mean in found.values()} == {"real"}
    assert found["do-nothing"].psnr == pytest.approx(26.2, abs=0.6)
    assert found["photo"].psnr > found["wavelet"].psnr > found["do-nothing"].psnr
    (pairs / "1_mean.png").unlink()
    with pytest.raises(DataError, match=r"no clean partner 1_mean\.png"):
        load_set(f"{pairs}:*_real.png:*_mean.png")
    with pytest.raises(DataError, match=r"no file \*_noisy.png"):
        load_set(f"{pairs}:*_noisy.png:*_mean.png")


# Runs


def test_what_is_measured_is_not_measured_again_and_what_is_missing_is(measured, photographs, tmp_path):
    plan = Plan(sets=[str(photographs)], noises=["25"], methods=["do-nothing"], models=[], images=2)
    folder = tmp_path / "again"
    run_benchmark(plan, folder, console=QUIET)
    table = folder / "images.csv"
    before = table.read_text("utf-8")
    run_benchmark(plan, folder, console=QUIET)
    assert table.read_text("utf-8") == before
    # A process that died in the middle of a line.
    lines = before.splitlines(keepends=True)
    table.write_text("".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2], "utf-8")
    run_benchmark(dataclasses.replace(plan, methods=["do-nothing", "wavelet"]), folder, console=QUIET)
    rows = read_rows(table)
    assert [(row.method, row.image) for row in rows] == [
        ("do-nothing", "0.png"), ("do-nothing", "1.png"), ("wavelet", "0.png"), ("wavelet", "1.png"),
    ]  # fmt: skip
    assert rows[1].psnr == pytest.approx(float(lines[-1].split(",")[5]))


def test_results_of_another_model_or_way_are_not_mixed(photographs, tmp_path):
    from unnoise.inference.packaged import model_file

    model = tmp_path / "mine.onnx"
    model.write_bytes(model_file("photo").read_bytes())
    plan = Plan(models=[str(model)], sets=[str(photographs)], noises=["25"], methods=[], images=1)
    run_benchmark(plan, tmp_path / "out", console=QUIET)
    worsened(model, model, 0.9)
    with pytest.raises(InputError, match="of another model"):
        run_benchmark(dataclasses.replace(plan, images=2), tmp_path / "out", console=QUIET)
    with pytest.raises(InputError, match="rounded to 8 bits"):
        run_benchmark(dataclasses.replace(plan, eight_bit=True), tmp_path / "out", console=QUIET)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(OutputError, match="holds other files"):
        Results(tmp_path / "full")


def test_a_model_in_several_passes_is_a_method_of_its_own(photographs, tmp_path):
    plan = Plan(models=["photo", "photo@4"], sets=[str(photographs)], noises=["25"], methods=[], images=1)
    once, four = run_benchmark(plan, tmp_path / "out", console=QUIET).means
    assert (once.method, four.method) == ("photo", "photo@4")
    assert once.psnr + 0.02 < four.psnr < once.psnr + 1
    assert "unnoise photo, 4 passes" in (tmp_path / "out" / "table.md").read_text("utf-8")
    with pytest.raises(UsageError, match="photo@3 asks for 3 passes"):
        run_benchmark(dataclasses.replace(plan, models=["photo@3"]), tmp_path / "out", console=QUIET)


def test_a_method_that_is_not_installed_is_left_out_with_its_reason(photographs, tmp_path):
    try:
        import bm3d  # noqa: F401
    except ImportError:
        plan = Plan(models=[], sets=[str(photographs)], noises=["25"], methods=["do-nothing", "bm3d"], images=1)
        outcome = run_benchmark(plan, tmp_path / "out", console=QUIET)
        assert outcome.failed == {}
        assert {mean.method for mean in outcome.means} == {"do-nothing"}
        assert "BM3D left out: It needs bm3d" in (tmp_path / "out" / "report.html").read_text("utf-8")
    else:
        pytest.skip("bm3d is installed")


def test_a_method_that_fails_is_named_and_the_others_are_measured(photographs, tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    plan = Plan(models=[str(broken)], sets=[str(photographs)], noises=["25"], methods=["do-nothing"], images=1)
    outcome = run_benchmark(plan, tmp_path / "out", console=QUIET)
    ((name, reason),) = outcome.failed.items()
    assert "broken.onnx" in name
    assert "not an ONNX model" in reason
    assert [mean.method for mean in outcome.means] == ["do-nothing"]


# Report


def test_the_report_holds_every_figure_of_the_table_and_loads_nothing(measured):
    folder, outcome = measured
    page = (folder / "report.html").read_text("utf-8")
    table = (folder / "table.md").read_text("utf-8")
    for mean in outcome.means:
        assert f"{mean.psnr:.2f}" in page
        assert f"{mean.psnr:.2f}" in table
    assert f"**{max(mean.psnr for mean in outcome.means if mean.noise == '25'):.2f}**" in table
    assert page.count("data:image/png;base64,") == 4
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    for kind in ("crops", "speed", "strengths", "images"):
        assert len(list((folder / "figures").glob(f"*-{kind}.png"))) == 1


def test_noise_of_other_kinds_has_a_table_of_its_own(photographs, tmp_path):
    plan = Plan(sets=[str(photographs)], noises=["25", "speckle(0.2)", "poisson(30)"], methods=["do-nothing"], images=1)
    outcome = run_benchmark(plan, tmp_path / "out", console=QUIET)
    table = (tmp_path / "out" / "table.md").read_text("utf-8")
    assert [mean.noise for mean in outcome.means if mean.method == "photo"] == [
        "25",
        "poisson(peak=30)",
        "speckle(0.2)",
    ]
    assert "PSNR, σ\N{NO-BREAK SPACE}25" in table
    assert "PSNR, speckle" not in table
    model = next(mean for mean in outcome.means if (mean.noise, mean.method) == ("speckle(0.2)", "photo"))
    assert re.search(rf"^\| speckle\(0\.2\) \| [\d.]+ \| \*\*{model.psnr:.2f}\*\* \|$", table, re.MULTILINE)


def test_a_strength_that_the_noisy_image_lacks_does_no_harm(photographs, tmp_path):
    plan = Plan(sets=[str(photographs)], noises=["15", "25"], methods=["do-nothing"], images=1)
    run_benchmark(plan, tmp_path / "out", console=QUIET)
    outcome = run_benchmark(dataclasses.replace(plan, noises=["50"], methods=[]), tmp_path / "out", console=QUIET)
    assert [mean.noise for mean in outcome.means if mean.method == "photo"] == ["15", "25", "50"]


def test_models_of_one_file_name_are_told_apart(photographs, tmp_path):
    from unnoise.benchmark import pictures
    from unnoise.benchmark.results import file_name
    from unnoise.inference.packaged import model_file

    models = []
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        models.append(str(tmp_path / name / "model.onnx"))
        Path(models[-1]).write_bytes(model_file("photo").read_bytes())
    worsened(models[1], models[1], 0.8)
    plan = Plan(models=models[:1], sets=[str(photographs)], noises=["25"], methods=["do-nothing"], images=1)
    run_benchmark(plan, tmp_path / "out", console=QUIET)
    # It goes on with another model and with more images, so that one crop lacks the second model.
    outcome = run_benchmark(dataclasses.replace(plan, models=models[1:]), tmp_path / "out", console=QUIET)
    run_benchmark(dataclasses.replace(plan, images=3), tmp_path / "out", console=QUIET)
    figure = pictures.crops(tmp_path / "out" / "crops" / file_name(str(photographs)), models)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["noisy", *(name.removesuffix(".onnx") for name in models), "clean"]
    ratios = [axes.get_xlabel() for axes in figure.axes]
    assert ratios[1] != ratios[2]
    first, second = (mean.psnr for mean in outcome.means if mean.method != "do-nothing")
    assert first != second


# Check


@pytest.mark.slow
def test_the_check_passes_the_same_model_and_catches_a_worse_one(photographs, tmp_path, monkeypatch):
    from unnoise.benchmark import check
    from unnoise.inference.packaged import model_file

    # Time is compared too, which other tests on the same machine would disturb.
    monkeypatch.setattr(check, "SLOWER", 100)
    model = tmp_path / "mine.onnx"
    model.write_bytes(model_file("photo").read_bytes())
    plan = Plan(models=[str(model)], sets=[str(photographs)], noises=["25"], methods=["opencv-nlm"])
    run_benchmark(plan, tmp_path / "out", console=QUIET)
    for _ in range(3):
        assert check_results(tmp_path / "out", [str(model)], console=QUIET) == []
    worsened(model, model, 0.97)
    (found,) = check_results(tmp_path / "out", [str(model)], console=QUIET)
    assert 0.06 <= float(re.search(r"lost ([\d.]+) dB on .*, sigma 25", found)[1]) <= 0.15


def test_the_check_tells_what_it_cannot_compare(measured, tmp_path):
    model = tmp_path / "other.onnx"
    model.write_bytes(b"")
    with pytest.raises(InputError, match="no results of"):
        check_results(measured[0], [str(model)], console=QUIET)
    with pytest.raises(InputError, match="There is no folder"):
        check_results(tmp_path / "none", ["photo"], console=QUIET)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--sets", "nix"], 2),
        (["--methods", "medain"], 2),
        (["--sigmas", "x"], 2),
        (["--sigmas", "", "--sets", "scikit-image"], 2),
        (["--sets", "urban100"], 1),
        (["--check", "none"], 1),
        (["--tuned", "none.toml", "--sets", "scikit-image"], 1),
    ],
)
def test_wrong_use_ends_with_one_line_and_writes_nothing(arguments, code, unnoise, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNNOISE_DATA", raising=False)
    found, _, error = unnoise("benchmark", *arguments)
    assert (found, error[:9]) == (code, "unnoise: ")
    assert list(Path().iterdir()) == []


def test_tune_refuses_what_it_cannot_tune(photographs, unnoise, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.toml").write_text("", "utf-8")
    for arguments, code in (
        (["nowhere", "-o", "t.toml"], 1),
        ([photographs, "-o", "t.toml", "--methods", "bm3d"], 2),
        ([photographs, "-o", "t.toml", "--sigmas", "a"], 2),
        ([photographs, "-o", "there.toml"], 1),
        ([photographs, "-o", "t.toml", "--methods", "tv"], 1),  # smaller than what is cut out
    ):
        found, _, error = unnoise("tune", *arguments)
        assert (found, error[:9]) == (code, "unnoise: "), arguments
    assert not (tmp_path / "t.toml").exists()
