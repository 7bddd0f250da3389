import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from unnoise.errors import InputError
from unnoise.evaluation import evaluate
from unnoise.reporting import ReportFigure, draw_figures, figures, write_report

VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """What a browser would load and show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.alts: list[str] = []
        self.anchors: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.alts.append(given["alt"])
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a":
            self.anchors.append(given["href"])
        else:
            self.loads += [given[name] for name in ("src", "href", "srcset", "data", "poster") if name in given]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def table(gray):
    labels = np.arange(12) % 2
    return evaluate(
        clean=gray.test.clean,
        noisy=gray.test.noisy,
        labels=labels,
        class_names=["<b>bold</b>", "two & three"],
        methods={"net": gray.test.clean * 0.9, "linear": gray.test.noisy * 0.9},
        classifier=lambda images: np.eye(2)[labels],
        composite=lambda noisy: np.eye(2)[1 - labels],
        notes={"linear": "ridge = <1>"},
    )


def write(path, table, shown, **changes):
    given = {
        "title": "Dense & <script>alert(1)</script> $5",
        "summary": "First paragraph.\n\nSecond ${paragraph}.",
        "facts": {"Noise": "gaussian(0.5)", "Seed": "<7>"},
        "history": [{"stage": "autoencoder", "epoch": 1, "loss": 0.123456789, "val_loss": float("nan")}],
        "command": "unnoise train 'a < b.toml' && echo \"done\"",
        "model_summary": "dense (Dense)  25,120",
    }
    return write_report(path, table=table, figures=shown, **{**given, **changes})


def test_one_file_that_loads_nothing(tmp_path, gray, table):
    shown = draw_figures(
        tmp_path,
        clean=gray.test.clean,
        noisy=gray.test.noisy,
        denoised={"net": gray.test.clean * 0.9, "linear": gray.test.noisy * 0.9},
        table=table,
        history=[{"stage": "autoencoder", "epoch": 1, "loss": 0.5, "val_loss": 0.6}],
        labels=np.arange(12) % 2,
        codes=np.random.default_rng(0).normal(size=(12, 4)),
    )
    content = write(tmp_path / "report.html", table, shown).read_text(encoding="utf-8")
    page = Page(content)
    assert page.open == []
    assert len(shown) == 10
    assert len({figure.png for figure in shown}) == 10
    assert page.tags.count("img") == len(shown)
    assert all(address.startswith("data:") for address in page.loads)
    assert "script" not in page.tags
    assert "http:" not in content
    assert "https:" not in content
    assert "url(" not in content
    assert "@import" not in content
    assert all(figure.caption in page.text for figure in shown)
    assert page.alts
    assert all(page.alts)
    assert {anchor.removeprefix("#") for anchor in page.anchors} <= page.ids


def test_every_value_is_shown_and_escaped(tmp_path, table):
    page = Page(write(tmp_path / "report.html", table, []).read_text(encoding="utf-8"))
    for text in (
        "Dense & <script>alert(1)</script> $5",
        "Second ${paragraph}.",
        "<7>",
        "unnoise train 'a < b.toml' && echo \"done\"",
        "<b>bold</b>",
        "ridge = <1>",
        "noisy (do nothing)",
        "denoised (net)",
        "composite",
        "0.12346",
        "25,120",
    ):
        assert text in page.text
    assert "nan" not in page.text
    assert "curves" not in page.ids
    assert page.tags.count("strong") > 0


def test_pairs_and_bytes_are_figures_too(tmp_path, table):
    png = figures.to_png(figures.codes_2d(np.eye(5)))
    page = Page(
        write(tmp_path / "r.html", table, [("A pair", png), ReportFigure("B", png, "codes", "alt")]).read_text()
    )
    assert sorted(page.alts) == ["A pair", "alt"]
    assert {"codes", "other"} <= page.ids


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (("a", b"GIF89a"), "PNG"),
        (("a", "missing.png"), "Cannot read"),
        (ReportFigure("a", b"", "nowhere"), "section"),
    ],
)
def test_refuses_what_is_no_figure_and_leaves_no_file(tmp_path, table, figure, message):
    with pytest.raises(InputError, match=message):
        write(tmp_path / "report.html", table, [figure])
    assert list(tmp_path.iterdir()) == []


def test_import_is_light_and_without_keras():
    heavy = "{'keras', 'tensorflow', 'matplotlib', 'scipy', 'skimage', 'sklearn', 'unnoise.training'}"
    rooms = "unnoise.evaluation, unnoise.reporting, unnoise.baselines"
    code = f"import sys, {rooms}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
