"""Answers that are kept for the page: blends, pictures and downloads come from them without a second run."""

from __future__ import annotations

import dataclasses
import io
import secrets
import tempfile
import time
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from unnoise.files import FileReport, denoise_file
from unnoise.frames import open_frames
from unnoise.imaging.formats import Format
from unnoise.inference import DenoiseOptions, Denoiser
from unnoise.inference.kept import KeepingDenoiser
from unnoise.inference.network import Progress
from unnoise.server.limits import Limits
from unnoise.server.problems import Refused
from unnoise.server.views import View
from unnoise.server.work_queue import Place


class Answer:
    """An image that was sent to the page's part of the server, and what became of it.

    Attributes:
        id: A secret name, hard to guess.
        content: The image's file.
        model: The name of the model.
        place: In the queue.
        report: What was done; None until it is.
        problem: Why nothing could be done; None otherwise.
        view: The picture; None until it is there, or where it cannot be shown.
    """

    def __init__(self, answers: Answers, content: bytes, model: str, options: DenoiseOptions, place: Place) -> None:
        self.id = secrets.token_urlsafe(16)
        self.content, self.model, self.place = content, model, place
        self.report: FileReport | None = None
        self.problem: Refused | None = None
        self.view: View | None = None
        self.used = time.monotonic()
        self.size = len(content)
        self._answers, self._options = answers, options
        self._keeping: KeepingDenoiser | None = None
        self._written: dict[DenoiseOptions, bytes] = {}

    @property
    def done(self) -> bool:
        """Whether the work is over, well or not."""
        return self.report is not None or self.problem is not None

    @property
    def format(self) -> Format:
        """The format of the file, which the denoised one has, too."""
        return open_frames(self.content).format

    def work(self, denoiser: Denoiser, max_pixels: int, progress: Progress) -> None:
        """Denoise the image and keep the network's answer."""
        keeping = KeepingDenoiser(denoiser, lambda shape: self._allocate(shape, np.float32))
        sink = io.BytesIO()
        report = denoise_file(
            self.content, sink, model=keeping, options=self._options, max_pixels=max_pixels, progress=progress
        )
        self._keeping = keeping
        self._keep(self._options, sink.getvalue())
        self.view = View.of(self.content, keeping, denoiser.metadata.range, self._allocate)
        self.report = report

    def file(self, strength: float, chroma: float | None) -> bytes:
        """Return the denoised file, blended from the answer that is kept: the bytes that a new run would give."""
        assert self._keeping is not None
        options = dataclasses.replace(self._options, strength=strength, chroma=chroma)
        if options not in self._written:
            sink = io.BytesIO()
            denoise_file(self.content, sink, model=self._keeping.replay(), options=options)
            self._keep(options, sink.getvalue())
        return self._written[options]

    def _keep(self, options: DenoiseOptions, content: bytes) -> None:
        """Keep a file: that of the full strength, and the one that was asked for last."""
        self._answers.make_room(self, len(content) - sum(map(len, list(self._written.values())[1:])))
        self._written = dict([*list(self._written.items())[:1], (options, content)])

    def _allocate(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array in a temporary file that has no name and is gone with the array."""
        count = int(np.prod(shape)) * np.dtype(dtype).itemsize
        self._answers.make_room(self, count)
        with tempfile.TemporaryFile() as file:
            return np.memmap(file, dtype, "w+", shape=shape)


class Answers:
    """The answers that are kept: by time and by bytes, those that were not asked for longest go first."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: dict[str, Answer] = {}
        self._lock = RLock()

    @property
    def size(self) -> int:
        """Bytes of all answers."""
        with self._lock:
            return sum(answer.size for answer in self._kept.values())

    def add(self, content: bytes, model: str, options: DenoiseOptions, place: Place) -> Answer:
        """Return a new answer, which is not worked on yet."""
        answer = Answer(self, content, model, options, place)
        with self._lock:
            self._kept[answer.id] = answer
            self.make_room(answer, 0)
        return answer

    def get(self, id_: str) -> Answer:
        """Return the answer; raises Refused (404) where it is not kept any longer, or never was."""
        with self._lock:
            if id_ not in self._kept:
                raise Refused(404, "This answer is no longer kept. Send the image again.")
            answer = self._kept.pop(id_)
            self._kept[id_] = answer  # the last one now
            answer.used = time.monotonic()
            return answer

    def drop(self, id_: str) -> None:
        """Forget an answer; work on it stops."""
        with self._lock:
            answer = self._kept.pop(id_, None)
        if answer is not None:
            answer.place.cancelled.set()

    def make_room(self, answer: Answer, count: int) -> None:
        """Count bytes of an answer, and forget older ones for them; raises Refused (413) where that is not enough."""
        with self._lock:
            answer.size += count
            if answer.size > self._limits.kept_bytes:
                raise Refused(413, "The image is too large for the page. Use the command line for it.")
            for other in list(self._kept.values()):
                if self.size <= self._limits.kept_bytes:
                    return
                if other is not answer and other.done:
                    del self._kept[other.id]

    def expire(self) -> None:
        """Forget what was not asked for in a long time."""
        oldest = time.monotonic() - self._limits.kept_seconds
        with self._lock:
            for answer in list(self._kept.values()):
                if answer.done and answer.used < oldest:
                    del self._kept[answer.id]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            for id_ in list(self._kept):
                self.drop(id_)
