"""A trained network in a wider one of the same layers, which computes the same and can learn more."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.errors import InputError

Array = npt.NDArray[Any]


def widen(model: Any, trained: Any) -> None:
    """Give ``model`` the weights of ``trained``, whose layers have as many filters or fewer.

    What the trained network has is kept; the other filters stay as ``model`` has drawn them, and what the kept ones
    would get from them begins at zero. So both give the same image, until training makes use of the new filters:
    Chen, Goodfellow and Shlens, *Net2Net: Accelerating learning via knowledge transfer*, ICLR 2016.

    Args:
        model: A Keras model; its weights are set.
        trained: A model of the same layers, each weight of it no larger than the model's in any dimension.

    Raises:
        InputError: the layers differ, or do not compute the same with other filters beside them (as those that
            concatenate or flatten do); ``model`` is as it was then.
    """
    import keras

    before = model.get_weights()
    weights = trained.get_weights()
    fits = len(before) == len(weights) and all(
        new.ndim == old.ndim and all(n >= o for n, o in zip(new.shape, old.shape, strict=True))
        for new, old in zip(before, weights, strict=True)
    )
    if not fits:
        raise InputError("its layers are others, or have more filters.")
    outputs = _output_axes(model)
    model.set_weights([_filled(*each) for each in zip(before, weights, outputs, strict=True)])
    images = np.random.default_rng(0).random((2, *(side or 64 for side in model.input_shape[1:])), np.float32)
    ours, theirs = (keras.ops.convert_to_numpy(network(images)) for network in (model, trained))
    if not np.allclose(ours, theirs, atol=1e-4):
        model.set_weights(before)
        raise InputError("layers like these do not compute the same with more filters beside them.")


def _output_axes(layer: Any) -> list[int]:
    """Return for each of the layer's weights the axis that counts its filters."""
    import keras

    if hasattr(layer, "layers"):
        return [axis for inner in layer.layers for axis in _output_axes(inner)]
    transposed = isinstance(layer, keras.layers.Conv2DTranspose)
    return [-2 if transposed and weights.ndim == 4 else -1 for weights in layer.get_weights()]


def _filled(new: Array, old: Array, axis: int) -> Array:
    """Return ``new`` with ``old`` in its corner, and zeros where its other inputs lead to the old one's outputs."""
    result = new.copy()
    result.swapaxes(axis, -1)[..., : old.shape[axis]] = 0
    result[tuple(slice(side) for side in old.shape)] = old
    return result
