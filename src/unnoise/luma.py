"""The brightness of colours."""

import numpy as np

# Weights of red, green and blue in the luma, Rec. ITU-R BT.601.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
