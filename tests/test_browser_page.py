"""The static page answers in the browser as the command does, a file or the microphone, and asks no other host."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnx
import pytest
import soundfile
from conftest import RATE, ROOT
from playwright.sync_api import expect, sync_playwright

from tonada.listening.decoding import decode
from tonada.listening.onnx_listener import OnnxListener

pytestmark = pytest.mark.slow

PAGE = ROOT / "space" / "browser"
AT_THE_MODELS_RATE = 1e-4  # decoders round samples otherwise
RESAMPLED = 1e-2  # browsers cut off below half the rate in their own way
PATIENCE = 120_000  # milliseconds


@pytest.fixture(scope="module")
def listener() -> OnnxListener:
    if not (PAGE / "model.onnx").exists() or not (PAGE / "node_modules").exists():
        pytest.skip("the page has no model or no runtime; run: make browser")
    return OnnxListener(PAGE / "model.onnx")


@pytest.fixture(scope="module")
def address(listener) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=PAGE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def page(address, examples):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed; run: make chromium")
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*quiet, *fake])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        page.wait_for_selector("#file:enabled")
        yield page
        browser.close()


def answer(page) -> dict:
    page.wait_for_selector("#answer:visible")
    return json.loads(page.locator("#answer").get_attribute("data-answer"))


def assert_near(said: dict, expected, tolerance: float) -> None:
    assert said["label"] == expected.label
    assert said["probabilities"] == pytest.approx(expected.probabilities, abs=tolerance)
    assert said["agreement"] == pytest.approx(expected.agreement)
    assert [part["label"] for part in said["segments"]] == [part.label for part in expected.segments]
    times = [each for part in expected.segments for each in (part.start, part.end)]
    assert [part[side] for part in said["segments"] for side in ("start", "end")] == pytest.approx(times, abs=0.05)


def test_each_lossless_example_is_answered_as_by_the_command(page, listener, examples, tmp_path):
    for example in examples:
        path = tmp_path / f"{example.stem}.wav"
        soundfile.write(path, decode(example, RATE), RATE, subtype="FLOAT")
        page.set_input_files("#file", path)
        expect(page.locator("#status")).to_have_text(path.name, timeout=PATIENCE)
        assert_near(answer(page), listener.listen(path), AT_THE_MODELS_RATE)


def test_what_the_browser_resamples_is_answered_nearly_so(page, listener, examples, tmp_path):
    path = tmp_path / "louder-rate.wav"
    soundfile.write(path, decode(examples[0], 44100), 44100, subtype="FLOAT")
    page.set_input_files("#file", path)
    expect(page.locator("#status")).to_have_text(path.name, timeout=PATIENCE)
    assert_near(answer(page), listener.listen(path), RESAMPLED)


def test_what_is_no_sound_gets_one_line_and_no_answer(page, tmp_path):
    (tmp_path / "text.mp3").write_text("not a song")
    page.set_input_files("#file", tmp_path / "text.mp3")
    expect(page.locator("#status")).to_have_text(re.compile(r"^text\.mp3 cannot be judged"), timeout=PATIENCE)
    assert page.locator("#answer").is_hidden()


def test_silence_has_no_mood(page, tmp_path):
    soundfile.write(tmp_path / "quiet.wav", np.full(RATE * 4, 0.1), RATE)  # a constant sounds like nothing
    page.set_input_files("#file", tmp_path / "quiet.wav")
    expect(page.locator("#status")).to_have_text("quiet.wav cannot be judged: is silent", timeout=PATIENCE)
    assert page.locator("#answer").is_hidden()


@pytest.fixture
def open_with(page, address):
    """Open the page anew with other facts in its model."""
    pages = []

    def opened(**facts: object):
        model = onnx.load(PAGE / "model.onnx")
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        onnx.helper.set_model_props(model, metadata | {name: json.dumps(value) for name, value in facts.items()})
        other = page.context.browser.new_page()
        pages.append(other)
        other.set_default_timeout(PATIENCE)
        other.route("**/model.onnx", lambda route: route.fulfill(body=model.SerializeToString()))
        other.goto(address)
        return other

    yield opened
    for each in pages:
        each.close()


def test_a_model_that_abstains_does_so_in_the_browser(open_with, examples):
    page = open_with(abstain_below=0.999)
    page.wait_for_selector("#file:enabled")
    page.set_input_files("#file", examples[0])
    assert answer(page)["label"] == "unknown"


def test_a_model_of_values_is_refused_in_one_line(open_with):
    expect(open_with(problem="regression").locator("#status")).to_have_text(
        "The model answers with values; this page shows labels.", timeout=PATIENCE
    )


def test_the_microphone_is_heard_for_ten_seconds(page):
    page.click("#microphone")
    heard = answer(page)
    assert 3 <= heard["duration"] < 12  # on a busy machine the fake device loses most of it
    assert sum(heard["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_no_other_host_is_asked(page, address):
    assert page.asked
    assert all(each.startswith((address, "blob:", "data:")) for each in page.asked)
