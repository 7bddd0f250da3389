"""The composite model: a denoising autoencoder and a classifier behind it, as one."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="unnoise")
class DenoisingClassifier(keras.Model):
    """Noisy image in, class probabilities out: ``classifier(autoencoder(x))``.

    Args:
        autoencoder: Image to image model.
        classifier: Image to class probabilities model; it is shared, not copied.

    Attributes:
        autoencoder, classifier: The two parts.

    Example:
        >>> from unnoise.models import build
        >>> parts = build("dense-autoencoder", (8, 8, 1)), build("mlp-classifier", (8, 8, 1))
        >>> DenoisingClassifier(*parts).output_shape
        (None, 10)
    """

    def __init__(self, autoencoder: Any, classifier: Any, **kwargs: Any) -> None:
        noisy = keras.Input(autoencoder.input_shape[1:], name="noisy")
        kwargs.setdefault("name", "denoising_classifier")
        super().__init__(inputs=noisy, outputs=classifier(autoencoder(noisy)), **kwargs)
        self.autoencoder = autoencoder
        self.classifier = classifier

    def denoise(self, noisy: Any, *, batch_size: int = 256) -> Any:
        """Return the denoised images, equal to the autoencoder's output: ``(N, H, W, C)`` in [0, 1]."""
        return self.autoencoder.predict(noisy, batch_size=batch_size, verbose=0)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the model."""
        return {
            "autoencoder": keras.saving.serialize_keras_object(self.autoencoder),
            "classifier": keras.saving.serialize_keras_object(self.classifier),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> DenoisingClassifier:
        """Build the model that ``get_config`` describes."""
        parts = [keras.saving.deserialize_keras_object(config[part]) for part in ("autoencoder", "classifier")]
        return cls(*parts, name=config["name"])
