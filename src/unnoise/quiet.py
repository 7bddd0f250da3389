"""Libraries that talk, silenced: TensorFlow writes to the terminal past Python, tf2onnx warns and logs."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from typing import TextIO


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Discard warnings, log records, standard output and standard error while the block runs.

    The file descriptors themselves are redirected, so that text from C++ is caught too. Other threads are silent
    as well.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    disabled_level = logging.root.manager.disable
    with contextlib.ExitStack() as undo:
        undo.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        undo.callback(logging.disable, disabled_level)
        logging.disable(logging.CRITICAL)
        sink = undo.enter_context(open(os.devnull, "w", encoding="utf-8"))
        for descriptor in (1, 2):
            # A process without a terminal (a service) may have none of them.
            with contextlib.suppress(OSError):
                saved = os.dup(descriptor)
                undo.callback(os.close, saved)
                undo.callback(os.dup2, saved, descriptor)
                os.dup2(sink.fileno(), descriptor)
        undo.enter_context(contextlib.redirect_stdout(sink))
        undo.enter_context(contextlib.redirect_stderr(sink))
        yield


@contextlib.contextmanager
def quiet_descriptor() -> Iterator[None]:
    """Discard what C++ and child processes write to standard error while the block runs; Python's own goes on."""
    try:
        saved = os.dup(2)
    except OSError:  # a process without a terminal (a service) may have none
        yield
        return
    sys.stderr.flush()
    before = sys.stderr
    with open(saved, "w", encoding=before.encoding or "utf-8", errors="replace", buffering=1) as own:
        with open(os.devnull, "w", encoding="utf-8") as sink:
            os.dup2(sink.fileno(), 2)
        # A capture of tests, or an editor's console, is no writer to the descriptor.
        if _descriptor(before) == 2:
            sys.stderr = own
        try:
            yield
        finally:
            sys.stderr = before
            own.flush()
            os.dup2(saved, 2)


def _descriptor(stream: TextIO) -> int | None:
    with contextlib.suppress(OSError, AttributeError):
        return stream.fileno()
    return None
