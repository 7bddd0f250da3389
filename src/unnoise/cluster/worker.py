"""The one object that every worker of a cluster holds: the name of a file in, a row of the report out."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from unnoise.cluster.storage import Place
from unnoise.errors import InputError, UnnoiseError
from unnoise.files.folder import AT_ONCE
from unnoise.files.jobs import at_once, attempt, entry
from unnoise.files.memory import limit_memory
from unnoise.files.one_file import FileReport, denoise_file
from unnoise.imaging.image_file import MAX_PIXELS
from unnoise.inference import DenoiseOptions, Denoiser
from unnoise.inference.loading import load_content, read_model
from unnoise.inference.options import DEFAULT

# Files that are fetched or stored while others are computed.
_ON_THE_WAY = 2


class Worker:
    """Denoises files of one place into another; a row of the report for each.

    It can be pickled, and takes the model along: the machines need neither its file nor the credentials of whoever
    made it. The network is loaded when the first file comes, once in each process.

    Args:
        source, target: Where the files are and where they go: folders, or URLs that fsspec opens.
        model: The name of a model that comes with unnoise, or a packaged file on this machine.
        suffix: Another format for all, such as ".png"; None keeps each file's own.
        threads: CPU threads of the network; as many files are computed at once, but at most three.
        options, overwrite, strip_metadata, max_pixels, quality, white, frames: As in
            :func:`unnoise.denoise_file`; but where ``overwrite`` is false, a file that is there is done.
        device: As in :func:`unnoise.load`.

    Raises:
        ModelFileError: a model that cannot be used.
        UsageError: a place that cannot be opened, an unknown model or device.
    """

    def __init__(
        self,
        source: str | Path | Place,
        target: str | Path | Place,
        *,
        model: str | Path = "photo",
        options: DenoiseOptions = DEFAULT,
        suffix: str | None = None,
        overwrite: bool = False,
        strip_metadata: bool = False,
        max_pixels: int = MAX_PIXELS,
        quality: int | None = None,
        white: float | None = None,
        frames: str | None = None,
        threads: int = 1,
        device: str = "auto",
    ) -> None:
        self.source = source if isinstance(source, Place) else Place.of(source)
        self.target = target if isinstance(target, Place) else Place.of(target)
        self.threads = threads
        self._model, self._name, self._device = read_model(model), str(model), device
        load_content(self._model, self._name, device="cpu")  # whether it is a model
        self._suffix, self._overwrite = suffix, overwrite
        self._arguments: dict[str, Any] = {
            "options": options, "strip_metadata": strip_metadata, "overwrite": overwrite, "max_pixels": max_pixels,
            "quality": quality, "white": white, "frames": frames,
        }  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        made_here = ("denoiser", "_computing")
        return {name: value for name, value in self.__dict__.items() if name not in made_here}

    @functools.cached_property
    def denoiser(self) -> Denoiser:
        """The network, loaded."""
        limit_memory()
        return load_content(self._model, self._name, threads=self.threads, device=self._device)

    @functools.cached_property
    def _computing(self) -> threading.Semaphore:
        return threading.Semaphore(min(self.threads, AT_ONCE))

    def __call__(self, name: str) -> dict[str, Any]:
        """Denoise the file ``name`` of the source and return its row; what is wrong with it is told there."""
        file, made = PurePosixPath(name), self._made(name)
        shown = self.source.name_of(file), self.target.name_of(made)
        result = attempt(shown[0], lambda: self._denoise(file, made))
        if isinstance(result, FileReport):
            result = dataclasses.replace(result, source=shown[0], target=shown[1])
        return self._row(name, result)

    def lost(self, name: str) -> dict[str, Any]:
        """Return the row of a file that ended the processes that worked on it."""
        shown = self.source.name_of(PurePosixPath(name))
        return self._row(
            name, InputError(f"Cannot denoise {shown}: its worker was lost each time. Try this file alone.")
        )

    def check(self, names: list[str]) -> None:
        """Raise an error unless this machine can load the network, read a file of ``names`` and write to the target."""
        _ = self.denoiser
        self.target.check_writable()
        found = [
            attempt(self.source.name_of(PurePosixPath(name)), functools.partial(self._read, name)) for name in names
        ]
        errors = [answer for answer in found if answer is not None]
        if errors and len(errors) == len(names):
            raise errors[0]

    def _read(self, name: str) -> None:
        with self.source.fetched(PurePosixPath(name)) as path, path.open("rb") as handle:
            handle.read(1)

    def _row(self, name: str, result: FileReport | UnnoiseError | None) -> dict[str, Any]:
        shown = self.source.name_of(PurePosixPath(name)), self.target.name_of(self._made(name))
        remedy = result.remedy if isinstance(result, UnnoiseError) else None
        return {**entry(*shown, result), "name": name, "remedy": remedy}

    def _made(self, name: str) -> PurePosixPath:
        return PurePosixPath(name) if self._suffix is None else PurePosixPath(name).with_suffix(self._suffix)

    def rows(self, names: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Give the rows of several files, each as soon as it is done; some are on their way while others are computed.

        The network is loaded before.
        """
        _ = self.denoiser, self._computing
        yield from at_once(names, self, min(self.threads, AT_ONCE) + _ON_THE_WAY, threading.Event())

    def _denoise(self, name: PurePosixPath, made: PurePosixPath) -> FileReport | None:
        if not self._overwrite and self.target.has(made):
            return None
        with (
            self.source.fetched(name) as source,
            self.target.stored(made, overwrite=self._overwrite) as target,
            self._computing,
        ):
            return denoise_file(source, target, model=self.denoiser, **self._arguments)
