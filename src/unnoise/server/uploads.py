"""The image in a request, raw or in a form; its bytes are counted as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from unnoise.server.limits import Limits
from unnoise.server.problems import Refused
from unnoise.server.work_queue import Place

# What a form takes beside its file.
_FORM = 1 << 16


async def read_upload(request: Request, limits: Limits, place: Place) -> bytes:
    """Return the image's file: the body, or the one file in a form ``multipart/form-data``.

    No name that the client gives is looked at.

    Raises:
        Refused: 413 too many bytes, 408 too slow, 400 no file, or a form that cannot be read.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    form = kind == "multipart/form-data"
    most = limits.max_bytes + (_FORM if form else 0)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(limits)
    stream = _counted(request, limits, place, most)
    content = await _file_of_form(request, stream) if form else b"".join([part async for part in stream])
    if len(content) > limits.max_bytes:
        raise _too_large(limits)
    if not content:
        raise Refused(400, "The request has no image. Send the file as the body, or as the file of a form.")
    return content


def _too_large(limits: Limits) -> Refused:
    return Refused(413, f"The file is larger than the limit of {limits.max_bytes / 2**20:,.0f} MB. Make it smaller.")


async def _counted(request: Request, limits: Limits, place: Place, most: int) -> AsyncGenerator[bytes, None]:
    """Give the body as it comes; raise Refused as soon as it is too large or too slow."""
    deadline, total = time.monotonic() + limits.upload_seconds, 0
    stream = request.stream()
    while True:
        left = min(deadline - time.monotonic(), limits.silence_seconds)
        try:
            part = await asyncio.wait_for(anext(stream), max(left, 0.0))
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused(408, "The upload is too slow. Try again.") from None
        except ClientDisconnect:
            raise Refused(400, "The upload was broken off.") from None
        total += len(part)
        place.add(len(part))
        if total > most:
            raise _too_large(limits)
        yield part


async def _file_of_form(request: Request, stream: AsyncGenerator[bytes, None]) -> bytes:
    try:
        form = await MultiPartParser(request.headers, stream, max_files=1, max_fields=16).parse()
    except (MultiPartException, UnicodeError, KeyError, ValueError) as error:
        reason = getattr(error, "message", "it is damaged")
        raise Refused(400, f"The form cannot be read: {reason}".rstrip(".") + ".") from None
    try:
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        return await files[0].read() if files else b""
    finally:
        await form.close()
