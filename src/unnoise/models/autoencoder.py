"""The autoencoder: an encoder and a decoder that can be used together or alone."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from unnoise.models.registry import ModelKind, Shape, model, registry


@keras.saving.register_keras_serializable(package="unnoise")
class Autoencoder(keras.Model):
    """Image in, image out: ``decoder(encoder(x))``.

    Args:
        encoder: Image ``(N, H, W, C)`` → code (any shape).
        decoder: Code → image ``(N, H, W, C)`` in [0, 1].
        architecture: The registered name that rebuilds it.
        parameters: The parameters that rebuild it.

    Attributes:
        encoder, decoder: ``keras.Model``, sharing their weights with the autoencoder.
    """

    def __init__(
        self, encoder: Any, decoder: Any, *, architecture: str, parameters: dict[str, Any], **kwargs: Any
    ) -> None:
        noisy = keras.Input(encoder.input_shape[1:], name="noisy")
        kwargs.setdefault("name", architecture.replace("-", "_"))
        super().__init__(inputs=noisy, outputs=decoder(encoder(noisy)), **kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.architecture = architecture
        self.parameters = dict(parameters)

    def encode(self, images: Any, *, batch_size: int = 256) -> Any:
        """Return the codes of images ``(N, H, W, C)`` as an array ``(N, ...)``."""
        return self.encoder.predict(images, batch_size=batch_size, verbose=0)

    def decode(self, codes: Any, *, batch_size: int = 256) -> Any:
        """Return the images ``(N, H, W, C)`` that belong to codes ``(N, ...)``."""
        return self.decoder.predict(codes, batch_size=batch_size, verbose=0)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the model: architecture, input shape, parameters and name."""
        return {
            "architecture": self.architecture,
            "input_shape": list(self.encoder.input_shape[1:]),
            "parameters": self.parameters,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Autoencoder:
        """Build the model that ``get_config`` describes."""
        rebuilt = registry.get(config["architecture"]).make(tuple(config["input_shape"]), **config["parameters"])
        rebuilt.name = config["name"]
        return rebuilt  # type: ignore[no-any-return]


def autoencoder(
    name: str, kind: ModelKind = "autoencoder", *, dense: bool = False, fully_convolutional: bool = False
) -> Callable[[Callable[..., tuple[Any, Any]]], Callable[..., Autoencoder]]:
    """Decorator: turn a function that gives (encoder, decoder) into a registered builder of an ``Autoencoder``."""

    def wrap(parts: Callable[..., tuple[Any, Any]]) -> Callable[..., Autoencoder]:
        @functools.wraps(parts)
        def make(input_shape: Shape, **parameters: Any) -> Autoencoder:
            encoder, decoder = parts(input_shape, **parameters)
            return Autoencoder(encoder, decoder, architecture=name, parameters=parameters)

        model(name, kind, dense=dense, fully_convolutional=fully_convolutional)(make)
        return make

    return wrap
