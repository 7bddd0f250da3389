"""The baselines, which every network is compared with. Never imports Keras."""

# Importing these modules registers their baselines; SciPy and scikit-image are imported where they are used.
from unnoise.baselines import classical, linear, pca, peers
from unnoise.baselines.baseline import (
    DEFAULT_ORDER,
    Baseline,
    BaselineError,
    FittedBaseline,
    FittedBaselines,
    build,
    fit_baselines,
    registry,
)

__all__ = [
    "DEFAULT_ORDER",
    "Baseline",
    "BaselineError",
    "FittedBaseline",
    "FittedBaselines",
    "build",
    "classical",
    "fit_baselines",
    "linear",
    "pca",
    "peers",
    "registry",
]
