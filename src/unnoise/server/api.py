"""The API for programs: an image in, an image out."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse, Response

from unnoise._version import __version__
from unnoise.files import FileReport, denoise_file
from unnoise.frames import open_frames
from unnoise.imaging import open_image, read_image
from unnoise.imaging.formats import format_of
from unnoise.inference import DenoiseOptions
from unnoise.inference.array_batch import array_batch
from unnoise.inference.network import Progress
from unnoise.server.state import State, state_of
from unnoise.server.uploads import read_upload

router = APIRouter()

MEDIA = {
    "JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff", "WebP": "image/webp", "AVIF": "image/avif",
    "GIF": "image/gif", "BMP": "image/bmp", "PPM": "image/x-portable-anymap",
}  # fmt: skip
"""Media types by the names of formats."""

REPORT = "Unnoise-Report"
"""The header with what was done, as JSON in ASCII."""

_BODY = {
    "requestBody": {
        "required": True,
        "description": "The image's file: as the body itself, or as the one file of a form.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            },
        },
    }
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/json": {"example": {"error": {"code": code, "message": ""}}}},
    }
    for status, code, text in (
        (400, "bad-request", "An option or a form that cannot be used."),
        (403, "forbidden", "Another site's request, or a name by which the server may not be called."),
        (408, "too-slow", "The upload took too long."),
        (413, "too-large", "Too many bytes or pixels."),
        (422, "cannot-denoise", "No image, a damaged one, or one that cannot be denoised."),
        (429, "too-many", "Too many images wait; `Retry-After` says when to try again."),
        (503, "unavailable", "The image took too long, or the server is stopping."),
    )
}

ModelName = Annotated[str, Query(description="A name that /api/models lists.")]


def denoise_options(
    sigma: Annotated[
        float | None, Query(description="Take the noise for this strong, 0 to 1: 25/255 is 0.098.")
    ] = None,
    strength: Annotated[float, Query(description="0: unchanged, 1: all of it.")] = 1.0,
    chroma: Annotated[float | None, Query(description="Strength for colour noise apart, 0 to 1.")] = None,
    self_ensemble: Annotated[int, Query(description="1, 2, 4 or 8: better, in as many times the time.")] = 1,
    skip_clean: Annotated[bool, Query(description="Whether images that seem clean are given back as they are.")] = True,
) -> DenoiseOptions:
    """Return the options of a query; the library checks them."""
    return DenoiseOptions(
        sigma=sigma, strength=strength, chroma=chroma, self_ensemble=self_ensemble, skip_clean=skip_clean
    )


Options = Annotated[DenoiseOptions, Depends(denoise_options)]


@router.post("/api/denoise", openapi_extra=_BODY, responses=_PROBLEMS, response_class=Response, tags=["images"])
async def denoise(
    request: Request,
    options: Options,
    model: ModelName = "photo",
    format: Annotated[str | None, Query(description="Another format: png, jpg, tif, webp, avif, ...")] = None,
    quality: Annotated[int | None, Query(description="Of JPEG, WebP and AVIF, 1 to 100.")] = None,
    white: Annotated[float | None, Query(description="The sample that stands for white in 16-bit files.")] = None,
    strip_metadata: Annotated[bool, Query(description="Leave out EXIF, XMP, IPTC and comments.")] = False,
) -> Response:
    """Denoise an image. The answer is the file that `unnoise denoise` writes; `Unnoise-Report` says what was done."""
    state = state_of(request)
    with state.queue.place() as place:
        content = await read_upload(request, state.limits, place)

        def work(progress: Progress) -> tuple[FileReport, bytes]:
            sink = io.BytesIO()
            report = denoise_file(
                content, sink, model=state.models.get(model), options=options, format=format,
                strip_metadata=strip_metadata, max_pixels=state.limits.max_pixels, quality=quality, white=white,
                progress=progress,
            )  # fmt: skip
            return report, sink.getvalue()

        report, answer = await state.queue.run(place, work, request.is_disconnected)
    state.counters.add(report.width * report.height, report.seconds)
    written = open_frames(content).format if format is None else format_of(f"x.{format.removeprefix('.')}")
    headers = {REPORT: json.dumps(described(report))}
    return Response(answer, media_type=MEDIA[written.name], headers=headers)


def described(report: FileReport) -> dict[str, Any]:
    """Return what was done, for JSON; the names of files mean nothing here."""
    fields = dataclasses.asdict(report)
    return {name: value for name, value in fields.items() if name not in ("source", "target")}


@router.post("/api/estimate", openapi_extra=_BODY, responses=_PROBLEMS, tags=["images"])
async def estimate(request: Request, model: ModelName = "photo") -> dict[str, Any]:
    """Estimate the noise of an image: its standard deviation, in units of the range from black to white."""
    state = state_of(request)
    with state.queue.place() as place:
        content = await read_upload(request, state.limits, place)
        return await state.queue.run(place, lambda progress: _estimate(state, content, model), request.is_disconnected)


def _estimate(state: State, content: bytes, model: str) -> dict[str, Any]:
    denoiser = state.models.get(model)
    image = read_image(open_image(content, max_pixels=state.limits.max_pixels))
    batch = array_batch(image.pixels, of_model=denoiser.metadata.range)
    hidden = None if image.alpha is None else image.alpha == 0
    found = denoiser.analyze_noise(batch.marked(hidden), *batch.pixels.shape[1:3])
    threshold = denoiser.metadata.clean_threshold
    height, width = image.pixels.shape[:2]
    level = float(np.float64(found.level or 0.0))
    return {
        "noise": level,
        "clean": threshold is not None and level < threshold,
        "gray": image.pixels.ndim == 2 or found.gray,
        "width": width,
        "height": height,
        "model": model,
    }


@router.get("/api/models", tags=["server"])
async def models(request: Request) -> list[dict[str, Any]]:
    """List the models, the default first."""
    return state_of(request).models.describe()


@router.get("/api/health", tags=["server"])
async def health(request: Request) -> dict[str, Any]:
    """Say that the server is there, and how busy it is."""
    state = state_of(request)
    return {"status": "ok", "version": __version__, "waiting": len(state.queue.places)}


@router.get("/metrics", response_class=PlainTextResponse, tags=["server"])
async def metrics(request: Request) -> PlainTextResponse:
    """Counts since the start, as Prometheus reads them."""
    state = state_of(request)
    return PlainTextResponse(state.counters.text(state.queue, state.answers.size), media_type="text/plain")
