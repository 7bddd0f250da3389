"""What all tests share: TensorFlow's start-up notices stay out of their output."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
