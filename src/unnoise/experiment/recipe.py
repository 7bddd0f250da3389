"""A recipe describes a run: data, noise, models, training. It is TOML, validated before any data is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import pydantic
import tomli_w

from unnoise import noise as noises
from unnoise.errors import InputError, RecipeError, UnnoiseError
from unnoise.experiment.sections import (
    AutoencoderTraining,
    Classifier,
    Composite,
    Data,
    Evaluation,
    Model,
    Section,
    Supervision,
)
from unnoise.experiment.supervision import registry as supervisions
from unnoise.registry import suggestion

BUILT_IN = "unnoise.recipes"


class Recipe(Section):
    """A whole run. See the built-in recipes for examples."""

    name: str = pydantic.Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    summary: str
    # The upper bound is Keras'.
    seed: int = pydantic.Field(default=0, ge=0, lt=2**32 - 8)
    noise: str = "none"
    supervision: Supervision = Supervision()
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
            for field, what in (("gray", "a share"), ("patches", "a number")):
                if getattr(self.data, field):
                    raise ValueError(f"data.{field} is {what} of patches: give data.patch, or remove data.{field}")
            return self
        if self.classifier is not None:
            raise ValueError("a classifier sees whole images: remove data.patch or [classifier]")
        if not registry.get(self.model.architecture).fully_convolutional:
            raise ValueError(f"{self.model.architecture} takes one size only: remove data.patch, or use a U-Net")
        if fitted := {"linear", "pca"} & set(self.evaluation.baselines):
            raise ValueError(f"evaluation.baselines: {min(fitted)} needs whole images, not patches: remove it")
        return self

    @pydantic.model_validator(mode="after")
    def _supervision_suits(self) -> Recipe:
        problem = supervisions.get(self.supervision.method).problem(self)
        if problem:
            raise ValueError(f"supervision.method is {self.supervision.method}: {problem}")
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
    def learns_from(self) -> str:
        """What its network learned from, in words: the noise that was added, or the images' own."""
        return self.noise if supervisions.get(self.supervision.method).adds_noise else "the noise of the images"

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
        apply_override(table, change)
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


def apply_override(table: dict[str, Any], override: str) -> None:
    """Change a field of a recipe's table, by a text such as ``training.epochs=5``.

    Raises:
        RecipeError: no such text, or no such field.
    """
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
