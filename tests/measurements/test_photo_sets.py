"""The photographs that are set apart: how they were chosen, and that no training photograph is one of them."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from measurements import photo_pairs, thumbnails


@pytest.fixture(scope="module")
def photos():
    folder = Path(os.environ.get("UNNOISE_DATA", "")) / "photos"
    if not (folder / "train-more" / "SOURCES.tsv").is_file():
        pytest.skip("UNNOISE_DATA has no photographs")
    return folder


@pytest.fixture(scope="module")
def sources(photos):
    with open(photos / "train-more" / "SOURCES.tsv", newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_cameras_for_choosing_are_not_those_of_the_report():
    choose, report = (set(photo_pairs.SETS["cameras"][group]) for group in ("choose", "report"))
    assert choose
    assert report
    assert not choose & report
    assert set(photo_pairs.prefixes("all")) == {f"{camera}_" for camera in choose | report}


@pytest.mark.data
def test_every_pair_belongs_to_one_group_of_cameras(photos):
    polyu = photos / "polyu"
    groups = [{file.name for file in photo_pairs.noisy_files(polyu, group)} for group in ("choose", "report")]
    assert len(set.union(*groups)) == sum(map(len, groups)) == len(list(polyu.glob("*_real.JPG")))
    assert all(photo_pairs.mean_file(polyu / name).is_file() for name in set.union(*groups))


@pytest.mark.data
def test_the_coloured_ones_are_the_most_colourful_without_noise(sources):
    quiet = [row for row in sources if float(row["flat-block sigma*255"]) < 0.5]
    most = sorted(quiet, key=lambda row: (-float(row["colourfulness"]), row["file"]))[:12]
    assert photo_pairs.SETS["photographs"]["coloured"] == sorted(row["file"] for row in most)


@pytest.mark.data
def test_the_others_held_out_lie_evenly_among_all(sources):
    coloured, held_out = (photo_pairs.SETS["photographs"][which] for which in ("coloured", "held_out"))
    others = sorted({row["file"] for row in sources} - set(coloured))
    places = [others.index(name) for name in held_out if name not in coloured]
    assert set(coloured) < set(held_out)
    assert len(set(held_out)) == len(held_out) == 48
    assert {int(step) for step in np.diff(places)} <= {8, 9}


@pytest.mark.data
def test_no_test_set_shows_a_training_photograph(photos):
    held_out = set(photo_pairs.SETS["photographs"]["held_out"])
    more = thumbnails.image_files(photos / "train-more")
    training = [file for file in more if file.name not in held_out] + thumbnails.image_files(photos / "train")
    test = [file for name in ("polyu", "cbsd68", "set12", "bsd68") for file in thumbnails.image_files(photos / name)]
    test += [file for file in more if file.name in held_out]
    assert len(test) >= 44 + 68 + 12 + 68 + 48
    likest = thumbnails.likenesses(training, test)[0]
    assert likest.correlation < thumbnails.SAME, likest


@pytest.mark.parametrize("change", ["turned", "mirrored", "half size", "faded", "JPEG"])
def test_a_changed_copy_is_found_and_another_picture_is_not(tmp_path, change):
    rng = np.random.default_rng(0)

    def picture():
        coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8))
        return coarse.resize((480, 360), Image.Resampling.BICUBIC)

    one, other = picture(), picture()
    copy = {
        "turned": one.transpose(Image.Transpose.ROTATE_90),
        "mirrored": one.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "half size": one.resize((240, 180), Image.Resampling.LANCZOS),
        "faded": one.point(lambda value: 60 + value // 2),
        "JPEG": one,
    }[change]
    one.save(tmp_path / "one.png")
    other.save(tmp_path / "other.png")
    copy.save(tmp_path / "copy.jpg", quality=30)
    (likest,) = thumbnails.likenesses([tmp_path / "one.png", tmp_path / "other.png"], [tmp_path / "copy.jpg"])
    assert likest.training.name == "one.png"
    assert likest.correlation > thumbnails.SAME
    (likest,) = thumbnails.likenesses([tmp_path / "other.png"], [tmp_path / "copy.jpg"])
    assert likest.correlation < 0.8
