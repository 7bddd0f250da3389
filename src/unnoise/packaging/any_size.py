"""A fully convolutional model, rebuilt for images of any size."""

from __future__ import annotations

from typing import Any

import keras


def any_size(model: Any) -> Any:
    """Return a model with the same weights that takes images of any height and width.

    Models inside the model are flattened into it. The layers are copies: calling the original's layers again would
    give them a second output, and ``layer.output`` of a trained model would stop working.

    Args:
        model: A fully convolutional ``keras.Model`` (``receptive_field.reach`` knows it), of any input size.

    Returns:
        A functional model whose input ``noisy`` has the shape ``(None, None, C)``.
    """
    noisy = keras.Input((None, None, model.inputs[0].shape[-1]), name="noisy")
    copies: dict[int, Any] = {}
    widened = keras.Model(noisy, _applied(model, noisy, copies), name=model.name)
    for layer in _leaves(model):
        if layer.weights:
            copies[id(layer)].set_weights(layer.get_weights())
    return widened


def _applied(model: Any, tensor: Any, copies: dict[int, Any]) -> Any:
    """Call copies of the model's layers on ``tensor``; a layer that is used twice has one copy."""

    def copied(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return lambda x: _applied(layer, x, copies)
        if id(layer) not in copies:
            config = layer.get_config()
            # Names are unique within one model, and models inside it may use the same ones.
            config.pop("name", None)
            copies[id(layer)] = type(layer).from_config(config)
        return copies[id(layer)]

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            tensor = copied(layer)(tensor)
        return tensor
    output = model._run_through_graph([tensor], operation_fn=copied)
    return output[0] if isinstance(output, list | tuple) else output


def _leaves(model: Any) -> list[Any]:
    """Return the layers of a model and of the models inside it."""
    leaves = []
    for layer in model.layers:
        leaves += _leaves(layer) if isinstance(layer, keras.Model) else [layer]
    return [layer for layer in leaves if not isinstance(layer, keras.layers.InputLayer)]
