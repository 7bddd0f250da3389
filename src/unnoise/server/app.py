"""The application: routes, errors in plain words, start and graceful stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unnoise._version import __version__
from unnoise.errors import UnnoiseError
from unnoise.server import api, page
from unnoise.server.answers import Answers
from unnoise.server.counters import Counters
from unnoise.server.guard import LOCAL, Guard
from unnoise.server.limits import Limits
from unnoise.server.model_shelf import ModelShelf
from unnoise.server.problems import Refused, problem, refusal_of
from unnoise.server.state import State
from unnoise.server.work_queue import WorkQueue

_DESCRIPTION = (
    "Removes noise from images with autoencoders, on this machine. Images are denoised in memory; none is kept longer "
    "than the page needs it, and neither images nor their names are logged."
)


def create_app(
    models: str | Path | None = None, *, hosts: Collection[str] = LOCAL, limits: Limits | None = None
) -> FastAPI:
    """Return the ASGI application with the page and the API.

    Args:
        models: A folder with further packaged models; None: those that come with unnoise.
        hosts: The names by which the server may be called, without port; others are refused.
        limits: What requests may take; None: the usual ones.

    Raises:
        InputError: no such folder.
    """
    limits = limits or Limits()
    queue, answers = WorkQueue(limits), Answers(limits)
    state = State(limits, ModelShelf(models), queue, answers, Counters())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # The first image need not wait for it.
        warm = asyncio.create_task(asyncio.to_thread(state.models.get, state.models.names()[0]))
        sweep = asyncio.create_task(_sweep(state))
        yield
        sweep.cancel()
        await asyncio.gather(warm, return_exceptions=True)
        await asyncio.to_thread(queue.stop)
        await asyncio.gather(*state.tasks, return_exceptions=True)
        answers.clear()

    # FastAPI's own pages of documentation ask another host for their scripts.
    app = FastAPI(
        title="unnoise", version=__version__, description=_DESCRIPTION, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.state.unnoise = state
    app.include_router(api.router)
    app.include_router(page.router)
    for kind in (Refused, UnnoiseError, OSError, MemoryError):
        app.add_exception_handler(kind, _expected)
    app.add_exception_handler(RequestValidationError, _wrong_option)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _unexpected)
    app.add_middleware(Guard, hosts=hosts)
    app.add_middleware(_Counted, counters=state.counters)
    return app


async def _sweep(state: State) -> None:
    while True:
        await asyncio.sleep(min(30.0, state.limits.kept_seconds))
        state.answers.expire()


async def _expected(request: Request, error: Exception) -> Response:
    refusal = refusal_of(error)
    assert refusal is not None
    return refusal.response()


async def _wrong_option(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = str(first["loc"][-1]) if first["loc"] else "the request"
    return problem(400, f"{place}: {first['msg']}.")


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, f"{error.detail}.", error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    return problem(500, "Something went wrong that should not have. The image was not changed.")


class _Counted:
    """ASGI middleware that counts responses by their status."""

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self._app, self._counters = app, counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counters.responses[message["status"]] += 1
            await send(message)

        await self._app(scope, receive, counted)
