"""A Ray cluster, joined or started, and what its machines can do, found out before the first file."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from unnoise._version import __version__
from unnoise.cluster.storage import reason
from unnoise.cluster.worker import Worker
from unnoise.errors import InputError, UnnoiseError, UsageError
from unnoise.quiet import quiet_descriptor

LOCAL = "local"
"""The address that starts a cluster on this machine, for this run alone."""

# What Ray's store holds here are names and rows, never images.
_STORE_BYTES = 100_000_000
_SECONDS_TO_ANSWER = 5.0
_SECONDS_TO_CHECK = 300
# On a machine that is busy with other things, Ray does not always start in the time that it gives itself.
_STARTS = 2
_REMOVALS = 50
# Ray tells nobody how it is used.
_SILENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_USAGE_DISABLED": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@contextlib.contextmanager
def joined(address: str = LOCAL) -> Iterator[None]:
    """Be a driver of the cluster at ``address`` while the block runs.

    Args:
        address: "local": a cluster of this machine is started, and stopped at the end, with nothing left on the disk;
            "auto": the one that this machine is a part of; or host and port of its head, such as "10.0.0.5:6379".

    Raises:
        InputError: there is no such cluster.
        UsageError: an address of another kind.
    """
    _check_address(address)
    # Read when Ray is imported; the processes that it starts inherit them.
    os.environ.update(_SILENT)
    import ray

    if ray.is_initialized():
        yield
        return
    with contextlib.ExitStack() as undo:
        undo.enter_context(quiet_descriptor())
        undo.callback(ray.shutdown)
        undo.callback(_mute(ray._private.worker, "print_to_stdstream"))
        if address == LOCAL:
            _start(undo)
        else:
            try:
                ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
            except Exception as error:
                raise InputError(f"Cannot join the cluster at {address}: {reason(error)}.", remedy="cluster") from None
        yield


def _mute(module: Any, function: str) -> Callable[[], None]:
    """Have Ray print nothing of its own between the lines of the command; return what undoes it."""
    before = getattr(module, function, None)
    if before is None:
        return lambda: None
    setattr(module, function, lambda *arguments, **more: None)
    return lambda: setattr(module, function, before)


def _start(undo: contextlib.ExitStack) -> None:
    """Start a cluster on this machine, for this machine alone."""
    import ray

    # It keeps others on the network out; without one given, Ray would leave one in the home.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    for left in reversed(range(_STARTS)):
        folder = tempfile.mkdtemp(prefix="unnoise-ray-")
        undo.callback(_remove, folder)
        atexit.register(_remove, folder)  # after Ray's own exit, which makes it anew
        try:
            ray.init(
                address=LOCAL, include_dashboard=False, object_store_memory=_STORE_BYTES, log_to_driver=False,
                logging_level=logging.CRITICAL, _temp_dir=folder,
            )  # fmt: skip
            return
        except Exception as error:
            ray.shutdown()
            if not left:
                raise InputError(f"Ray could not be started on this machine: {reason(error)}.") from None


def _remove(folder: str) -> None:
    """Remove the folder of a cluster that is stopped; its processes may write for a moment more."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        time.sleep(0.1)


def _check_address(address: str) -> None:
    """Raise an error at once where nobody answers: Ray itself tries for a minute, and may end the process."""
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.rpartition(":")
    if "/" in address or not host or not port.isdigit():
        raise UsageError(
            f"The address of a cluster is {LOCAL}, auto, or host and port of its head, such as 10.0.0.5:6379; "
            f"received {address!r}."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"No Ray cluster answers at {address}: {reason(error)}.", remedy="cluster") from None


def workers_of(threads: int) -> int:
    """Return how many workers with ``threads`` CPUs each the machines of the cluster have room for.

    Raises:
        InputError: not even one.
    """
    cpus = [int(node.get("Resources", {}).get("CPU", 0)) for node in _nodes()]
    found = sum(count // threads for count in cpus)
    if not found:
        raise InputError(
            f"No machine of the cluster has {threads} CPUs for a worker; the largest has {max(cpus, default=0)}.",
            remedy="threads",
        )
    return found


def check_machines(worker: Worker, names: list[str]) -> None:
    """Have every machine show that it can do the work, before the first file.

    Each loads the network, reads a file of ``names`` and writes to the target.

    Raises:
        InputError: a machine without this version of unnoise, or one that cannot read.
        OutputError: a machine that cannot write, for lack of rights or of room.
        ModelFileError: a model that cannot be used there.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    held = ray.put(worker)
    answers = {
        node["NodeManagerHostname"]: ray.remote(_check)
        .options(
            num_cpus=worker.threads, max_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        )
        .remote(held, names)
        for node in _nodes()
        if node["Resources"].get("CPU", 0) >= worker.threads
    }  # fmt: skip
    for host, answer in answers.items():
        try:
            error, version = ray.get(answer, timeout=_SECONDS_TO_CHECK)
        except ray.exceptions.GetTimeoutError:
            raise InputError(
                f"The machine {host} of the cluster did not begin within {_SECONDS_TO_CHECK} seconds. "
                "Look whether others use it, or try again."
            ) from None
        except Exception as failure:  # Ray's errors, and those of unpickling
            raise InputError(
                f"The machine {host} of the cluster cannot run unnoise {__version__}: {_cause(failure)}. "
                "Install the same version there, with its extra: pip install 'unnoise[cluster]'."
            ) from None
        if version != __version__:
            raise InputError(
                f"The machine {host} of the cluster has unnoise {version}, this one {__version__}. "
                "Install the same version everywhere."
            )
        if error is not None:
            raise type(error)(f"On the machine {host} of the cluster: {error}", remedy=error.remedy)


def _check(worker: Worker, names: list[str]) -> tuple[UnnoiseError | None, str]:
    """Return what is wrong on this machine, and its version of unnoise."""
    try:
        worker.check(names)
    except UnnoiseError as error:
        return error, __version__
    return None, __version__


def _nodes() -> list[dict[str, Any]]:
    import ray

    return [node for node in ray.nodes() if node["Alive"]]


def _cause(error: Exception) -> str:
    """Return the last line of what Ray tells of an error, which names its cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return reason(Exception(lines[-1] if lines else type(error).__name__))
