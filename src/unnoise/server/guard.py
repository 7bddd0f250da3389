"""Who may ask: programs and pages of this machine, not a web page of another place that a browser here shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unnoise.server.problems import problem

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""The names of this machine."""

_HEADERS = {
    # One page with its own script and style; pictures that it makes itself; no other place is asked for anything.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware that checks Host and Origin of every request, and adds the headers that bind the page.

    A page of another place can make a browser send requests to this server. It cannot hide where it is from: the
    browser adds ``Origin`` or ``Sec-Fetch-Site``. A name of another place that leads to this machine (DNS rebinding)
    shows in ``Host``.

    Args:
        app: The application.
        hosts: The names by which the server may be called, without port.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = {host.lower().strip("[]") for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await problem(403, refusal)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> str | None:
        """Return why the request is refused; None where it is not."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return "This server does not go by that name. Further names are allowed when it is started."
        origin = headers.get("origin")
        if origin is not None and origin != f"{scope['scheme']}://{host}":
            return "Another site may not use this server."
        site = headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") and not _opens_page(scope, headers):
            return "Another site may not use this server."
        return None


def _opens_page(scope: dict[str, Any] | Scope, headers: Headers) -> bool:
    """Return whether the request opens the page itself, as a link on another site may."""
    return (
        scope["method"] in ("GET", "HEAD")
        and scope["path"] == "/"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _name(host: str) -> str:
    """Return the name in a Host header, without its port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
