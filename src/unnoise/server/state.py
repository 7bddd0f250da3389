"""What the requests of one server share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import Request

from unnoise.server.answers import Answers
from unnoise.server.counters import Counters
from unnoise.server.limits import Limits
from unnoise.server.model_shelf import ModelShelf
from unnoise.server.work_queue import WorkQueue


@dataclass(frozen=True)
class State:
    """What the requests of one server share.

    Attributes:
        limits: Of the server.
        models: Its models.
        queue: Of all images.
        answers: Those that are kept for the page.
        counters: What is counted.
        tasks: Work that outlives its request.
    """

    limits: Limits
    models: ModelShelf
    queue: WorkQueue
    answers: Answers
    counters: Counters
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


def state_of(request: Request) -> State:
    """Return the state of the server that received the request."""
    state: State = request.app.state.unnoise
    return state
