"""What a network learns from, by name: how its inputs and targets come from the images of a run.

A new method is registered here; recipes name it in ``[supervision]``.
"""

from unnoise.experiment.supervision.base import Supervision, registry

# The modules that hold a method are imported for their registration.
from unnoise.experiment.supervision.calibrate import Calibrate
from unnoise.experiment.supervision.neighbor2neighbor import Neighbor2Neighbor
from unnoise.experiment.supervision.noise2noise import Noise2Noise
from unnoise.experiment.supervision.pairs import Pairs
from unnoise.experiment.supervision.synthetic import Synthetic

__all__ = ["Calibrate", "Neighbor2Neighbor", "Noise2Noise", "Pairs", "Supervision", "Synthetic", "registry"]
