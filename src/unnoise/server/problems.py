"""What a client is told when something cannot be done: a status and JSON in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from unnoise.errors import MissingExtraError, UnnoiseError, UsageError

REMEDIES = {
    "max_pixels": "Make the image smaller.",
    "max_memory": "Make the image smaller.",
    "white": "Say with `white` which sample stands for white.",
}
"""What the client can do, by the parameter that an error of the library names as its remedy."""

_CODES = {
    400: "bad-request", 403: "forbidden", 404: "not-found", 405: "method-not-allowed", 408: "too-slow",
    409: "not-ready", 413: "too-large", 422: "cannot-denoise", 429: "too-many", 500: "internal", 503: "unavailable",
}  # fmt: skip


class Refused(Exception):  # noqa: N818 - the request's fault, or the moment's
    """A request that is not answered as was wished.

    Args:
        status: The HTTP status.
        message: What went wrong, and what helps.
        retry_after: Seconds after which another try may help; None: it will not.
    """

    def __init__(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry_after = status, message, retry_after

    def response(self) -> JSONResponse:
        """Return what is sent."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return problem(self.status, self.message, headers)


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a response ``{"error": {"code": ..., "message": ...}}``."""
    body = {"error": {"code": _CODES.get(status, "error"), "message": message}}
    return JSONResponse(body, status, dict(headers or {}))


def _of_library(error: UnnoiseError) -> Refused:
    """Return what an error of the library means over HTTP: its own words, and what helps."""
    if isinstance(error, MissingExtraError):
        status = 503
    elif error.remedy in ("max_pixels", "max_memory"):
        status = 413
    else:
        status = 400 if isinstance(error, UsageError) else 422
    remedy = REMEDIES.get(error.remedy or "", "")
    return Refused(status, f"{error} {remedy}".strip())


def refusal_of(error: Exception) -> Refused | None:
    """Return what a client is told of an error; None for one that nobody expected."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, UnnoiseError):
        return _of_library(error)
    if isinstance(error, MemoryError):
        return Refused(503, "There is not enough memory for this image now.", retry_after=30)
    if isinstance(error, OSError):
        return Refused(503, f"The server cannot work now: {error.strerror or type(error).__name__}.", retry_after=30)
    return None
