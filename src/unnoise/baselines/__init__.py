"""Whatever is compared with a network: the registered baselines, and what a compared denoiser is. Never Keras."""

# Importing these modules registers their baselines; SciPy and scikit-image are imported where they are used.
from unnoise.baselines import classical, linear, pca, peers
from unnoise.baselines.baseline import (
    DEFAULT_ORDER,
    Baseline,
    BaselineError,
    ComparedDenoiser,
    FittedBaselines,
    build,
    clipped,
    fit_baselines,
    registry,
    require_known,
)

__all__ = [
    "DEFAULT_ORDER",
    "Baseline",
    "BaselineError",
    "ComparedDenoiser",
    "FittedBaselines",
    "build",
    "classical",
    "clipped",
    "fit_baselines",
    "linear",
    "pca",
    "peers",
    "registry",
    "require_known",
]
