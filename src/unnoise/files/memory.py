"""Memory that images took, given back to the system."""

from __future__ import annotations

import contextlib
import ctypes

# The number of this parameter in malloc.h of glibc, and the bytes from which a block gets pages of its own.
_M_MMAP_THRESHOLD, _OWN_BLOCK = -3, 1 << 18


def limit_memory() -> None:
    """Have glibc give the memory of images back to the system as soon as they are done; elsewhere nothing happens.

    Left alone, it keeps ever larger blocks for later, in each thread: twice the memory for a folder of photographs.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _OWN_BLOCK)
