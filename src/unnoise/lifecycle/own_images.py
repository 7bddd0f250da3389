"""A recipe for people's own images: what is found in them decides squares, range, network, start and steps."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unnoise.datasets import layout_of, partners_of
from unnoise.datasets.folder import FIFTH
from unnoise.datasets.look import FolderLook, look_at_folder
from unnoise.errors import DataError, RecipeError
from unnoise.experiment import Recipe, RunFolder
from unnoise.experiment.recipe import apply_override
from unnoise.imaging import image_files
from unnoise.imaging.samples import range_in_use, white_of
from unnoise.inference.packaged import model_file
from unnoise.lifecycle.expected_time import seconds_a_step, sixteen_bits
from unnoise.packaging import read_model

# Sides of squares, the largest that fits and gives so many squares.
SIDES, FEWEST = (160, 128, 96, 64, 48, 32), 16
# The denoiser that calibrate puts its curve around, and the one that others begin with.
CALIBRATED, START = "photo-awgn", "photo"
# Noise that is added where none is named.
NOISE = "blind-gaussian(50/255, clip=false)"
# What an epoch trains on at most, and the steps of calibrate, more of which change nothing.
PATCHES, CURVE_STEPS = 512, 1500
# Share of the time that training may take; the rest is for validation, drawing, measuring and packaging.
SHARE = 0.8
SCRATCH = "scratch"


@dataclasses.dataclass(frozen=True)
class OwnImages:
    """Which images to learn from, and how.

    Attributes:
        method: A method of supervision.
        folder: Clean images, the clean ones of pairs, the scenes of shots, or noisy images.
        noisy: The noisy images of pairs.
        noise: The noise to add to clean images; None: white noise of unknown strength.
        start: A packaged file, a model's name, a run folder, or ``scratch``; None: what suits the method.
        minutes: How long training may take; None: 30, or 5 for calibrate.
    """

    method: str
    folder: Path
    noisy: Path | None = None
    noise: str | None = None
    start: str | None = None
    minutes: float | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """A recipe and why it is so.

    Attributes:
        recipe: To train.
        reasons: Sentences on what was chosen, and what to know.
        seconds: The time that training is expected to take; None where the number of epochs was given.
    """

    recipe: Recipe
    reasons: tuple[str, ...]
    seconds: float | None


def plan(own: OwnImages, overrides: Sequence[str] = ()) -> Plan:
    """Return a recipe for people's own images.

    Args:
        own: The images.
        overrides: Texts such as ``training.epochs=5``, for what is to be otherwise than chosen.

    Raises:
        DataError: no images, several kinds, too small ones, or pairs that do not match.
        InputError: an image that cannot be read, or a start that is not there.
        RecipeError: a start or an override that does not fit.
    """
    look, reasons = _look(own)
    start, model, why = _network(own, look)
    table = _table(own, look, start, model)
    for override in overrides:
        apply_override(table, override)
    recipe = Recipe.checked(table, "the recipe")
    seconds = None
    if not any(override.partition("=")[0].strip() == "training.epochs" for override in overrides):
        recipe, seconds = _within(recipe, look.channels, own)
    squares = f"{look.frames} images of {look.channels} channels, cut into squares of {recipe.data.tile} pixels"
    return Plan(recipe, (squares, *reasons, why, *(f"Note: {warning}" for warning in look.warnings)), seconds)


def _look(own: OwnImages) -> tuple[FolderLook, list[str]]:
    """Return a look at the images that the network will see, and what follows from it."""
    layout = layout_of(own.folder)
    if own.method == "noise2noise":
        if layout.kind == "images":
            raise DataError(
                f"{own.folder} has images directly in it. Shots of a scene lie in one sub-folder for each scene."
            )
        return look_at_folder(layout.parts[0]), [f"{len(layout.parts)} scenes"]
    if layout.kind == "pairs":
        raise DataError(
            f"{own.folder} has a folder of noisy and one of clean images: {layout.parts[0].name} and "
            f"{layout.parts[1].name}. Both together are pairs, which are learned from as such.",
            remedy="pairs",
        )
    look = look_at_folder(own.folder)
    if own.method == "pairs":
        assert own.noisy is not None
        noisy = look_at_folder(own.noisy)
        partners_of(image_files(own.folder), own.folder, own.noisy)
        if (noisy.dtype, noisy.channels) != (look.dtype, look.channels):
            raise DataError(
                f"The images of pairs must have one depth and number of channels: those in {own.noisy} are "
                f"{noisy.dtype} with {noisy.channels}, those in {own.folder} {look.dtype} with {look.channels}. "
                "Convert one of them."
            )
        low, high = min(look.low, noisy.low), max(look.high, noisy.high)
        white, offset = range_in_use(look.dtype, low, high)
        return dataclasses.replace(noisy, white=white, offset=offset), [f"{noisy.files} pairs, matched by name"]
    if own.method == "synthetic" and not look.seems_clean and look.noise is not None:
        return look, [
            f"Note: these images hold noise themselves, about {look.noise.sigma * 255:.1f} of 255, "
            "which the network learns to keep"
        ]
    if own.method != "synthetic" and look.seems_clean:
        return look, ["Note: next to no noise is seen in these images; there may be nothing to learn"]
    return look, []


def _network(own: OwnImages, look: FolderLook) -> tuple[str | None, dict[str, Any], str]:
    """Return where training starts, the recipe's model, and why."""
    start = own.start
    default = CALIBRATED if own.method == "calibrate" else START
    if start is None:
        start = default if look.channels in (1, 3) else SCRATCH
    if start == SCRATCH:
        if own.method == "calibrate":
            raise RecipeError(
                f"calibrate puts a curve around a trained denoiser of 1 or 3 channels; these images have "
                f"{look.channels}, or none is to be started from. Name a packaged file, or take another method."
            )
        return None, {"architecture": "bias-free-unet"}, "The network begins from scratch"
    if Path(start).is_dir():
        of_run = RunFolder.open(start).recipe.model
        architecture, parameters = of_run.architecture, of_run.parameters
    else:
        metadata = read_model(model_file(start))[1]
        architecture, parameters = metadata.architecture, metadata.model_parameters
    if own.method == "calibrate":
        if architecture != "bias-free-unet":
            raise RecipeError(f"calibrate puts its curve around a bias-free-unet; {start} is a {architecture}.")
        return start, {"architecture": f"calibrated-{architecture}", **parameters}, f"A curve is learned around {start}"
    return start, {"architecture": architecture, **parameters}, f"The network begins with the weights of {start}"


def _table(own: OwnImages, look: FolderLook, start: str | None, model: dict[str, Any]) -> dict[str, Any]:
    divide = own.method != "noise2noise" and look.files < FIFTH
    tile = next((side for side in SIDES if side <= look.smallest and look.squares(side) >= FEWEST), None)
    tile = tile or next((side for side in reversed(SIDES) if side <= look.smallest), None)
    if tile is None:
        raise DataError(
            f"The images in {look.folder} are too small: {look.smallest} pixels at the shortest side, at least "
            f"{SIDES[-1]} are needed."
        )
    patch = min(64 if own.method == "calibrate" else 128, tile)
    usual = (look.white, look.offset) == (white_of(look.dtype), 0)
    batch = 4 if own.method == "calibrate" else 8
    return {
        "name": re.sub(r"[^a-z0-9]+", "-", own.folder.resolve().name.lower()).strip("-") or "own",
        "summary": f"Own images, {own.method}",
        "noise": (own.noise or NOISE) if own.method == "synthetic" else "none",
        "supervision": {"method": own.method},
        "data": {
            "dataset": str(own.folder.resolve()),
            **({"noisy": str(own.noisy.resolve())} if own.noisy is not None else {}),
            **({} if usual else {"white": look.white, "offset": look.offset}),
            "tile": tile,
            "patch": patch,
            "patches": PATCHES if own.method != "calibrate" else 100 * batch,
            "divide_squares": divide,
            "validation": 0.15,
        },
        "model": model,
        "training": {
            **_steps(own.method, start),
            "batch_size": batch,
            "precision": "float32" if own.method == "calibrate" or not sixteen_bits() else "mixed_bfloat16",
            **({"start": str(Path(start).resolve()) if Path(start).exists() else start} if start else {}),
        },
        "evaluation": {
            "baselines": ["median", "wavelet"],
            "images": 100,
            "models": [] if look.channels not in (1, 3) else [START],
        },
    }


def _steps(method: str, start: str | None) -> dict[str, Any]:
    if method == "calibrate":
        return {"loss": "mse", "optimizer": "adam", "learning_rate": 1e-2, "schedule": "cosine"}
    rate = 2e-3 if start is None else 4e-4
    # Other noisy shots and neighbours are right on average: for the squared error.
    loss = "psnr" if method in ("synthetic", "pairs") else "mse"
    return {"loss": loss, "optimizer": "muon", "learning_rate": rate, "schedule": "cosine"}


def _within(recipe: Recipe, channels: int, own: OwnImages) -> tuple[Recipe, float]:
    """Return the recipe with as many epochs as the time allows, and the seconds to expect."""
    calibrate = own.method == "calibrate"
    minutes = own.minutes if own.minutes is not None else (5 if calibrate else 30)
    step = seconds_a_step(recipe, channels)
    assert recipe.data.patches is not None
    batch = recipe.training.batch_size
    steps = max(4, round(60 * minutes * SHARE / step))
    steps = min(steps, CURVE_STEPS) if calibrate else steps
    # At least five epochs, so that there is a choice by validation and a checkpoint to go on from.
    each = max(1, min(recipe.data.patches // batch, steps // 5))
    content = recipe.model_dump(mode="json", exclude_none=True)
    content["data"]["patches"] = each * batch
    content["training"]["epochs"] = max(1, steps // each)
    return Recipe.checked(content, "the recipe"), content["training"]["epochs"] * each * step / SHARE
