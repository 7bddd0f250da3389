"""Recomputes the validation loss of a ``fashion-dense`` run with Keras and NumPy alone, nothing of unnoise.

python -m measurements.recompute_val_loss runs/fashion-dense FASHION_MNIST_FOLDER
"""

import gzip
import sys
from pathlib import Path

import keras
import numpy as np


def main(run: Path, data: Path) -> None:
    content = gzip.decompress((data / "t10k-images-idx3-ubyte.gz").read_bytes())
    clean = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28, 1).astype(np.float32) / 255
    # Seed 0, stream 3: the test images' noise, drawn once.
    noise = np.random.default_rng([0, 3]).standard_normal(clean.shape, dtype=np.float32)
    noisy = np.clip(clean + np.float32(0.5) * noise, 0, 1)

    x = keras.Input((28, 28, 1))
    encoder = keras.Model(x, keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(x)))
    z = keras.Input((32,))
    decoder = keras.Model(z, keras.layers.Reshape((28, 28, 1))(keras.layers.Dense(784, activation="sigmoid")(z)))
    x = keras.Input((28, 28, 1))
    model = keras.Model(x, decoder(encoder(x)))
    model.load_weights(run / "models" / "autoencoder.weights.h5")

    loss = keras.losses.BinaryCrossentropy()(clean, model.predict(noisy, batch_size=1000, verbose=0))
    print(f"{model.count_params():,} parameters, validation loss {float(loss):.4f} on {len(clean):,} images")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
