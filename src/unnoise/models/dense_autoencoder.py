"""The dense autoencoder: one hidden layer, optionally with tied weights."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from unnoise.errors import UsageError
from unnoise.models.autoencoder import autoencoder
from unnoise.models.registry import Shape, require_activation, require_positive


@keras.saving.register_keras_serializable(package="unnoise")
class TiedDense(layers.Layer):
    """A dense layer whose kernel is another dense layer's, transposed: ``activation(x Wᵀ + b)``."""

    def __init__(self, tied_to: layers.Dense, units: int, activation: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tied_to = tied_to
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        product = keras.ops.matmul(inputs, keras.ops.transpose(self.tied_to.kernel))
        return self.activation(keras.ops.add(product, self.bias))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        return (*input_shape[:-1], self.units)


@autoencoder("dense-autoencoder", dense=True)
def dense_autoencoder(
    input_shape: Shape,
    *,
    code: int = 32,
    activation: str = "relu",
    output_activation: str = "sigmoid",
    tied: bool = False,
) -> tuple[Any, Any]:
    """Build the dense autoencoder: pixels → code → pixels.

    The code is ``h(x) = a(W x + b)``, the image ``x̂ = s(W' h + b')``; with ``tied``, ``W' = Wᵀ`` (Vincent et al.,
    *Extracting and composing robust features with denoising autoencoders*, ICML 2008). With linear activations and
    squared error the code spans the principal subspace, as PCA does (Baldi and Hornik, *Neural networks and principal
    component analysis*, Neural Networks 1989).

    Args:
        input_shape: ``(H, W, C)``, gray or colour.
        code: Size of the code. 32 for 28×28×1 gives 50,992 parameters.
        activation: Activation of the code: ``relu``, ``sigmoid``, ``linear``, or any other of Keras.
        output_activation: Activation of the image, ``sigmoid`` keeps it in [0, 1].
        tied: Whether the decoder uses the encoder's kernel, transposed.

    Returns:
        An ``Autoencoder``.

    Raises:
        UsageError: ``code`` is no positive whole number, or Keras knows no such activation.
    """
    require_positive("code", code)
    require_activation("activation", activation)
    require_activation("output_activation", output_activation)
    if not isinstance(tied, bool):
        raise UsageError(f"tied must be true or false, received {tied!r}.")
    pixels = math.prod(input_shape)  # type: ignore[arg-type]

    to_code = layers.Dense(code, activation=activation, name="code")
    if tied:
        to_pixels: Any = TiedDense(to_code, pixels, activation=output_activation, name="pixels")
    else:
        to_pixels = layers.Dense(pixels, activation=output_activation, name="pixels")

    noisy = keras.Input(input_shape, name="noisy")
    encoder = keras.Model(noisy, to_code(layers.Flatten()(noisy)), name="encoder")
    codes = keras.Input((code,), name="codes")
    decoder = keras.Model(codes, layers.Reshape(input_shape)(to_pixels(codes)), name="decoder")
    return encoder, decoder
