"""The page's own part of the server: answers that are kept, pictures of them, downloads."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import PurePosixPath
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from unnoise.imaging.formats import FORMATS, Format
from unnoise.inference import DenoiseOptions
from unnoise.inference.network import Progress
from unnoise.server.answers import Answer
from unnoise.server.api import MEDIA, ModelName, described
from unnoise.server.problems import Refused, refusal_of
from unnoise.server.state import State, state_of
from unnoise.server.uploads import read_upload
from unnoise.server.views import SIDE
from unnoise.server.words import in_words

router = APIRouter(include_in_schema=False)

_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Read once: no path of a request is ever opened.
_STATIC = {
    file.name: file.read_bytes()
    for file in (files("unnoise.server") / "static").iterdir()
    if PurePosixPath(file.name).suffix in _TYPES
}


@router.get("/")
async def index() -> Response:
    """The page."""
    return _static("index.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Its script and style."""
    return _static(name)


def _static(name: str) -> Response:
    if name not in _STATIC:
        raise Refused(404, "There is nothing of that name here.")
    return Response(_STATIC[name], media_type=_TYPES[PurePosixPath(name).suffix])


@router.post("/api/answers", status_code=202)
async def add(
    request: Request,
    model: ModelName = "photo",
    skip_clean: bool = True,
    of: Annotated[str | None, Query(description="An answer whose image is denoised again.")] = None,
) -> dict[str, str]:
    """Take an image; its answer is worked on, and kept."""
    state = state_of(request)
    place = state.queue.enter()
    try:
        content = await read_upload(request, state.limits, place) if of is None else state.answers.get(of).content
        answer = state.answers.add(content, model, DenoiseOptions(skip_clean=skip_clean), place)
        task = asyncio.create_task(_work(state, answer))
    except BaseException:
        place.leave()
        raise
    state.tasks.add(task)
    task.add_done_callback(state.tasks.discard)
    return {"id": answer.id}


async def _work(state: State, answer: Answer) -> None:
    def work(progress: Progress) -> None:
        answer.work(state.models.get(answer.model), state.limits.max_pixels, progress)

    try:
        await state.queue.run(answer.place, work)
        assert answer.report is not None
        state.counters.add(answer.report.width * answer.report.height, answer.report.seconds)
    except Exception as error:
        answer.problem = refusal_of(error) or Refused(500, "Something went wrong that should not have.")
    finally:
        answer.place.leave()


@router.get("/api/answers/{id}")
async def status(request: Request, id: str) -> dict[str, Any]:
    """Say how far the work on an image is, and what came of it."""
    answer = state_of(request).answers.get(id)
    if answer.problem is not None:
        return {"state": "failed", "message": answer.problem.message}
    began, share = answer.place.began, answer.place.share
    if answer.report is None:
        left = None if began is None or share < 0.02 else (time.monotonic() - began) * (1 - share) / share
        return {"state": "waiting" if began is None else "working", "share": share, "seconds_left": left}
    view, report = answer.view, described(answer.report)
    return {
        "state": "done",
        "model": answer.model,
        "report": report,
        "words": in_words(answer.report),
        "changed": not answer.report.unchanged,
        "view": view and {"width": view.width, "height": view.height, "levels": view.levels, "side": SIDE},
    }


@router.delete("/api/answers/{id}", status_code=204)
async def forget(request: Request, id: str) -> None:
    """Forget an image and its answer."""
    state_of(request).answers.drop(id)


@router.get("/api/answers/{id}/squares/{level}/{column}/{row}")
async def square(request: Request, id: str, level: int, column: int, row: int) -> Response:
    """Give a square of the picture; see :meth:`unnoise.server.views.View.square`."""
    view = _finished(state_of(request), id).view
    if view is None:
        raise Refused(409, "This image cannot be shown.")
    return Response(await asyncio.to_thread(view.square, level, column, row), media_type="application/octet-stream")


@router.get("/api/answers/{id}/file")
async def file(request: Request, id: str, strength: float = 1.0, chroma: float | None = None) -> Response:
    """Give the denoised file, blended from the answer that is kept."""
    answer = _finished(state_of(request), id)
    content = await asyncio.to_thread(answer.file, strength, chroma)
    return Response(content, media_type=MEDIA[answer.format.name])


class Wanted(BaseModel):
    """A file of the zip."""

    id: str
    name: str = Field(max_length=1000)
    strength: float = 1.0
    chroma: float | None = None


@router.post("/api/zip")
async def zipped(request: Request, wanted: Annotated[list[Wanted], Field(max_length=1000)]) -> Response:
    """Give several denoised files as one zip."""
    answers = [_finished(state_of(request), one.id) for one in wanted]
    pack = await asyncio.to_thread(_pack, wanted, answers)
    return StreamingResponse(_parts(pack), media_type="application/zip")


def _finished(state: State, id_: str) -> Answer:
    answer = state.answers.get(id_)
    if answer.problem is not None:
        raise answer.problem
    if answer.report is None:
        raise Refused(409, "The image is still worked on.")
    return answer


def _pack(wanted: list[Wanted], answers: list[Answer]) -> IO[bytes]:
    pack: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is sent
    taken: set[str] = set()
    # Images are compressed already.
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_STORED) as archive:
        for one, answer in zip(wanted, answers, strict=True):
            name = denoised_name(one.name, answer.format)
            stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
            number = 1
            while name.lower() in taken:
                number += 1
                name = f"{stem} ({number}){suffix}"
            taken.add(name.lower())
            archive.writestr(name, answer.file(one.strength, one.chroma))
    pack.seek(0)
    return pack


def _parts(pack: IO[bytes]) -> Iterator[bytes]:
    with pack:
        while part := pack.read(1 << 20):
            yield part


def denoised_name(name: str, format: Format) -> str:
    """Return the name of a denoised file in a zip, whatever name a client gives: no folder, nothing that is no letter.

    Example:
        >>> denoised_name("../../etc/cron.d/x.JPG", FORMATS[".jpg"])
        'x.denoised.JPG'
        >>> denoised_name("C:\\\\photo.png", FORMATS[".jpg"])
        'photo.denoised.jpg'
    """
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(letter if letter.isprintable() and letter not in '<>:"|?*' else "_" for letter in name)
    path = PurePosixPath(name.strip(" ."))
    suffix = path.suffix if FORMATS.get(path.suffix.lower()) is format else format.suffixes[0]
    return f"{path.stem[:120] or 'image'}.denoised{suffix}"
