"""Evaluates a run or a packaged model: loads what the recipe names, measures, draws, writes the report."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from unnoise.atomic import write_text
from unnoise.baselines.baseline import FittedBaselines, fit_baselines
from unnoise.errors import UsageError
from unnoise.evaluation.protocol import evaluate
from unnoise.experiment.images import RunImages, load_images
from unnoise.experiment.recipe import Recipe
from unnoise.experiment.run_folder import RunFolder
from unnoise.inference import DenoiseOptions, load
from unnoise.reporting.gallery import draw_figures
from unnoise.reporting.kpi import KpiTable
from unnoise.reporting.report import write_report

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What one evaluation gave.

    Attributes:
        table: The key figures.
        noise: The noise they were taken at.
        training_accuracy: The classifier's accuracy on clean training images, None without one.
        matched_noise, matched: The noise at which the accuracy on noisy images is the recipe's, and the key figures.
    """

    table: KpiTable
    noise: str
    training_accuracy: float | None = None
    matched_noise: str | None = None
    matched: KpiTable | None = None

    def to_json(self) -> str:
        """Return what metrics.json holds."""
        content: dict[str, Any] = {"noise": self.noise, **self.table.to_dict()}
        if self.training_accuracy is not None:
            content["training_accuracy"] = self.training_accuracy
        if self.matched is not None:
            content["matched"] = {"noise": self.matched_noise, **self.matched.to_dict()}
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    def print(self, console: Console) -> None:
        """Print the tables on a console."""
        console.print(f"noise: {self.noise}", highlight=False)
        self.table.print_table(console)
        if self.training_accuracy is not None:
            console.print(
                f"classifier's accuracy on clean training images: {self.training_accuracy:.2%}", highlight=False
            )
        if self.matched is not None:
            console.print(
                f"and at {self.matched_noise}, where accuracy on noisy images is the recipe's:", highlight=False
            )
            self.matched.print_table(console)


@dataclasses.dataclass(frozen=True)
class Bench:
    """A finished run ready to be measured on its test images, beside baselines.

    Attributes:
        models: The trained models by stage.
        images: The images of the recipe.
        baselines: The baselines, fitted at the recipe's noise.
        methods: Denoising by name: the network, then the baselines.
        given: What ``evaluate`` takes at any noise: clean images, labels, class names, classifier, composite.
    """

    models: dict[str, Any]
    images: RunImages
    baselines: FittedBaselines
    methods: dict[str, Callable[[Array], Array]]
    given: dict[str, Any]

    def noisy(self, spelling: str | None = None) -> Array:
        """Return the measured test images with the recipe's noise, or another, drawn from the recipe's seed."""
        return self.images.noisy_test(spelling)[: len(self.given["clean"])]


def prepare(
    run: RunFolder,
    recipe: Recipe,
    *,
    names: Iterable[str] | None = None,
    data_dir: str | Path | None = None,
) -> Bench:
    """Load a run's models and images and fit the baselines.

    Args:
        run: The run folder.
        recipe: What to measure it on: the run's recipe, or that with other data or noise.
        names: The baselines; those of the recipe when None.
        data_dir: Where data sets are looked for first.

    Raises:
        InputError: the run is not finished.
        UsageError: the images do not fit the models.
    """
    # Loaded before the data, so that an unfinished run is told at once.
    models = {stage: run.load_model(stage) for stage in recipe.stages}
    images = load_images(recipe, data_dir=data_dir or run.facts.get("data_dir"))
    autoencoder = models["autoencoder"]
    if tuple(autoencoder.input_shape[1:]) != images.test.image_shape and None not in autoencoder.input_shape[1:]:
        raise UsageError(
            f"The run's models take images of {autoencoder.input_shape[1:]}; {recipe.data.dataset} has "
            f"{images.test.image_shape}. Choose a data set of that shape."
        )
    count = recipe.evaluation.images
    baselines = _baselines(recipe, images, _code_size(autoencoder), names)
    methods: dict[str, Callable[[Array], Array]] = {recipe.model.architecture: predictor(autoencoder)}
    methods |= {key: fitted.denoise for key, fitted in baselines.fitted.items()}
    given: dict[str, Any] = {
        "clean": images.test.to_float()[:count],
        "labels": None if images.test.labels is None else images.test.labels[:count],
        "class_names": images.test.class_names,
    }
    for judge in ("classifier", "composite"):
        given[judge] = predictor(models[judge]) if judge in models else None
    return Bench(models, images, baselines, methods, given)


def predictor(model: Any) -> Callable[[Array], Array]:
    """Return ``model.predict`` as a plain function on arrays."""
    return lambda images: np.asarray(model.predict(images, batch_size=256, verbose=0))


def changed(recipe: Recipe, *, dataset: str | None, noise: str | None) -> Recipe:
    """Return the recipe with another data set or noise, validated anew."""
    content = recipe.model_dump(mode="json", exclude_none=True)
    if dataset is not None:
        content["data"] = {**content["data"], "dataset": dataset}
    if noise is not None:
        from unnoise import noise as noises

        content["noise"] = str(noises.parse(noise))
    return Recipe.model_validate(content)


def evaluate_run(
    run: RunFolder, *, dataset: str | None = None, noise: str | None = None, data_dir: str | Path | None = None
) -> tuple[Evaluation, Path]:
    """Measure a finished run on its test images and write metrics.json, figures and report.html.

    Args:
        run: The run folder.
        dataset, noise: Other ones than the recipe's; the results then go to a sub-folder of the run of their own.
        data_dir: Where data sets are looked for first.

    Returns:
        The figures, and the path of the report.

    Raises:
        InputError: the run is not finished, or its images do not fit the models.
    """
    original = run.recipe
    recipe = changed(original, dataset=dataset, noise=noise)
    target = run
    if recipe != original:
        label = "".join(c if c.isalnum() else "-" for c in f"{recipe.data.dataset}-{recipe.noise}").strip("-")
        target = RunFolder(run.path / "evaluations" / label)
    bench = prepare(run, recipe, data_dir=data_dir)
    models, images, labels = bench.models, bench.images, bench.given["labels"]
    autoencoder, classify, clean = models["autoencoder"], bench.given["classifier"], bench.given["clean"]
    name = recipe.model.architecture
    noisy = bench.noisy()
    denoised = {key: method(noisy) for key, method in bench.methods.items()}
    table = evaluate(
        noisy=noisy,
        methods=denoised,
        notes=bench.baselines.notes(),
        skipped=bench.baselines.skipped,
        **bench.given,
    )
    result = Evaluation(table, recipe.noise)
    if classify is not None and labels is not None:
        predicted = classify(images.clean_train()).argmax(axis=1)
        result = dataclasses.replace(result, training_accuracy=float(np.mean(predicted == images.train.labels)))
        if recipe.evaluation.noisy_accuracy is not None:
            matched = matching_noise(images, classify, recipe.evaluation.noisy_accuracy)
            there = evaluate(noisy=bench.noisy(matched), methods={name: bench.methods[name]}, **bench.given)
            result = dataclasses.replace(result, matched_noise=matched, matched=there)

    target.figures.mkdir(parents=True, exist_ok=True)
    write_text(target.metrics_file, result.to_json())
    figures = draw_figures(
        target.figures,
        clean=clean,
        noisy=noisy,
        # The network and the first baseline that the recipe names.
        denoised={key: denoised[key] for key in list(denoised)[:2]},
        table=table,
        history=run.read_history(),
        labels=labels,
        codes=autoencoder.encode(clean) if getattr(autoencoder, "encoder", None) is not None else None,
    )
    write_report(
        target.report,
        title=f"unnoise: {recipe.name}",
        summary=recipe.summary + "." + _in_words(result, name),
        facts=_facts(run, recipe, images, result, models),
        history=run.read_history(),
        table=table,
        figures=figures,
        command=_command(run, original, dataset, noise),
        model_summary=_summary(models),
    )
    return result, target.report


def evaluate_packaged(
    path: str | Path, *, dataset: str | None = None, noise: str | None = None, data_dir: str | Path | None = None
) -> Evaluation:
    """Measure a packaged model on the test images that its recipe names, or on others.

    Raises:
        ModelFileError: no packaged model, or one that does not fit the images.
    """
    denoiser = load(path)
    recipe = changed(load_recipe_text(denoiser.metadata.recipe, str(path)), dataset=dataset, noise=noise)
    images = load_images(recipe, data_dir=data_dir)
    count = recipe.evaluation.images
    baselines = _baselines(recipe, images, None)
    methods: dict[str, Any] = {
        # The network is measured, also where the file leaves an image that seems clean to it as it is.
        recipe.model.architecture: functools.partial(denoiser.denoise, options=DenoiseOptions(skip_clean=False))
    }
    methods |= {key: fitted.denoise for key, fitted in baselines.fitted.items()}
    table = evaluate(
        clean=images.test.to_float()[:count],
        noisy=images.noisy_test()[:count],
        methods=methods,
        labels=None if images.test.labels is None else images.test.labels[:count],
        class_names=images.test.class_names,
        composite=(lambda x: denoiser.classify(x).probabilities) if denoiser.metadata.kind == "composite" else None,
        notes=baselines.notes(),
        skipped=baselines.skipped,
    )
    return Evaluation(table, recipe.noise)


def load_recipe_text(text: str, origin: str) -> Recipe:
    """Return the recipe that a packaged model carries."""
    import tomllib

    import pydantic

    from unnoise.errors import ModelFileError

    try:
        return Recipe.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, pydantic.ValidationError) as error:
        raise ModelFileError(
            f"{origin} carries no recipe that this version reads: {error}. Package it again."
        ) from None


def matching_noise(images: RunImages, classify: Callable[[Array], Array], accuracy: float) -> str:
    """Return the Gaussian noise at which ``classify`` is right on the share ``accuracy`` of noisy test images.

    Bisection on the factor, which the accuracy falls with, to three digits.
    """
    low, high = 0.0, 4.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        predicted = classify(images.noisy_test(f"gaussian({middle})")).argmax(axis=1)
        low, high = (middle, high) if np.mean(predicted == images.test.labels) > accuracy else (low, middle)
    return f"gaussian({round((low + high) / 2, 3)})"


def _baselines(
    recipe: Recipe, images: RunImages, code_size: int | None, names: Iterable[str] | None = None
) -> FittedBaselines:
    return fit_baselines(
        *images.noisy_train(),
        *images.noisy_validation(),
        names=recipe.evaluation.baselines if names is None else names,
        code_size=code_size,
    )


def _code_size(autoencoder: Any) -> int | None:
    encoder = getattr(autoencoder, "encoder", None)
    return None if encoder is None else math.prod(encoder.output_shape[1:])


def _in_words(result: Evaluation, name: str) -> str:
    noisy, net = result.table.rows[0], result.table.row(name)
    assert net is not None
    text = f"\n\nOn {result.table.images} test images with {result.noise}, {name} takes PSNR "
    text += f"from {noisy.psnr:.2f} to {net.psnr:.2f} dB"
    linear = result.table.row("linear")
    if linear is not None:
        text += f"; a single matrix fitted in closed form (linear) reaches {linear.psnr:.2f} dB"
    return text + "."


def _facts(
    run: RunFolder, recipe: Recipe, images: RunImages, result: Evaluation, models: dict[str, Any]
) -> dict[str, str]:
    facts = {"Data": images.test.name, "Noise": recipe.noise, "Seed": str(recipe.seed)}
    facts |= {f"{stage} parameters".capitalize(): f"{model.count_params():,}" for stage, model in models.items()}
    facts["Images"] = (
        f"{len(images.train):,} training, {len(images.validation):,} validation, {len(images.test):,} test"
    )
    if recipe.data.validation == "test":
        facts["Images"] = (
            f"{len(images.train):,} training, {len(images.test):,} test, also used for validation as in the lab"
        )
    if result.training_accuracy is not None:
        facts["Training accuracy"] = f"{result.training_accuracy:.2%} (clean training images)"
    if result.matched is not None:
        rows = ", ".join(f"{row.name} {row.accuracy:.2%}" for row in result.matched.accuracies)
        facts[f"Accuracies at {result.matched_noise}"] = rows
    facts["Versions"] = ", ".join(f"{name} {version}" for name, version in run.facts["versions"].items())
    return facts


def _summary(models: dict[str, Any]) -> str:
    lines: list[str] = []
    for model in models.values():
        model.summary(print_fn=lines.append, expand_nested=True)
    return "\n".join(lines)


def _command(run: RunFolder, recipe: Recipe, dataset: str | None, noise: str | None) -> str:
    if dataset is None and noise is None:
        return f"unnoise train {run.path.name}/recipe.toml -o {run.path.name}-again"
    options = f" --dataset {dataset}" if dataset else ""
    options += f" --noise '{noise}'" if noise else ""
    return f"unnoise evaluate {run.path.name}{options}"
