"""ONNX Runtime sessions: on which device, with how many threads."""

from __future__ import annotations

import functools
import re
from typing import Any

from unnoise.errors import InputError, UsageError
from unnoise.registry import suggestion

# Names of devices, fastest first, and the execution providers of ONNX Runtime that serve them.
DEVICES = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
# What "auto" chooses from: providers that need no preparation for every new image size.
_AUTOMATIC = ("cuda", "rocm", "directml", "cpu")


def available_devices() -> list[str]:
    """Return the devices that the installed ONNX Runtime serves, fastest first; ``cpu`` is always among them."""
    import onnxruntime

    present = set(onnxruntime.get_available_providers())
    return [name for name, provider in DEVICES.items() if provider in present]


def open_session(content: bytes, *, threads: int | None = None, device: str = "auto") -> tuple[Any, str]:
    """Return a session for the ONNX model ``content`` and the name of the device that it runs on.

    Args:
        content: The model.
        threads: CPU threads; None leaves the choice to ONNX Runtime.
        device: A name of :data:`DEVICES`, or "auto": the fastest that can be started.

    Raises:
        InputError: ``threads`` is no whole number of at least 1, or the device is not there.
        UsageError: an unknown device.
        Exception: ONNX Runtime's own, where ``content`` is no model.
    """
    import onnxruntime

    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise InputError(f"threads must be a whole number of at least 1, received {threads!r}.")
    if device != "auto" and device not in DEVICES:
        raise UsageError(f"Unknown device {device!r}. {suggestion(str(device), ['auto', *DEVICES])}")
    present = available_devices()
    wanted = next(name for name in present if name in _AUTOMATIC) if device == "auto" else device
    if wanted not in present:
        raise InputError(
            f"The device {device} is not available: the installed ONNX Runtime serves {', '.join(present)}. "
            'Choose one of these, leave device at "auto", or install the ONNX Runtime package for it.'
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # A plan of memory for each image size doubles the memory that the photograph denoiser takes, for no speed.
    options.enable_mem_pattern = False
    # Threads that wait actively take a fifth more of the processor, and it from whoever decodes and encodes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        content, options, providers=list(dict.fromkeys([DEVICES[wanted], DEVICES["cpu"]]))
    )
    used = next(name for name, provider in DEVICES.items() if provider == session.get_providers()[0])
    if device not in ("auto", used):
        raise InputError(
            f"The device {device} could not be started; ONNX Runtime fell back to {used}. "
            'Check its driver and libraries, or choose device="cpu".'
        )
    return session, used


def run(session: Any, inputs: dict[str, Any], output: str | None = None, *, last: bool = True) -> Any:
    """Return one output of a session, the first one where it is not named.

    Its working memory goes back to the system where this is the ``last`` run for now: to ask for it anew takes a tenth
    of the time.
    """
    return session.run(None if output is None else [output], inputs, _shrinking() if last else None)[0]


def first_line(error: Exception) -> str:
    """Return the first line of an error's text without ONNX Runtime's prefix of codes and file names."""
    text = str(error).strip() or type(error).__name__
    first = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text.splitlines()[0])
    return first.rsplit("failed:", 1)[-1].strip().rstrip(".")[:160]


@functools.cache
def _shrinking() -> Any:
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
