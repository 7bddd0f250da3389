"""Runs a recipe: classifier, autoencoder and composite, each trained, saved, and left alone once it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from unnoise.errors import RecipeError, UsageError
from unnoise.experiment.images import RunImages, load_images
from unnoise.experiment.recipe import Recipe
from unnoise.experiment.run_folder import RunFolder, environment
from unnoise.experiment.sections import Model
from unnoise.experiment.supervision import registry
from unnoise.training.start import begin, require_start

Array = npt.NDArray[Any]


def train(
    recipe: Recipe, folder: str | Path, *, data_dir: str | Path | None = None, console: Console | None = None
) -> RunFolder:
    """Train every model of ``recipe`` in a new run folder.

    Args:
        recipe: What to do.
        folder: The run folder; it must not exist, or be empty.
        data_dir: Where data sets are looked for first.
        console: Where shapes, summaries and the epochs' lines go; standard output by default.

    Returns:
        The run folder, with models, checkpoints and history.

    Raises:
        DataError, InputError, RecipeError, OutputError: see the messages; nothing is trained then.
        KeyboardInterrupt: passed on when the user stops; the folder can be resumed.
    """
    from unnoise.models import parameters_of

    # One with a code learns to compress, which is a task without noise, too: the lab that compares it with PCA.
    compresses = "code" in parameters_of(recipe.model.architecture)
    if recipe.noise == "none" and registry.get(recipe.supervision.method).adds_noise and not compresses:
        raise RecipeError(
            "noise is none: a network without a code that is given clean images learns to change nothing. Name the "
            'noise, or take a method that learns from noisy images: supervision.method "pairs", "noise2noise" or '
            '"calibrate".'
        )
    start = recipe.training.start
    if start is not None:
        require_start(start)  # told before the images are loaded
    images = load_images(recipe, data_dir=data_dir)
    check_models(recipe, images)
    facts: dict[str, Any] = {"seed": recipe.seed, **environment(), "data": images.describe()}
    facts |= {"class_names": list(images.train.class_names), "licence": images.train.licence}
    facts["data_dir"] = str(Path(data_dir).resolve()) if data_dir else None
    run = RunFolder.create(folder, recipe, facts)
    _Stages(run, recipe, images, console or Console()).run()
    return run


def check_models(recipe: Recipe, images: RunImages) -> None:
    """Build the models of ``recipe`` for its images, so that what one refuses is told before anything is trained.

    Raises:
        RecipeError: a model refuses a parameter or the images' size, or does not fit what training starts from.
    """
    autoencoder = _make(recipe.model, recipe, images)
    if recipe.training.start is not None:
        begin(autoencoder, recipe.training.start)
    if recipe.classifier is not None:
        _make(recipe.classifier.model, recipe, images, classes=_classes(images))


def resume(folder: str | Path, *, data_dir: str | Path | None = None, console: Console | None = None) -> RunFolder:
    """Continue the run in ``folder`` where its last checkpoint left it; a finished run is left as it is.

    Raises:
        InputError: no run folder.
    """
    run = RunFolder.open(folder)
    recipe = run.recipe
    images = load_images(recipe, data_dir=data_dir or run.facts.get("data_dir"))
    _Stages(run, recipe, images, console or Console()).run()
    return run


def _make(section: Model, recipe: Recipe, images: RunImages, **parameters: Any) -> Any:
    """Build a model for the images; where it is trained on patches, it takes any size.

    Raises:
        RecipeError: it refuses a parameter, or the images' size.
    """
    from unnoise.models import build
    from unnoise.models import registry as models

    shape = images.train.image_shape
    any_size = (None, None, shape[2])
    free = recipe.data.patch is not None
    try:
        return build(section.architecture, any_size if free else shape, **(parameters | section.parameters))
    except UsageError as error:
        table = "model" if models.get(section.architecture).kind == "autoencoder" else "classifier.model"
        raise RecipeError(f"{table}: {error}") from None


def _classes(images: RunImages) -> int:
    """Return how many classes the training images have."""
    labels = images.train.labels
    assert labels is not None
    return len(images.train.class_names) or int(labels.max()) + 1


class _Stages:
    """The stages of one run; each trains one model unless that model is saved already."""

    def __init__(self, run: RunFolder, recipe: Recipe, images: RunImages, console: Console) -> None:
        self.run_folder, self.recipe, self.images, self.console = run, recipe, images, console

    def run(self) -> None:
        self.console.print(self.recipe.summary, highlight=False, markup=False, soft_wrap=True)
        for line in self.images.describe():
            self.console.print(line, highlight=False, soft_wrap=True)
        for number, stage in enumerate(self.recipe.stages):
            if not self.run_folder.model_file(stage).is_file():
                import keras

                # Each stage starts from its own seed, so that a resumed run initialises like an undisturbed one.
                keras.utils.set_random_seed(self.recipe.seed + number)
                self.console.rule(f"[bold]{stage}")
                self._save(stage, getattr(self, f"_{stage}")())

    def _classifier(self) -> Any:
        from unnoise.training.fit import Examples

        section = self.recipe.classifier
        assert section is not None
        train, validation = self.images.train, self.images.validation
        assert train.labels is not None
        assert validation.labels is not None
        model = self._build(section.model, classes=_classes(self.images))
        labels = train.labels.astype(np.int32)
        examples = Examples(
            lambda epoch: (self.images.clean_train(), labels),
            (self.images.clean_validation(), validation.labels.astype(np.int32)),
        )
        self._fit("classifier", model, examples, section.training, section.model)
        return model

    def _autoencoder(self) -> Any:
        from unnoise.training.fit import Examples

        model = self._build(self.recipe.model)
        start = self.recipe.training.start
        if start is not None and not self.run_folder.checkpoint("autoencoder").is_file():
            begin(model, start)
        twin = self._in_precision(model)
        trained = self._by_supervision(twin)
        # Patches are drawn every epoch, and their noise with them.
        fresh = self.recipe.training.fresh_noise or self.recipe.data.patch is not None
        examples = Examples(self.images.examples, self.images.validation_examples(), fresh=fresh)
        self._fit("autoencoder", trained, examples, self.recipe.training, self.recipe.model)
        if self.recipe.supervision.method == "calibrate":
            trained.finish()
        model.set_weights(twin.get_weights())
        return model

    def _by_supervision(self, model: Any) -> Any:
        """Return what is trained for the autoencoder's sake: itself, or what gives residuals of what it gives."""
        method = self.recipe.supervision.method
        if method == "calibrate":
            from unnoise.training.calibration import Calibration

            return Calibration(model, self.images.sample())
        if method == "neighbor2neighbor":
            from unnoise.training.neighbors import NeighborResiduals

            return NeighborResiduals(model)
        return model

    def _in_precision(self, model: Any) -> Any:
        """Return the autoencoder as it is trained: the same, or one that computes with fewer bits, of the same weights.

        What is saved is always the model in float32.
        """
        import keras

        if self.recipe.training.precision == "float32":
            return model
        usual = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.recipe.training.precision)
        try:
            twin = _make(self.recipe.model, self.recipe, self.images)
        finally:
            keras.config.set_dtype_policy(usual)
        twin.set_weights(model.get_weights())
        return twin

    def _composite(self) -> Any:
        from unnoise.models import DenoisingClassifier, copy_of
        from unnoise.training.fit import Examples

        section = self.recipe.composite
        assert section is not None
        assert self.recipe.classifier is not None
        autoencoder = self.run_folder.load_model("autoencoder")
        classifier = copy_of(self.run_folder.load_model("classifier"))
        if section.fine_tune:
            # The autoencoder is frozen, so its output is the classifier's input; it need not run within the step.
            def denoised(noisy: Array) -> Array:
                return np.asarray(autoencoder.predict(noisy, batch_size=256, verbose=0))

            train, validation = self.images.train, self.images.validation
            assert train.labels is not None
            assert validation.labels is not None
            labels = train.labels.astype(np.int32)
            examples = Examples(
                lambda epoch: (denoised(self.images.noisy_train(epoch)[0]), labels),
                (denoised(self.images.noisy_validation()[0]), validation.labels.astype(np.int32)),
                fresh=section.training.fresh_noise,
            )
            self._fit("composite", classifier, examples, section.training, self.recipe.classifier.model)
        autoencoder.trainable = False
        return DenoisingClassifier(autoencoder, classifier)

    def _build(self, section: Model, **parameters: Any) -> Any:
        from unnoise.models import registry as models

        model = _make(section, self.recipe, self.images, **parameters)
        model.summary(print_fn=lambda text: self.console.print(text, highlight=False, markup=False), expand_nested=True)
        self.console.print(
            f"{models.get(section.architecture).kind} {section.architecture}: {model.count_params():,} parameters",
            highlight=False,
        )
        return model

    def _fit(self, stage: str, model: Any, examples: Any, training: Any, section: Model) -> None:
        from unnoise.models import registry as models
        from unnoise.training.fit import fit

        labels = stage != "autoencoder"
        state = fit(
            model,
            examples,
            training,
            loss="sparse_categorical_crossentropy" if labels else self._loss(training),
            metrics=("accuracy",) if labels else (),
            seed=self.recipe.seed,
            dense=models.get(section.architecture).dense,
            checkpoint=self.run_folder.checkpoint(stage),
            console=self.console,
            on_epoch=lambda state: self.run_folder.write_history(stage, state.history),
        )
        self.run_folder.write_history(stage, state.history)
        self.console.print(
            f"{stage}: {state.epoch} epochs, best validation loss {state.best_loss:.4f} in epoch {state.best_epoch}, "
            f"kept the {training.keep} epoch's weights",
            highlight=False,
            soft_wrap=True,
        )

    def _loss(self, training: Any) -> str:
        return "residual" if self.images.supervision.gives_residuals else str(training.loss)

    def _save(self, stage: str, model: Any) -> None:
        from unnoise.models import save_model, save_weights

        save_weights(model, self.run_folder.weights_file(stage))
        # The whole model comes last: where it is, the stage is done.
        save_model(model, self.run_folder.model_file(stage))
