"""Averages the autoencoders of several runs of one recipe, for instance of stretches of one training.

    python -m tools.average_weights runs/third runs/fourth --shares 1 3 -o runs/average

The new run folder is a copy of the last run's with the weights w = sum_i share_i w_i / sum_i share_i; it is packaged
like any other. Weights on one path of descent can be averaged where they lie in one basin of the loss: P. Izmailov et
al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018. Measure it before use.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from unnoise.experiment import RunFolder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--shares", type=float, nargs="+", required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    if len(arguments.shares) != len(arguments.runs) or sum(arguments.shares) <= 0:
        parser.error("give one share a run, with a sum above 0")
    if arguments.output.exists():
        parser.error(f"{arguments.output} exists already")
    models = [RunFolder.open(run).load_model("autoencoder") for run in arguments.runs]
    shares = [share / sum(arguments.shares) for share in arguments.shares]
    averages = [
        sum(share * weight for share, weight in zip(shares, weights, strict=True))
        for weights in zip(*(model.get_weights() for model in models), strict=True)
    ]
    shutil.copytree(arguments.runs[-1], arguments.output, ignore=shutil.ignore_patterns("checkpoints", "figures"))
    model = models[-1]
    model.set_weights(averages)
    model.save(arguments.output / "models" / "autoencoder.keras")
    model.save_weights(arguments.output / "models" / "autoencoder.weights.h5")


if __name__ == "__main__":
    main()
