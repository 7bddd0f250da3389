"""A bounded queue of images: who may enter, who works, and who is sent away."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from unnoise.inference.network import Progress
from unnoise.server.limits import Limits
from unnoise.server.problems import Refused

T = TypeVar("T")


class Place:
    """A place in the queue, taken before the first byte of an upload and held until its answer is there.

    Attributes:
        cancelled: Set by whoever no longer wants the answer; the work stops at the next tile.
        share: The share of the work that is done.
        began: When the work began, by ``time.monotonic()``; None while it waits.
    """

    def __init__(self, queue: WorkQueue) -> None:
        self._queue = queue
        self._bytes = 0
        self.cancelled = threading.Event()
        self.share = 0.0
        self.began: float | None = None

    def add(self, count: int) -> None:
        """Count bytes of the upload; raises Refused (429) where all uploads together are too many."""
        self._queue.bytes += count
        self._bytes += count
        if self._queue.bytes > self._queue.limits.bytes_in_flight:
            raise Refused(429, "Too much is being uploaded at once. Try again in a few seconds.", retry_after=5)

    def leave(self) -> None:
        """Give the place back."""
        if self in self._queue.places:
            self._queue.places.remove(self)
            self._queue.bytes -= self._bytes


class WorkQueue:
    """The server's workers; all of its methods but the work itself run on the event loop.

    Attributes:
        limits: The server's.
        places: Those that are taken.
        bytes: Of the uploads that hold a place.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.places: set[Place] = set()
        self.bytes = 0
        self._stopping = threading.Event()
        self._executor = ThreadPoolExecutor(limits.at_once, thread_name_prefix="unnoise")

    def enter(self) -> Place:
        """Return a new place; raises Refused, 429 where all are taken, 503 while the server stops."""
        if self._stopping.is_set():
            raise Refused(503, "The server is stopping.")
        if len(self.places) >= self.limits.max_waiting:
            raise Refused(
                429, f"{len(self.places)} images wait already, and no more can. Try again in a few seconds.",
                retry_after=5,
            )  # fmt: skip
        place = Place(self)
        self.places.add(place)
        return place

    @contextlib.contextmanager
    def place(self) -> Iterator[Place]:
        """Give a new place, and take it back at the end."""
        place = self.enter()
        try:
            yield place
        finally:
            place.leave()

    async def run(
        self, place: Place, work: Callable[[Progress], T], gone: Callable[[], Awaitable[bool]] | None = None
    ) -> T:
        """Return what ``work`` gives, which runs in a thread as soon as one is free.

        Args:
            place: Of the request.
            work: Called with a progress that stops it by an exception: it is to be called often.
            gone: Tells whether the client is gone.

        Raises:
            Refused: 503, where it takes too long, is cancelled, or the server stops.
        """
        deadline = time.monotonic() + self.limits.max_seconds

        def progress(share: float) -> None:
            if self._stopping.is_set() or place.cancelled.is_set():
                raise Refused(503, "The work was stopped.")
            if time.monotonic() > deadline:
                raise Refused(
                    503, f"The image took longer than the limit of {self.limits.max_seconds:g} seconds. "
                    "Make it smaller, or try again when the server is less busy.",
                )  # fmt: skip
            place.share = share

        def begin() -> T:
            progress(0.0)
            place.began = time.monotonic()
            return work(progress)

        future = asyncio.get_running_loop().run_in_executor(self._executor, begin)
        try:
            while not (await asyncio.wait([future], timeout=1.0))[0]:
                if gone is not None and await gone():
                    place.cancelled.set()
        except asyncio.CancelledError:
            place.cancelled.set()
            raise
        return await future

    def stop(self) -> None:
        """Stop all work at its next tile, and wait for that."""
        self._stopping.set()
        self._executor.shutdown(wait=True, cancel_futures=True)
