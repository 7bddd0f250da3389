"""What is compared: a denoiser of single images; the registry of baselines, and how all of them are fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unnoise.errors import InputError, RecipeError, UsageError
from unnoise.registry import Registry

Images = NDArray[np.float32]


class BaselineError(InputError):
    """A baseline that cannot be fitted to these images, with the reason; a comparison goes on without it."""


class ComparedDenoiser(ABC):
    """Whatever is compared, networks and baselines alike: an image and the noise's strength in, an image out."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was chosen in fitting (names and values to show), empty where nothing was."""
        return {}

    @abstractmethod
    def denoise(self, image: Images, sigma: float) -> Images:
        """Return the denoised image.

        Args:
            image: Noisy image ``(H, W, C)``, float32, nominal range [0, 1].
            sigma: Standard deviation of its noise in units of [0, 1]; blind denoisers do not look at it.

        Returns:
            The denoised image, of the same shape.
        """

    def denoise_batch(self, images: Images, sigma: float) -> Images:
        """Return the denoised batch ``(N, H, W, C)``: each image for itself, or what is quicker and gives the same."""
        return np.stack([self.denoise(image, sigma) for image in images])


class Baseline(Protocol):
    """A method without a network."""

    def fit(self, noisy_train: Images, clean_train: Images, noisy_val: Images, clean_val: Images) -> ComparedDenoiser:
        """Return the baseline fitted on training images and tuned on validation images.

        Args:
            noisy_train: Noisy training images ``(N, H, W, C)``, float32, nominal range [0, 1].
            clean_train: The same images without noise.
            noisy_val: Noisy validation images, ``(M, H, W, C)``.
            clean_val: The same images without noise.

        Raises:
            BaselineError: the baseline does not fit these images; the message says why.
        """


registry: Registry[type[Any]] = Registry("baseline")


def clipped(images: NDArray[Any]) -> Images:
    """Return ``images`` as float32 within [0, 1]."""
    result: Images = np.clip(images, 0.0, 1.0).astype(np.float32)
    return result


@registry.register("do-nothing")
@dataclass(frozen=True)
class DoNothing(ComparedDenoiser):
    """The noisy image itself. A method below this row does harm."""

    def fit(self, noisy_train: Images, clean_train: Images, noisy_val: Images, clean_val: Images) -> DoNothing:
        """Return itself: there is nothing to fit."""
        return self

    def denoise(self, image: Images, sigma: float) -> Images:
        """Return the noisy image."""
        return image


@dataclass(frozen=True)
class FittedBaselines:
    """The baselines that could be fitted, and why the others could not."""

    fitted: dict[str, ComparedDenoiser]
    skipped: dict[str, str]

    def notes(self) -> dict[str, str]:
        """Return the tuned values of each baseline as one short text, such as ``weight = 0.4``."""
        return {name: describe(baseline.parameters) for name, baseline in self.fitted.items()}


def describe(parameters: Mapping[str, Any]) -> str:
    """Return tuned values as one line: ``weight = 0.4, tried = 0.1 … 0.8``."""
    return ", ".join(f"{name} = {value}" for name, value in parameters.items())


def build(name: str, *, code_size: int = 32) -> Baseline:
    """Return the unfitted baseline called ``name``; ``code_size`` reaches those that have one.

    Raises:
        UsageError: no baseline has this name.
    """
    kind = registry.get(name)
    sized = "code_size" in getattr(kind, "__dataclass_fields__", {})
    baseline: Baseline = kind(code_size=code_size) if sized else kind()
    return baseline


def require_known(names: Iterable[str]) -> None:
    """Raise RecipeError where no baseline has one of the names of a recipe; for a look before long work."""
    for name in names:
        try:
            registry.get(name)
        except UsageError as error:
            raise RecipeError(f"evaluation.baselines: {error}") from None


def fit_baselines(
    noisy_train: Images,
    clean_train: Images,
    noisy_val: Images,
    clean_val: Images,
    *,
    names: Iterable[str] | None = None,
    code_size: int | None = 32,
) -> FittedBaselines:
    """Return every baseline fitted to the same images, those that do not fit with their reason.

    Args:
        noisy_train: Noisy training images ``(N, H, W, C)``, float32, nominal range [0, 1].
        clean_train: The same images without noise.
        noisy_val: Noisy validation images ``(M, H, W, C)``; at most 64 of them are used for tuning.
        clean_val: The same images without noise.
        names: Which baselines; all in the order of :data:`DEFAULT_ORDER` when None.
        code_size: Components of PCA, the length of the network's code. None for a network without one: no PCA row.

    Raises:
        UsageError: a name that no baseline has.
    """
    chosen = list(DEFAULT_ORDER if names is None else names)
    fitted: dict[str, ComparedDenoiser] = {}
    skipped: dict[str, str] = {}
    for name in chosen:
        if name == "pca" and code_size is None:
            skipped[name] = "the network has no code, so there is no code size to match"
            continue
        baseline = build(name, code_size=code_size or 1)
        try:
            fitted[name] = baseline.fit(noisy_train, clean_train, noisy_val, clean_val)
        except BaselineError as error:
            skipped[name] = str(error)
    return FittedBaselines(fitted, skipped)


DEFAULT_ORDER = ("do-nothing", "linear", "pca", "median", "tv", "wavelet", "nlm")
