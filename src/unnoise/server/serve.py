"""The server's process: its socket, its time limits, its end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from unnoise.errors import InputError
from unnoise.server.limits import Limits

# Bytes that the headers of a request may take.
_HEADERS = 32 << 10
# Seconds that requests at work get to finish when the server is stopped.
_GRACE = 20


def serve(
    app: FastAPI, host: str = "127.0.0.1", port: int = 8000, *, on_start: Callable[[str], None] = lambda url: None
) -> None:
    """Serve the application until the process is told to stop (Ctrl-C, SIGTERM); what is at work is finished first.

    Args:
        app: What :func:`unnoise.server.create_app` gave.
        host: The address to listen on.
        port: The port; 0 lets the system choose one.
        on_start: Called with the page's address as soon as connections are taken.

    Raises:
        InputError: an address or port that cannot be used.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"Cannot listen on {host}, port {port}: {reason}.", remedy="port") from None
    shown = f"[{host}]" if ":" in host else host
    on_start(f"http://{shown}:{listening.getsockname()[1]}/")
    with listening, contextlib.suppress(KeyboardInterrupt):
        configured(app).run(sockets=[listening])


def configured(app: FastAPI) -> uvicorn.Server:
    """Return the server of the application: HTTP/1.1, its headers bounded in size and time, nothing logged of requests.

    Args:
        app: What :func:`unnoise.server.create_app` gave.
    """
    limits: Limits = app.state.unnoise.limits
    protocol = type("Protocol", (_Protocol,), {"silence": limits.silence_seconds})
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="on", log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, h11_max_incomplete_event_size=_HEADERS, timeout_keep_alive=15,
        timeout_graceful_shutdown=_GRACE,
    )  # fmt: skip
    return uvicorn.Server(config)


class _Protocol(H11Protocol):
    """HTTP/1.1 that hangs up on clients who do not finish their request's headers."""

    silence = 15.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(self.silence, self._hang_up)

    def _hang_up(self) -> None:
        if self.cycle is None:
            self.transport.close()
