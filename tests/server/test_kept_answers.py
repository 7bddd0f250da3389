"""What the page asks for: answers that are kept, pictures of them, downloads without a second run."""

import io
import time
import zipfile

import numpy as np
import pytest
from server_for_tests import client_of, picture

from unnoise import DenoiseOptions, denoise_file, load
from unnoise.imaging import read_image
from unnoise.inference.kept import KeepingDenoiser


def kept(client, content, **params):
    """Send an image, wait, and return its id and what is said of it."""
    response = client.post("/api/answers", params={"model": "half"} | params, content=content)
    assert response.status_code == 202, response.text
    id_ = response.json()["id"]
    for _ in range(500):
        told = client.get(f"/api/answers/{id_}").json()
        if told["state"] in ("done", "failed"):
            return id_, told
        time.sleep(0.02)
    raise AssertionError(told)


def square(client, id_, level=0, column=0, row=0, *, height, width):
    content = client.get(f"/api/answers/{id_}/squares/{level}/{column}/{row}").content
    assert len(content) == height * width * 10
    colours = np.frombuffer(content[: height * width * 4], np.uint8).reshape(height, width, 4)
    return colours, np.frombuffer(content[height * width * 4 :], "<i2").reshape(height, width, 3) / (64 * 255)


@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint8), (".png", np.uint16), (".jpg", np.uint8)])
def test_a_download_is_what_denoise_file_writes_without_a_second_run(client, models, monkeypatch, suffix, dtype):
    content = picture(dtype=dtype, suffix=suffix)
    id_, told = kept(client, content)
    assert told["changed"]
    from unnoise.inference.network import Network

    network = load(models / "half.onnx")
    expected = {}
    for strength, chroma in ((1.0, None), (0.5, None), (0.3, 0.9), (0.0, 0.0)):
        expected[strength, chroma] = io.BytesIO()
        options = DenoiseOptions(strength=strength, chroma=chroma)
        denoise_file(content, expected[strength, chroma], model=network, options=options)
    # Whoever runs a network from here on fails.
    monkeypatch.setattr(Network, "rows", None)
    for (strength, chroma), sink in expected.items():
        params = {"strength": strength} | ({} if chroma is None else {"chroma": chroma})
        assert client.get(f"/api/answers/{id_}/file", params=params).content == sink.getvalue()


def test_the_packaged_model_gives_equal_bytes_for_gray_in_rgb_too(client):
    rng = np.random.default_rng(0)
    gray = rng.normal(128, 20, (300, 200, 1)).clip(0, 255).astype(np.uint8)
    for pixels in (np.repeat(gray, 3, axis=2), rng.normal(128, 20, (300, 200, 3)).clip(0, 255).astype(np.uint8)):
        from unnoise import write_image

        sink, expected = io.BytesIO(), io.BytesIO()
        write_image(sink, pixels, format=".png")
        id_, _ = kept(client, sink.getvalue(), model="photo-fast")
        denoise_file(sink.getvalue(), expected, model="photo-fast", options=DenoiseOptions(strength=0.6))
        assert client.get(f"/api/answers/{id_}/file", params={"strength": 0.6}).content == expected.getvalue()


def test_squares_hold_the_image_and_the_networks_change(client):
    content = picture(1100, 30)
    id_, told = kept(client, content)
    assert told["view"] == {"width": 1100, "height": 30, "levels": 2, "side": 1024}
    pixels = read_image(content).pixels
    colours, change = square(client, id_, column=1, height=30, width=76)
    np.testing.assert_array_equal(colours[..., :3], pixels[:, 1024:])
    np.testing.assert_allclose(change, pixels[:, 1024:] / -510, atol=1 / 16000)
    small, change = square(client, id_, level=1, height=15, width=550)
    means = pixels.reshape(15, 2, 550, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small[..., :3], means, atol=0.51)
    np.testing.assert_allclose(small[..., :3] / 255 + change, means / 510, atol=1 / 8000)
    for wrong in ("0/2/0", "0/0/1", "2/0/0", "0/-1/0", "-1/0/0"):
        assert client.get(f"/api/answers/{id_}/squares/{wrong}").status_code == 404


def test_pictures_are_upright(client):
    from unnoise.imaging import open_image
    from unnoise.imaging.encoding import write_strips

    file = open_image(picture(40, 30, suffix=".jpg"))
    turned = io.BytesIO()
    import dataclasses

    header = dataclasses.replace(file, metadata=dataclasses.replace(file.metadata, orientation=6))
    write_strips(turned, header, file.strips())
    id_, told = kept(client, turned.getvalue())
    assert (told["view"]["width"], told["view"]["height"]) == (30, 40)
    colours, _ = square(client, id_, height=40, width=30)
    np.testing.assert_array_equal(colours[..., :3], read_image(turned.getvalue()).pixels)


def test_a_clean_image_is_left_and_said_to_be_and_denoised_on_demand(client):
    from unnoise import write_image

    sink = io.BytesIO()
    write_image(sink, np.tile(np.linspace(40, 200, 128, dtype=np.uint8)[:, None, None], (1, 128, 3)), format=".png")
    id_, told = kept(client, sink.getvalue(), model="photo-fast")
    assert not told["changed"]
    assert "left as it is" in told["words"][0].replace("left as it was", "left as it is")
    assert client.get(f"/api/answers/{id_}/file").content == sink.getvalue()
    assert not square(client, id_, height=128, width=128)[1].any()
    again, told = kept(client, b"", model="photo-fast", of=id_, skip_clean=False)
    assert told["changed"]
    assert again != id_


def test_a_zip_holds_every_file_under_a_name_of_its_own(client):
    ids = [kept(client, picture(seed=seed))[0] for seed in (1, 2)]
    body = [{"id": id_, "name": "../a.png", "strength": 0.5} for id_ in ids]
    archive = zipfile.ZipFile(io.BytesIO(client.post("/api/zip", json=body).content))
    assert archive.namelist() == ["a.denoised.png", "a.denoised (2).png"]
    for id_, name in zip(ids, archive.namelist(), strict=True):
        assert archive.read(name) == client.get(f"/api/answers/{id_}/file", params={"strength": 0.5}).content


def test_a_broken_file_fails_with_the_librarys_words(client):
    id_, told = kept(client, b"no image")
    assert told["state"] == "failed"
    assert "it is not an image" in told["message"]
    assert client.get(f"/api/answers/{id_}/file").status_code == 422


def test_answers_are_forgotten_by_bytes_time_and_wish(models):
    # One of these images takes 27 kB: the file, the answer, the picture and the denoised file.
    with client_of(models, kept_bytes=40_000, kept_seconds=0.6) as client:
        first = kept(client, picture(seed=1))[0]
        second = kept(client, picture(seed=2))[0]
        assert client.get(f"/api/answers/{first}").status_code == 404
        assert client.get(f"/api/answers/{second}").status_code == 200
        third = kept(client, picture(10, 10))[0]
        assert client.delete(f"/api/answers/{third}").status_code == 204
        assert client.get(f"/api/answers/{third}/file").status_code == 404
        time.sleep(1.5)
        assert client.get(f"/api/answers/{second}").status_code == 404
        assert "unnoise_kept_bytes 0\n" in client.get("/metrics").text
        _, told = kept(client, picture(100, 100))
        assert "too large for the page" in told["message"]


def test_a_keeping_denoiser_replays_several_images_in_their_order(models):
    keeping = KeepingDenoiser(load(models / "half.onnx"))
    contents = [picture(seed=seed) for seed in (1, 2)]
    first, second = ([io.BytesIO() for _ in contents] for _ in range(2))
    for content, sink in zip(contents, first, strict=True):
        denoise_file(content, sink, model=keeping)
    replay = keeping.replay()
    for content, sink in zip(contents, second, strict=True):
        denoise_file(content, sink, model=replay)
    assert [sink.getvalue() for sink in first] == [sink.getvalue() for sink in second]
