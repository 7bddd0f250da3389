"""The tables of a recipe, each checked for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from unnoise import datasets
from unnoise.experiment.supervision import registry as supervisions
from unnoise.registry import suggestion


class Section(pydantic.BaseModel):
    """A table of a recipe: unknown fields are errors, values are not changed after reading."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(Section):
    """Which images: a data set's name or a folder, and where the validation images come from.

    A folder of images of any size is cut into squares of the side ``tile``. With ``patch``, the autoencoder trains on
    a random square of that side out of every image, another one every epoch; the share ``gray`` of them is turned gray,
    the share ``colours`` gets other colours. The noise of gray images is equal in all channels. With ``noise_epochs``
    the whole squares get their noise for as many epochs: for noises that take longer to draw than to train on.
    ``validation`` is a number of images split from the training set, a share of them, or ``"test"``: the test set, as
    in those labs whose published figure used it so. ``noisy`` is the folder with the noisy partners of the images.
    ``white`` and ``offset`` are the samples that stand for 1 and 0. With ``divide_squares`` every fifth square of a
    folder is for the test, not every fifth file. ``patches`` says how many patches an epoch trains on.
    """

    dataset: str
    noisy: str | None = None
    white: float | None = pydantic.Field(default=None, strict=False, allow_inf_nan=False)
    offset: float = pydantic.Field(default=0.0, strict=False, allow_inf_nan=False)
    divide_squares: bool = False
    tile: pydantic.PositiveInt | None = None
    patch: pydantic.PositiveInt | None = None
    patches: pydantic.PositiveInt | None = None
    gray: float = pydantic.Field(default=0.0, ge=0, le=1, strict=False)
    colours: float = pydantic.Field(default=0.0, ge=0, le=1, strict=False)
    noise_epochs: pydantic.PositiveInt | None = None
    validation: pydantic.PositiveInt | Annotated[float, pydantic.Field(gt=0, lt=1)] | Literal["test"] = 5000
    train_images: pydantic.PositiveInt | None = None
    test_images: pydantic.PositiveInt | None = None

    @pydantic.field_validator("dataset")
    @classmethod
    def _known(cls, value: str) -> str:
        # A path may be a folder in the folder for data, which is looked up when the data is loaded.
        if value not in datasets.names() and not Path(value).is_dir() and Path(value).name == value:
            raise ValueError(f"{value!r} is neither a data set nor a folder. {suggestion(value, datasets.names())}")
        return value


class Supervision(Section):
    """What the network learns from: how its inputs and targets come from the images, by the name of a method."""

    method: str = "synthetic"

    @pydantic.field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in supervisions:
            raise ValueError(f"{value!r} is no method. {suggestion(value, supervisions)}")
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
    """As Training, with the loss, whether noise is drawn afresh every epoch, and whose weights are the start.

    These are a run folder's, a packaged file's, or those of a model that comes with unnoise, by its name.

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
    factor where the classifier's accuracy on noisy images is this share. ``models`` are packaged models, by name or
    file, that are measured as they are.
    """

    models: tuple[str, ...] = pydantic.Field(default=(), strict=False)
    baselines: tuple[str, ...] = pydantic.Field(default=("linear",), strict=False)
    noisy_accuracy: float | None = pydantic.Field(default=None, gt=0, lt=1)
    images: pydantic.PositiveInt | None = None
