"""Trains the network behind `unnoise.estimate_noise` and writes it as ONNX, with its log beside it.

The network sees a patch of 64 × 64 pixels and gives log(255 sigma + 0.5), where sigma is the root mean square
difference between the patch and the same patch without noise, both clipped, halved and JPEG-compressed alike. Clean
patches come from the photographs that the recipe photo trains on, and from drawn ones: flat, gradients, text, lines.

    python -m tools.train_noise_estimator DATA/photographs -o noise-level.onnx
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import onnx
from PIL import Image, ImageDraw, ImageFont

from unnoise import datasets, noise
from unnoise.experiment.patches import random_patches, some_gray

SEED = 0
SIDE = 64
STRONGEST = 80.0
# How often the network passes over the patches before others are drawn, which takes longer than a pass.
PASSES = 4
# Halving kernels: box, triangle, cubic (a = -0.5) and Lanczos of three lobes, each stretched by two.
KERNELS = [np.array(taps, np.float32) for taps in ((1, 1), (1, 3, 3, 1), (-9, -15, 81, 327, 327, 81, -15, -9))]
OFFSETS = (np.arange(12) - 5.5) / 2
KERNELS.append((np.sinc(OFFSETS) * np.sinc(OFFSETS / 3)).astype(np.float32))


def drawings(count: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """Return clean images without texture: flat, gradients, text, line art; ``(N, side, side, 3)`` float32."""
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    images = np.empty((count, side, side, 3), np.float32)
    for image in images:
        kind = rng.integers(4)
        ink, paper = (
            rng.random((2, 3)) if rng.random() < 0.5 else rng.choice([[0, 1], [1, 0]])[:, np.newaxis].repeat(3, 1)
        )
        if kind == 0:
            image[:] = paper
        elif kind == 1:
            angle = rng.uniform(0, 2 * np.pi)
            ramp = axis[:, np.newaxis] * np.sin(angle) + axis * np.cos(angle)
            share = (ramp * rng.uniform(0.1, 0.7) + 0.5)[..., np.newaxis]
            image[:] = np.clip(ink * share + paper * (1 - share), 0, 1)
        else:
            colours = [tuple(int(value) for value in np.rint(colour * 255)) for colour in (paper, ink)]
            canvas = Image.new("RGB", (side, side), colours[0])
            pen = ImageDraw.Draw(canvas)
            if kind == 2:
                font = ImageFont.load_default(size=float(rng.uniform(8, 28)))
                height = int(font.size * 1.3)
                for top in range(int(rng.integers(-height, 1)), side, height):
                    letters = "".join(chr(code) for code in rng.integers(33, 127, 40))
                    pen.text((int(rng.integers(-20, 20)), top), letters, fill=colours[1], font=font)
            else:
                for _ in range(rng.integers(2, 14)):
                    ends = [int(value) for value in rng.integers(-10, side + 10, 4)]
                    if rng.random() < 0.6:
                        pen.line(ends, fill=colours[1], width=int(rng.integers(1, 5)))
                    else:
                        box = [
                            min(ends[0], ends[2]),
                            min(ends[1], ends[3]),
                            max(ends[0], ends[2]),
                            max(ends[1], ends[3]),
                        ]
                        pen.ellipse(box, outline=colours[1], width=int(rng.integers(1, 4)))
            image[:] = np.asarray(canvas, np.float32) / 255
    return images


def halved(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the images at half their size."""
    weights = kernel / kernel.sum()
    reach = len(weights) // 2 - 1
    for axis in (1, 2):
        pad = [(0, 0)] * 4
        pad[axis] = (reach, reach)
        padded = np.pad(images, pad, mode="symmetric")
        size = images.shape[axis] // 2
        taps = [np.take(padded, np.arange(size) * 2 + i, axis=axis) * weight for i, weight in enumerate(weights)]
        images = np.sum(taps, axis=0)
    return images


def examples(photographs: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy patches ``(N, 64, 64, 3)`` and their log(255 sigma + 0.5), one of each photograph's tile."""
    clean = random_patches(photographs, 2 * SIDE, rng).astype(np.float32) / 255
    drawn = rng.random(len(clean)) < 0.25
    clean[drawn] = drawings(int(drawn.sum()), 2 * SIDE, rng)
    dark = rng.random(len(clean)) < 0.15
    clean[dark] *= rng.uniform(0.02, 0.4, (int(dark.sum()), 1, 1, 1)).astype(np.float32)
    small = ~drawn & (rng.random(len(clean)) < 0.4)  # shrunk before the noise: sharper, and free of the file's own
    clean[small] = np.tile(halved(clean[small], KERNELS[0]), (1, 2, 2, 1))
    clean = some_gray(clean, 0.2, rng)
    gray = (clean == clean[..., :1]).all(axis=(1, 2, 3))

    noisy = clean.copy()
    for mask, channels in ((gray, 1), (~gray, 3)):
        part = clean[mask][..., :channels]
        sigma = np.exp(rng.uniform(0, np.log(STRONGEST), (len(part), 1, 1, 1))) / 255
        sigma[rng.random(len(part)) < 0.2] = 0
        result = part + sigma.astype(np.float32) * rng.standard_normal(part.shape, dtype=np.float32)
        camera = rng.random(len(part)) < 0.15
        result[camera] = noise.parse("camera(0.03)")(part[camera], rng)
        noisy[mask] = result

    pair = np.stack([noisy, clean], axis=1)
    clipped = rng.random(len(pair)) < 0.6
    pair[clipped] = np.rint(np.clip(pair[clipped], 0, 1) * 255) / 255
    half = rng.random(len(pair)) < 0.25
    kernels = rng.integers(0, len(KERNELS), len(pair))
    result = pair[:, :, :SIDE, :SIDE].copy()
    for number, kernel in enumerate(KERNELS):
        chosen = half & (kernels == number)
        result[chosen] = halved(pair[chosen].reshape(-1, *pair.shape[2:]), kernel).reshape(-1, 2, SIDE, SIDE, 3)
    qualities = np.where(rng.random(len(pair)) < 0.4, rng.integers(60, 101, len(pair)), 0)
    for quality in np.unique(qualities[qualities > 0]):
        chosen = qualities == quality
        flat = result[chosen].reshape(-1, SIDE, SIDE, 3)
        result[chosen] = noise.parse(f"jpeg(quality={quality})")(flat, rng).reshape(-1, 2, SIDE, SIDE, 3)
    # A gray file stays gray.
    result[gray] = result[gray].mean(axis=-1, keepdims=True)
    sigma = np.sqrt(((result[:, 0] - result[:, 1]) ** 2).mean(axis=(1, 2, 3)))
    return result[:, 0], np.log(255 * sigma + 0.5).astype(np.float32)


def estimator():
    """Return the network: patches ``(N, 64, 64, 3)`` to ``(N, 1)``."""
    from keras import Input, Model, layers

    patches = Input((SIDE, SIDE, 3), name="patches")
    x = layers.Conv2D(24, 3, padding="same", activation="relu")(patches)
    for filters in (32, 48, 64):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(64, activation="relu")(layers.GlobalAveragePooling2D()(x))
    return Model(patches, layers.Dense(1, name="level")(x), name="noise_level")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()

    import keras

    keras.utils.set_random_seed(SEED)
    tiles = datasets.load(arguments.photographs, "train", tile=160).images
    model = estimator()
    steps = len(tiles) * 7 // 8 // 32
    rate = keras.optimizers.schedules.CosineDecay(2e-3, arguments.rounds * PASSES * steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mae", jit_compile=False)
    held_out = examples(tiles[::8], np.random.default_rng([SEED, 1 << 20]))
    train = np.delete(tiles, np.s_[::8], axis=0)
    with open(arguments.output.with_suffix(".csv"), "w", newline="") as handle:
        log = csv.writer(handle)
        log.writerow(["round", "loss", "val_loss", "seconds"])
        for number in range(arguments.rounds):
            started = time.perf_counter()
            inputs, targets = examples(train, np.random.default_rng([SEED, number]))
            loss = model.fit(inputs, targets, batch_size=32, epochs=PASSES, verbose=0).history["loss"][-1]
            validation = model.evaluate(*held_out, batch_size=128, verbose=0)
            row = [number + 1, f"{loss:.4f}", f"{validation:.4f}", f"{time.perf_counter() - started:.1f}"]
            log.writerow(row)
            handle.flush()
            print(*row, flush=True)
    model.save(arguments.output.with_suffix(".keras"))
    signature = [keras.InputSpec(shape=(None, SIDE, SIDE, 3), dtype="float32", name="patches")]
    model.export(str(arguments.output), format="onnx", verbose=False, input_signature=signature)
    graph = onnx.load(arguments.output)
    graph.producer_name, graph.doc_string = "unnoise", "log(255 sigma + 0.5) of patches (N, 64, 64, 3) in [0, 1]"
    onnx.save(graph, arguments.output)


if __name__ == "__main__":
    main()
