"""A recipe describes a run: data, noise, models, training. It is TOML, validated before any data is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pydantic
import tomli_w

from unnoise import datasets
from unnoise import noise as noises
from unnoise.errors import InputError, RecipeError, UnnoiseError
from unnoise.registry import suggestion

BUILT_IN = "unnoise.recipes"


class Section(pydantic.BaseModel):
    """A table of a recipe: unknown fields are errors, values are not changed after reading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(Section):
    """Which images: a data set's name or a folder, and where the validation images come from.

    A folder of images of any size is cut into squares of the side ``tile``. With ``patch``, the autoencoder trains on
    a random square of that side out of every image, another one every epoch; the share ``gray`` of them is turned gray,
    the share ``colours`` gets other colours. The noise of gray images is equal in all channels. With ``noise_epochs``
    the whole squares get their noise for as many epochs: for noises that take longer to draw than to train on.
    ``validation`` is a number of images split from the training set, or ``"test"``: the test set, as in those labs
    whose published figure used it so.
    """

    dataset: str
    tile: pydantic.PositiveInt | None = None
    patch: pydantic.PositiveInt | None = None
    gray: float = pydantic.Field(default=0.0, ge=0, le=1, strict=False)
    colours: float = pydantic.Field(default=0.0, ge=0, le=1, strict=False)
    noise_epochs: pydantic.PositiveInt | None = None
    validation: pydantic.PositiveInt | Literal["test"] = 5000
    train_images: pydantic.PositiveInt | None = None
    test_images: pydantic.PositiveInt | None = None

    @pydantic.field_validator("dataset")
    @classmethod
    def _known(cls, value: str) -> str:
        # A path may be a folder in the folder for data, which is looked up when the data is loaded.
        if value not in datasets.names() and not Path(value).is_dir() and Path(value).name == value:
            raise ValueError(f"{value!r} is neither a data set nor a folder. {suggestion(value, datasets.names())}")
        return value


class Training(Section):
    """How a model is trained. ``keep`` chooses the weights of the best or of the last epoch."""

    optimizer: Literal["adam", "adamw", "muon", "sgd", "rmsprop", "adadelta"] = "adam"
    learning_rate: float = pydantic.Field(default=1e-3, gt=0, strict=False, allow_inf_nan=False)
    schedule: Literal["constant", "cosine", "trapezoid"] = "constant"
    batch_size: pydantic.PositiveInt = 128
    epochs: pydantic.PositiveInt = 30
    patience: pydantic.PositiveInt | None = None
    keep: Literal["best", "last"] = "best"


class AutoencoderTraining(Training):
    """As Training, with the loss, whether noise is drawn afresh every epoch, and a run whose weights are the start.

    With the ``precision`` ``mixed_bfloat16``, activations and products have 16 bits and weights 32, in training only:
    faster on processors that multiply 16-bit numbers (GPUs; CPUs with AVX-512 BF16 or AMX), slower on others.
    """

    loss: Literal["binary_crossentropy", "mse", "mae", "psnr"] = "binary_crossentropy"
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    fresh_noise: bool = False
    start: str | None = None


class CompositeTraining(Training):
    """As Training, with whether noise is drawn afresh every epoch."""

    fresh_noise: bool = False


class Model(pydantic.BaseModel):
    """A model's registered name; every other field is one of that model's own parameters."""

    model_config = pydantic.ConfigDict(extra="allow", frozen=True)
    architecture: str
    _kind: str = "autoencoder"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters given to the model's builder."""
        return dict(self.model_extra or {})

    @pydantic.model_validator(mode="after")
    def _known(self) -> Model:
        from unnoise.models import parameters_of, registry

        kinds = [name for name in registry if registry.get(name).kind == self._kind]
        if self.architecture not in kinds:
            raise ValueError(f"architecture is no {self._kind}. {suggestion(self.architecture, kinds)}")
        allowed = parameters_of(self.architecture)
        for field in self.parameters:
            if field not in allowed:
                raise ValueError(f"{self.architecture} has no parameter {field!r}. {suggestion(field, allowed)}")
        return self


class ClassifierModel(Model):
    """A classifier's registered name and parameters."""

    _kind: str = "classifier"


class Classifier(Section):
    """The classifier that is trained on clean images."""

    model: ClassifierModel
    training: Training = Training()


class Composite(Section):
    """The composite model: autoencoder and classifier as one.

    With ``fine_tune`` a copy of the classifier is trained on denoised images behind the frozen autoencoder.
    """

    fine_tune: bool = True
    training: CompositeTraining = CompositeTraining()


class Evaluation(Section):
    """What stands beside the model in the tables.

    ``images`` limits the test images (the first ones). ``noisy_accuracy`` asks for the accuracies also at the Gaussian
    factor where the classifier's accuracy on noisy images is this share.
    """

    baselines: tuple[str, ...] = pydantic.Field(default=("linear",), strict=False)
    noisy_accuracy: float | None = pydantic.Field(default=None, gt=0, lt=1)
    images: pydantic.PositiveInt | None = None


class Recipe(Section):
    """A whole run. See the built-in recipes for examples."""

    name: str = pydantic.Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    summary: str
    # The upper bound is Keras'.
    seed: int = pydantic.Field(default=0, ge=0, lt=2**32 - 8)
    noise: str
    data: Data
    model: Model
    training: AutoencoderTraining = AutoencoderTraining()
    classifier: Classifier | None = None
    composite: Composite | None = None
    evaluation: Evaluation = Evaluation()

    @pydantic.field_validator("noise")
    @classmethod
    def _noise(cls, value: str) -> str:
        try:
            return str(noises.parse(value))
        except UnnoiseError as error:
            raise ValueError(str(error)) from None

    @pydantic.model_validator(mode="after")
    def _composite_has_classifier(self) -> Recipe:
        if self.composite is not None and self.classifier is None:
            raise ValueError("composite needs a [classifier] table: add one, or remove [composite]")
        return self

    @pydantic.model_validator(mode="after")
    def _patches_suit(self) -> Recipe:
        from unnoise.models import registry

        if self.data.patch is None:
            if self.data.gray:
                raise ValueError("data.gray is a share of patches: give data.patch, or remove data.gray")
            return self
        if self.classifier is not None:
            raise ValueError("a classifier sees whole images: remove data.patch or [classifier]")
        if not registry.get(self.model.architecture).fully_convolutional:
            raise ValueError(f"{self.model.architecture} takes one size only: remove data.patch, or use a U-Net")
        if fitted := {"linear", "pca"} & set(self.evaluation.baselines):
            raise ValueError(f"evaluation.baselines: {min(fitted)} needs whole images, not patches: remove it")
        return self

    @classmethod
    def checked(cls, table: dict[str, Any], origin: str) -> Recipe:
        """Return the recipe of a table, where ``origin`` says whose it is.

        Raises:
            RecipeError: a field that is wrong; the message names all of them and what is allowed.
        """
        try:
            return cls.model_validate(table)
        except pydantic.ValidationError as error:
            raise RecipeError(f"{origin}: " + "; ".join(_explain(problem) for problem in error.errors())) from None

    @property
    def stages(self) -> list[str]:
        """The models that are trained, in order."""
        wanted = {"classifier": self.classifier, "autoencoder": self.model, "composite": self.composite}
        return [stage for stage, section in wanted.items() if section is not None]

    def to_toml(self) -> str:
        """Return the recipe as TOML with every default written out; reading it gives an equal recipe."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def built_in_recipes() -> dict[str, str]:
    """Return the names and one-line summaries of the recipes that come with unnoise."""
    return {name: tomllib.loads(text)["summary"] for name, text in _built_in_texts().items()}


def _built_in_texts() -> dict[str, str]:
    folder = resources.files(BUILT_IN)
    files = {Path(item.name).stem: item for item in folder.iterdir() if item.name.endswith(".toml")}
    return {name: files[name].read_text("utf-8") for name in sorted(files)}


def load_recipe(name: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """Return the recipe called ``name``, or the one in the file ``name``, with ``overrides`` applied.

    Args:
        name: A built-in recipe's name, or a path that ends in ``.toml``.
        overrides: Texts such as ``training.epochs=5`` or ``noise=gaussian(0.2)``; the summary names them.

    Raises:
        InputError: a file that cannot be read or is no TOML.
        RecipeError: no such recipe, or a field that is wrong; the message names the field and what is allowed.
    """
    text, origin = _read(name)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{origin} is not valid TOML: {error}. Correct that line.") from None
    changes = [override.strip() for override in overrides]
    for change in changes:
        _override(table, change)
    if changes and isinstance(table.get("summary"), str):
        table["summary"] += f" (changed: {', '.join(changes)})"
    return Recipe.checked(table, origin)


def _read(name: str | Path) -> tuple[str, str]:
    path = Path(name)
    if path.suffix == ".toml":
        try:
            return path.read_text("utf-8"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise InputError(f"Cannot read the recipe {path}: {reason}. Check the file.") from None
    texts = _built_in_texts()
    if str(name) not in texts:
        raise RecipeError(f"Unknown recipe {str(name)!r}. {suggestion(str(name), texts)} A file's name ends in .toml.")
    return texts[str(name)], f"recipe {name}"


def _override(table: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError(f"An override is written FIELD=VALUE, such as training.epochs=5; received {override!r}.")
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    section: type[pydantic.BaseModel] | None = Recipe
    for key in keys[:-1]:
        section = _field(section, key, path)
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise RecipeError(f"{override}: {key} is a value, not a table.")
    _field(section, keys[-1], path)
    table[keys[-1]] = value


def _field(section: type[pydantic.BaseModel] | None, key: str, path: str) -> type[pydantic.BaseModel] | None:
    """Check that ``key`` is a field of ``section``; return the table type behind it, None where it is a value."""
    if section is None or section.model_config.get("extra") == "allow":
        return None
    if key not in section.model_fields:
        tables = {name: _table_of(field.annotation) for name, field in section.model_fields.items()}
        meant = [f"{name}.{key}" for name, table in tables.items() if table is not None and key in table.model_fields]
        hint = f"Did you mean {' or '.join(meant)}? " if meant else ""
        raise RecipeError(f"{path}: there is no field {key!r}. {hint}{suggestion(key, section.model_fields)}")
    return _table_of(section.model_fields[key].annotation)


def _table_of(annotation: Any) -> type[pydantic.BaseModel] | None:
    """Return the table type that a field's annotation names, None for a value."""
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, pydantic.BaseModel):
            return candidate
    return None


def _explain(problem: Any) -> str:
    # Pydantic names the kinds of value that a field may have, too, such as literal['test'].
    where = ".".join(part for part in map(str, problem["loc"]) if part.isidentifier() or part.isdigit()) or "recipe"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        section: Any = Recipe
        for part in problem["loc"][:-1]:
            section = _field(section, part, where) or section
        message = f"there is no such field. {suggestion(str(problem['loc'][-1]), section.model_fields)}"
        return f"{where}: {message}"
    message = message.replace("Input should", "must").replace("a valid integer", "a whole number")
    value = problem["input"]
    told = (
        problem["type"] == "missing" or isinstance(value, dict) or (isinstance(value, str) and repr(value) in message)
    )
    return f"{where}: {message}" + ("" if told else f", received {value!r}")
