"""A piecewise linear curve that every value of an image goes through."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def interpolate(x: Any, values: Any, segments: int) -> Any:
    """Return a piecewise linear curve's values; beyond its ends it goes on straight.

    Args:
        x: Where, of any shape; 0 is the first knot, ``segments`` the last.
        values: The curve at its knots ``(segments + 1,)``.
        segments: How many straight parts it has.
    """
    left = keras.ops.clip(keras.ops.floor(keras.ops.stop_gradient(x)), 0, segments - 1)
    number = keras.ops.cast(left, "int32")
    low, high = keras.ops.take(values, number, axis=0), keras.ops.take(values, number + 1, axis=0)
    return low + (x - left) * (high - low)


@keras.saving.register_keras_serializable("unnoise")
class Curve(keras.layers.Layer):
    """A monotone curve of ``segments`` straight parts of one width; the identity on [0, 1] at first.

    It is not learned by gradients of its own; :func:`set_curve` says what it is.

    Args:
        segments: How many straight parts.
    """

    def __init__(self, segments: int = 128, **options: Any) -> None:
        # Rounded to 16 bits, an image would lose its levels.
        super().__init__(**(options | {"dtype": "float32"}))
        self.segments = segments

    def build(self, input_shape: Any) -> None:
        """Make the weights: the place of the knots, and the curve there."""
        named: dict[str, tuple[tuple[int, ...], Any]] = {
            "slope": ((1,), float(self.segments)),
            "shift": ((1,), 0.0),
            "values": ((self.segments + 1,), np.linspace(0, 1, self.segments + 1, dtype=np.float32)),
        }
        for name, (shape, start) in named.items():
            made = self.add_weight(
                shape=shape,
                name=name,
                trainable=False,
                initializer=lambda shape, dtype, start=start: keras.ops.cast(
                    keras.ops.broadcast_to(keras.ops.convert_to_tensor(start), shape), dtype
                ),
            )
            setattr(self, name, made)
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        """Return the curve's values at ``x``."""
        return interpolate(x * self.slope + self.shift, self.values, self.segments)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"segments": self.segments}


def set_curve(layer: Curve, low: float, high: float, values: Array) -> None:
    """Give a curve the ``values`` ``(segments + 1,)`` at knots that are spread evenly from ``low`` to ``high``."""
    slope = layer.segments / (high - low)
    layer.set_weights([np.array([slope], np.float32), np.array([-low * slope], np.float32), values.astype(np.float32)])
