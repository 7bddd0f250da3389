"""The page in a real Chromium."""

import base64
import io
import shutil
import time
import zipfile

import numpy as np
import pytest
from server_for_tests import picture, served

from unnoise import DenoiseOptions, denoise_file
from unnoise.imaging import read_image

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
sync_api = pytest.importorskip("playwright.sync_api", reason="the page is tested with playwright, which is missing")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the page is tested in Chromium, which is not installed")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        # Tests may run as root in a container, where the sandbox cannot be set up.
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def url(models):
    with served(models) as found:
        yield found


@pytest.fixture
def page(browser, url):
    """A page that was just loaded; at the end nothing may have gone wrong in it, nor was another host asked."""
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    context.set_default_timeout(15_000)
    found, wrong, asked = context.new_page(), [], []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    found.on("request", lambda request: asked.append(request.url))
    found.goto(url)
    use_half(found)
    yield found
    context.close()
    # These are of the tests' own making.
    assert [text for text in wrong if "404" not in text and "getImageData" not in text] == []
    assert [address for address in asked if not address.startswith((f"{url}/", f"blob:{url}"))] == []


def use_half(page):
    """Choose the model that makes everything half as bright, as soon as the models are listed."""
    until(page, "document.querySelector('#model [value=half]') !== null")
    page.evaluate(
        "() => { const model = document.getElementById('model'); model.value = 'half'; "
        "model.dispatchEvent(new Event('change')); }"
    )


def until(page, condition, seconds=30):
    """Wait for what a script gives to be true; Playwright's own waiting needs `eval`, which the page forbids."""
    deadline = time.monotonic() + seconds
    while not (given := page.evaluate(condition)):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)
    return given


def drop(page, *files):
    """Drop files ``(name, content)`` on the page and wait until all are denoised or have failed."""
    page.evaluate(
        """(files) => {
            const dropped = new DataTransfer();
            for (const [name, content] of files)
                dropped.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name));
            const how = {dataTransfer: dropped, bubbles: true, cancelable: true};
            document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        [[name, base64.b64encode(content).decode()] for name, content in files],
    )
    until(page, "unnoise.images.length > 0 && unnoise.images.every((image) => image.answers.size || image.problem)")


def setting(page, name, value):
    page.evaluate(
        "([name, value]) => { const input = document.getElementById(name); input.value = value; "
        "input.dispatchEvent(new Event('input')); }",
        [name, value],
    )


def shown(page, height, width):
    """Return the pixels in the middle of the canvas, drawn anew."""
    listed = page.evaluate(
        """([height, width]) => {
            const {canvas} = unnoise.viewer;
            unnoise.viewer.draw();
            const left = Math.round((canvas.width - width) / 2), top = Math.round((canvas.height - height) / 2);
            return Array.from(canvas.getContext("2d").getImageData(left, top, width, height).data);
        }""",
        [height, width],
    )
    return np.array(listed, np.uint8).reshape(height, width, 4)


def file_of(content, models, **options):
    sink = io.BytesIO()
    denoise_file(content, sink, model=models / "half.onnx", options=DenoiseOptions(**options))
    return sink.getvalue()


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_strength_is_blended_on_the_screen_without_a_request(page, models):
    content = picture(200, 100)
    drop(page, ("a.png", content))
    page.click("[data-zoom=one]")
    page.evaluate("unnoise.viewer.divide(0)")
    until(page, "unnoise.viewer.squares.peek([...unnoise.images[0].answers.values()][0], 0, 0, 0)?.width")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for strength, chroma in ((100, None), (60, None), (30, 90), (0, 0), (20, 0)):
        page.evaluate("(on) => (document.getElementById('linked').checked = on)", chroma is None)
        setting(page, "strength", strength)
        if chroma is not None:
            setting(page, "chroma", chroma)
        options = {"strength": strength / 100, "chroma": None if chroma is None else chroma / 100}
        expected = read_image(file_of(content, models, **options)).pixels.astype(int)
        assert np.abs(shown(page, 100, 200)[..., :3] - expected).max() <= 1
    page.evaluate("unnoise.viewer.divide(0.5)")
    both = shown(page, 100, 200)[..., :3]
    np.testing.assert_array_equal(both[:, :90], read_image(content).pixels[:, :90])
    assert asked == []


def test_the_slider_moves_by_mouse_and_keys_and_the_image_zooms_and_pans(page):
    drop(page, ("a.png", picture(1200, 900)))
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 200)
    page.mouse.up()
    assert page.evaluate("unnoise.viewer.split") == pytest.approx(0.25, abs=0.01)
    page.focus("#divider")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate("unnoise.viewer.split") == pytest.approx(0.37, abs=0.01)
    until(page, "document.getElementById('divider').getAttribute('aria-valuenow') === '37'")
    fitted = page.evaluate("unnoise.viewer.scale")
    page.mouse.wheel(0, -400)
    until(page, f"unnoise.viewer.scale > {fitted} * 1.3")
    page.keyboard.press("1")
    assert page.evaluate("unnoise.viewer.scale") == 1
    middle = page.evaluate("unnoise.viewer.x")
    page.mouse.move(box["x"] + 100, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 300)
    page.mouse.up()
    assert page.evaluate("unnoise.viewer.x") == pytest.approx(middle - 60, abs=2)
    page.keyboard.down(" ")
    assert page.evaluate("unnoise.viewer.original")
    page.keyboard.up(" ")
    page.keyboard.press("0")
    assert page.evaluate("[unnoise.viewer.original, unnoise.viewer.fitted]") == [False, True]


@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint16), (".jpg", np.uint8), (".tif", np.uint16)])
def test_a_download_is_what_denoise_file_writes(page, models, suffix, dtype):
    content = picture(60, 50, dtype, suffix=suffix)
    drop(page, (f"my photo{suffix}", content))
    assert saved(page, "#download") == (f"my photo.denoised{suffix}", file_of(content, models))
    setting(page, "strength", 40)
    assert saved(page, "#download")[1] == file_of(content, models, strength=0.4)


def test_a_broken_file_is_told_with_its_name_and_the_others_go_on(page):
    drop(page, ("broken.png", picture()[:300]), ("text.jpg", b"hello"), ("fine.png", picture()))
    assert "Cannot read broken.png: it is damaged" in page.inner_text("#notice")
    page.keyboard.press("]")
    assert "Cannot read text.jpg: it is not an image" in page.inner_text("#notice")
    page.click("#remove")
    page.click("#strip li:last-child button")
    assert page.is_hidden("#notice")
    assert "noise" in page.inner_text("#words")
    assert page.locator("#strip li").count() == 2
    page.keyboard.press("[")
    assert "Cannot read broken.png" in page.inner_text("#notice")


def test_thirty_files_at_once_come_as_one_zip(page, models):
    contents = [picture(seed=seed) for seed in range(30)]
    drop(page, *((f"{seed % 20}.png", content) for seed, content in enumerate(contents)))
    setting(page, "strength", 50)
    name, content = saved(page, "#all")
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert name == "unnoise.zip"
    assert len(set(archive.namelist())) == 30
    for number in (0, 19, 29):
        assert archive.read(archive.namelist()[number]) == file_of(contents[number], models, strength=0.5)


def test_two_models_stand_side_by_side(page):
    content = picture(200, 100)
    drop(page, ("a.png", content))
    page.select_option("#other", "same")
    until(page, "unnoise.viewer.before?.model === 'same'")
    page.click("[data-zoom=one]")
    until(page, "unnoise.viewer.squares.peek(unnoise.viewer.before, 0, 0, 0)?.width")
    pixels, both = read_image(content).pixels.astype(int), shown(page, 100, 200)[..., :3].astype(int)
    assert np.abs(both[:, :90] - pixels[:, :90]).max() <= 1
    assert np.abs(both[:, 110:] - pixels[:, 110:] / 2).max() <= 1
    assert page.inner_text("#left") == "same"
    assert page.inner_text("#right") == "half"


def test_an_answer_that_the_server_has_forgotten_is_made_again(page, models):
    content = picture()
    drop(page, ("a.png", content))
    page.evaluate("fetch(`/api/answers/${unnoise.viewer.after.id}`, {method: 'DELETE'}).then(() => true)")
    assert saved(page, "#download")[1] == file_of(content, models)


def test_everything_that_can_be_used_has_a_name(page):
    drop(page, ("a.png", picture()), ("b.png", picture()))
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, input, select, [role=slider], progress")].filter((element) =>
            !(element.getAttribute("aria-label") || element.textContent.trim() || element.labels?.length)).length"""
    )
    assert nameless == 0
    assert page.evaluate("document.documentElement.lang") == "en"


def test_nothing_is_wider_than_a_phone(browser, url):
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    phone = context.new_page()
    phone.goto(url)
    use_half(phone)
    drop(phone, ("a.png", picture(300, 200)), ("b.png", picture(300, 200)))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.evaluate("document.getElementById('stage').clientHeight") > 300
    context.close()
