"""The API for programs: what goes in and comes out, and what a client is told when it cannot be done."""

import io
import json

import numpy as np
import pytest
from server_for_tests import client_of, picture

from unnoise import DenoiseOptions, denoise_file
from unnoise.imaging import read_image

QUERY = {"model": "half"}


def denoised(content, **arguments):
    sink = io.BytesIO()
    report = denoise_file(content, sink, **arguments)
    return sink.getvalue(), report


def message(response):
    error = response.json()["error"]
    assert set(error) == {"code", "message"}
    assert error["message"].endswith((".", ")", "?"))
    return error["message"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_the_answer_is_the_file_that_denoise_file_writes(client, models, suffix):
    content = picture(suffix=suffix)
    response = client.post("/api/denoise", params=QUERY | {"strength": 0.5}, content=content)
    expected, report = denoised(content, model=models / "half.onnx", options=DenoiseOptions(strength=0.5))
    assert response.status_code == 200
    assert response.content == expected
    assert response.headers["content-type"].startswith("image/")
    told = json.loads(response.headers["Unnoise-Report"])
    assert (told["width"], told["height"], told["bits"]) == (report.width, report.height, report.bits)
    assert "target" not in told


def test_a_form_gives_the_same_as_the_body(client):
    content = picture(dtype=np.uint16)
    raw = client.post("/api/denoise", params=QUERY, content=content)
    form = client.post("/api/denoise", params=QUERY, files={"file": ("../../etc/passwd", content)}, data={"a": "b"})
    assert raw.status_code == form.status_code == 200
    assert raw.content == form.content
    assert read_image(raw.content).pixels.dtype == np.uint16


def test_another_format(client):
    response = client.post("/api/denoise", params=QUERY | {"format": "tif"}, content=picture())
    assert response.headers["content-type"] == "image/tiff"
    assert response.content[:4] == b"II*\0"


def test_the_noise_is_estimated_as_python_does(client):
    import unnoise

    pixels = np.random.default_rng(0).normal(128, 20, (128, 128, 3)).clip(0, 255).astype(np.uint8)
    sink = io.BytesIO()
    unnoise.write_image(sink, pixels, format=".png")
    told = client.post("/api/estimate", content=sink.getvalue()).json()
    assert told["noise"] == pytest.approx(unnoise.estimate_noise(pixels), rel=1e-5)
    assert (told["clean"], told["gray"], told["width"], told["height"]) == (False, False, 128, 128)


def test_models_health_and_counts(client):
    names = [model["name"] for model in client.get("/api/models").json()]
    assert names[0] == "photo"
    assert {"half", "same"} < set(names)
    assert client.get("/api/health").json()["status"] == "ok"
    client.post("/api/denoise", params=QUERY, content=picture())
    client.post("/api/denoise", params=QUERY, content=b"no image")
    text = client.get("/metrics").text
    assert 'unnoise_responses_total{status="422"} 1' in text
    assert "unnoise_images_total 1\n" in text
    assert "unnoise_pixels_total 1200\n" in text
    assert "unnoise_upload_bytes 0\n" in text


def test_openapi_names_every_way_of_the_api(client):
    told = client.get("/openapi.json").json()
    assert set(told["paths"]) == {"/api/denoise", "/api/estimate", "/api/models", "/api/health", "/metrics"}
    post = told["paths"]["/api/denoise"]["post"]
    assert {"application/octet-stream", "multipart/form-data"} == set(post["requestBody"]["content"])
    assert {"413", "429", "503"} < set(post["responses"])


@pytest.mark.parametrize(
    ("params", "status", "expected"),
    [
        ({"strength": "2"}, 422, "strength must be a number from 0 to 1, received 2.0"),
        ({"strength": "nan"}, 422, "strength must be"),
        ({"strength": "much"}, 400, "strength: "),
        ({"self_ensemble": "3"}, 400, "self_ensemble must be 1, 2, 4 or 8"),
        ({"model": "foto"}, 400, "Did you mean 'photo'?"),
        ({"model": "../../../etc/passwd"}, 400, "Unknown model"),
        ({"model": "/etc/passwd.onnx"}, 400, "Unknown model"),
        ({"format": "xyz"}, 400, "unknown suffix"),
        ({"format": "../../x.png"}, 200, ""),
        ({"quality": "0"}, 400, "quality must be"),
        ({"white": "-1"}, 422, "white must be"),
    ],
)
def test_wrong_options_are_told_in_the_librarys_words(client, params, status, expected):
    response = client.post("/api/denoise", params=QUERY | params, content=picture())
    assert response.status_code == status
    if status != 200:
        assert expected in message(response)


@pytest.mark.parametrize(
    ("content", "status", "expected"),
    [
        (b"", 400, "no image"),
        (b"hello", 422, "it is not an image"),
        (picture()[:200], 422, "damaged"),
        (b"/etc/passwd", 422, "not an image"),
        (b"http://127.0.0.1/x.png", 422, "not an image"),
    ],
    ids=["empty", "text", "cut off", "path", "address"],
)
def test_what_is_no_image_is_refused(client, content, status, expected):
    for way in ("/api/denoise", "/api/estimate"):
        response = client.post(way, content=content)
        assert response.status_code == status
        assert expected in message(response)


def test_a_form_without_a_file_or_with_damage_is_refused(client):
    assert "no image" in message(client.post("/api/denoise", files={"file": (None, "x")}))
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        response = client.post("/api/denoise", content=b"--y\r\nrubbish", headers={"content-type": kind})
        assert response.status_code == 400
        assert "form cannot be read" in message(response)


def test_unknown_ways_and_methods_are_told_in_json(client):
    assert (client.get("/nothing").status_code, client.get("/api/denoise").status_code) == (404, 405)
    assert "Not Found" in message(client.get("/nothing"))


def test_too_many_bytes_are_refused_declared_or_not(models):
    content = picture(200, 200)
    with client_of(models, max_bytes=10_000) as client:
        parts = (content[start : start + 1000] for start in range(0, len(content), 1000))
        for response in (
            client.post("/api/denoise", content=content),
            client.post("/api/denoise", content=parts),
            client.post("/api/denoise", files={"file": content}),
        ):
            assert response.status_code == 413
            assert "limit" in message(response)
        assert "unnoise_upload_bytes 0\n" in client.get("/metrics").text


def test_too_many_pixels_are_refused(models):
    with client_of(models, max_pixels=1000) as client:
        for way in ("/api/denoise", "/api/estimate"):
            response = client.post(way, content=picture())
            assert response.status_code == 413
            assert "Make the image smaller" in message(response)


def test_a_full_queue_and_too_many_bytes_at_once_are_told_with_the_time_to_wait(models):
    for limits in ({"max_waiting": 0}, {"bytes_in_flight": 100}):
        with client_of(models, **limits) as client:
            response = client.post("/api/denoise", content=picture())
            assert response.status_code == 429
            assert int(response.headers["Retry-After"]) > 0
            assert "Try again" in message(response)


def test_an_image_that_takes_too_long_is_given_up(models):
    with client_of(models, max_seconds=0.0) as client:
        response = client.post("/api/denoise", content=picture())
        assert response.status_code == 503
        assert "took longer than the limit" in message(response)
        assert "unnoise_waiting_images 0\n" in client.get("/metrics").text
