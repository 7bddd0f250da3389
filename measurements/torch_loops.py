"""Trains an autoencoder of the labs in plain PyTorch, for training_speed.py, which says what to train in FOLDER.

Networks and loop are written by hand, at PyTorch's defaults but for the first weights, the images lying in tensors.
It needs NumPy and PyTorch alone, so that an interpreter without unnoise can run it:

    python measurements/torch_loops.py FOLDER
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "linear": nn.Identity}


def dense(shape: tuple[int, ...], sizes: list[int], activation: str, output_activation: str) -> nn.Module:
    """Return dense layers: pixels → ``sizes`` → pixels."""
    pixels = math.prod(shape)
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in zip([pixels, *sizes], [*sizes, pixels], strict=True):
        layers += [nn.Linear(before, after), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1], ACTIVATIONS[output_activation](), nn.Unflatten(1, shape))


def block(channels: int, filters: int, *, depth: int = 1, stride: int = 1) -> nn.Sequential:
    """Return ``depth`` 3×3 convolutions with ReLU, the first of ``stride``."""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Conv2d(filters if i else channels, filters, 3, 1 if i else stride, 1), nn.ReLU()]
    return nn.Sequential(*layers)


def convolutional(channels: int, filters: list[int], *, code: int | None = None, depth: int = 1) -> nn.Module:
    """Return levels of ``depth`` convolutions, the first of stride 2, and their mirror image.

    With ``code``, a convolution of so many filters lies between them.
    """
    layers: list[nn.Module] = []
    width = channels
    for count in filters:
        layers.append(block(width, count, depth=depth, stride=2))
        width = count
    if code is not None:
        layers.append(nn.Conv2d(width, code, 3, 1, 1))
        width = code
    for count in reversed(filters):
        layers += [nn.ConvTranspose2d(width, count, 3, 2, 1, output_padding=1), nn.ReLU()]
        layers.append(block(count, count, depth=depth - 1))
        width = count
    return nn.Sequential(*layers, nn.Conv2d(width, channels, 3, 1, 1), nn.Sigmoid())


class UNet(nn.Module):
    """Convolutions and max pooling down, transposed convolutions up, each level joined to its twin."""

    def __init__(self, channels: int, filters: list[int], depth: int) -> None:
        super().__init__()
        widths = zip([channels, *filters], filters, strict=False)
        self.down = nn.ModuleList(block(before, after, depth=depth) for before, after in widths)
        levels = list(zip(filters[::-1], filters[-2::-1], strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(before, after, 2, 2) for before, after in levels)
        self.joined = nn.ModuleList(block(2 * after, after, depth=depth) for _, after in levels)
        self.pixels = nn.Sequential(nn.Conv2d(filters[0], channels, 1), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the denoised images."""
        skips: list[torch.Tensor] = []
        for level in self.down[:-1]:
            skips.append(level(x))
            x = nn.functional.max_pool2d(skips[-1], 2)
        x = self.down[-1](x)
        for up, joined in zip(self.up, self.joined, strict=True):
            x = joined(torch.cat([up(x), skips.pop()], dim=1))
        return self.pixels(x)


def network(architecture: str, shape: tuple[int, ...], p: dict[str, Any]) -> nn.Module:
    """Return the network that unnoise calls ``architecture``, for images ``shape`` (C, H, W), with parameters ``p``."""
    if architecture == "dense-autoencoder" and not p["tied"]:
        return dense(shape, [p["code"]], p["activation"], p["output_activation"])
    if architecture == "deep-dense-autoencoder":
        return dense(shape, [*p["hidden"], p["code"], *p["hidden"][::-1]], p["activation"], "sigmoid")
    if architecture == "convolutional-autoencoder":
        return convolutional(shape[0], p["filters"])
    if architecture == "deep-convolutional-autoencoder":
        return convolutional(shape[0], p["filters"], code=p["code"], depth=2)
    if architecture == "unet":
        return UNet(shape[0], p["filters"], p["depth"])
    raise SystemExit(f"{architecture} with {p} is not written in PyTorch here.")


def main(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text("utf-8"))
    with np.load(folder / "images.npz") as stored:
        held = {name: torch.from_numpy(stored[name]).permute(0, 3, 1, 2).contiguous() for name in stored.files}
    noisy, clean = held["noisy"], held["clean"]
    torch.manual_seed(0)
    model = network(job["architecture"], tuple(noisy.shape[1:]), job["parameters"])
    for weights in model.parameters():  # as Keras begins
        (nn.init.xavier_uniform_ if weights.dim() > 1 else nn.init.zeros_)(weights)
    parameters = sum(weights.numel() for weights in model.parameters())
    assert parameters == job["parameter_count"], f"{parameters} parameters, Keras has {job['parameter_count']}"
    losses = {"binary_crossentropy": "binary_cross_entropy", "mse": "mse_loss", "mae": "l1_loss"}
    measure = getattr(nn.functional, losses[job["loss"]])

    started, ends = time.perf_counter(), []
    optimizer = torch.optim.Adam(model.parameters(), lr=job["learning_rate"])
    for _ in range(job["epochs"]):
        for batch in torch.randperm(len(noisy)).split(job["batch_size"]):
            optimizer.zero_grad()
            loss = measure(model(noisy[batch]), clean[batch])
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            pairs = zip(held["validation_noisy"].split(1000), held["validation_clean"].split(1000), strict=True)
            total = sum(float(measure(model(x), y)) * len(x) for x, y in pairs)
        ends.append(time.perf_counter() - started)
    val_loss = total / len(held["validation_noisy"])
    print(json.dumps({"images": len(noisy), "ends": ends, "val_loss": val_loss}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
