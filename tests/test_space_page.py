"""The page in a real browser and by its doors for programs, in a process where Tonada cannot be imported."""

import re
import shutil
from ast import literal_eval
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import ROOT, WITHOUT_TONADA
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from playwright.sync_api import Browser, Page, expect
from space_pictures import (
    PATIENCE,
    PHONE,
    as_wav,
    chromium,
    give_song,
    hear_live,
    hear_several,
    hear_song,
    serve,
    visit,
)

import colours
from tonada.listening.listener import Listener
from tonada.sharing.local_space import assemble_space

pytestmark = pytest.mark.slow
SONG = ROOT / "examples" / "silvan-sanctuary.flac"  # 25 s, relaxed all through
OTHER = ROOT / "examples" / "chaos-god.ogg"  # angry all through
USED = ":is(button, a, input, textarea, select, [role=tab], [role=slider]):not([aria-hidden=true] *)"
NAME = re.compile(r"^(?!\w+\.\w+$).*\S")  # and not a key that nobody translated


@pytest.fixture(scope="module", autouse=True)
def _patient():
    expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("here") / "space"
    assemble_space("emotion", folder)
    with serve(folder, WITHOUT_TONADA) as where:
        yield where


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if shutil.which("chromium") is None:
        pytest.skip("Debian's chromium is not installed: make chromium")
    with chromium(as_wav(OTHER, tmp_path_factory.mktemp("microphone"))) as started:
        yield started


def test_a_song_is_uploaded_answered_drawn_and_sought(address, browser: Browser):
    page = visit(browser, address)
    hear_song(page, SONG)
    ours = Listener.bundled("emotion").listen(SONG)
    moods = {each.label for each in ours.segments}
    expect(page.locator("#song h2")).to_have_text(re.compile(f"relaxed {ours.probability:.0%}"))
    expect(page.locator("#song .bars li")).to_have_count(4)
    expect(page.locator("#song path.wave")).to_have_count(len(moods))
    expect(page.locator("#song path.chance")).to_have_count(4)
    page.wait_for_function("document.querySelector('#song audio').readyState > 0")
    canvas = page.locator("#song .canvas")
    canvas.click(position={"x": 0.81 * canvas.bounding_box()["width"], "y": 30})
    assert page.evaluate("document.querySelector('#song audio').currentTime") == pytest.approx(20.2, abs=0.2)
    expect(page.locator("#song .now")).to_have_text("0:20")
    expect(page.locator("#song .here")).to_contain_text("relaxed")
    canvas.press("ArrowLeft")
    expect(canvas).to_have_attribute("aria-valuetext", re.compile("^0:15, relaxed"))
    page.locator("#song .stretch").first.click()
    page.wait_for_function(
        "document.querySelector('#song audio').currentTime > 0.5"
    )  # it plays, and the cursor follows
    assert float(page.locator("#song .cursor").evaluate("cursor => parseFloat(cursor.style.left)")) > 0
    page.locator("#song .moment").last.click()
    page.wait_for_function("document.querySelector('#song audio').currentTime > 20")
    page.context.close()


def test_another_song_begins_anew(address, browser: Browser):
    page = visit(browser, address)
    hear_song(page, SONG)
    page.get_by_role("button", name="Another song").click()
    expect(page.locator("#song .headline")).to_have_count(0)
    page.get_by_text("Chaos God").click()
    expect(page.locator("#song h2")).to_have_text(re.compile("angry"))
    page.context.close()


def tabs(page: Page, songs: list[Path]) -> Iterator[None]:
    """Goes through the page's tabs and hears something in each."""
    yield hear_song(page, songs[0])
    yield hear_several(page, songs)
    yield hear_live(page, 1)


@pytest.mark.parametrize("locale", ["en-US", "es-ES"])
def test_on_a_phone_nothing_lies_beside_the_screen(locale, address, browser: Browser, tmp_path):
    long, bad = tmp_path / f"{60 * 'a'} {20 * 'song'}.flac", tmp_path / "no.wav"
    shutil.copy(SONG, long)
    bad.write_bytes(b"this is no sound")
    page = visit(browser, address, viewport=PHONE, locale=locale)
    for _ in tabs(page, [long, bad]):
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.context.close()


@pytest.mark.parametrize("locale", ["en-US", "es-ES"])
def test_all_that_can_be_used_has_a_name_for_screen_readers(locale, address, browser: Browser):
    page = visit(browser, address, locale=locale)
    for _ in tabs(page, [SONG]):
        for each in page.locator(USED).locator("visible=true").all():
            expect(each).to_have_accessible_name(NAME)
    page.context.close()


def test_at_night_the_ground_is_dark(address, browser: Browser):
    page = visit(browser, address, color_scheme="dark")
    red, green, blue = bytes.fromhex(colours.GROUNDS[1].removeprefix("#"))
    expect(page.locator("body")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")
    page.context.close()


def test_a_bad_file_gets_a_message_and_the_next_song_an_answer(address, browser: Browser, tmp_path):
    page = visit(browser, address, locale="es-ES")
    (tmp_path / "song.mp3").write_bytes(b"this is no sound")
    page.locator("#song-input input[type=file]").set_input_files(tmp_path / "song.mp3")
    expect(page.get_by_role("alert").filter(has_text="No se puede leer sonido")).to_be_visible()
    hear_song(page, OTHER)
    expect(page.locator("#song h2")).to_have_text(re.compile("furiosa"))
    page.context.close()


def test_two_visitors_do_not_see_each_others_songs(address, browser: Browser):
    visitors = [(visit(browser, address), SONG, "relaxed"), (visit(browser, address), OTHER, "angry")]
    for page, song, _ in visitors:
        give_song(page, song)
    for page, song, mood in visitors:
        expect(page.locator("#song .name")).to_have_text(song.name)
        expect(page.locator("#song h2")).to_contain_text(mood)
        page.context.close()


def test_the_microphone_is_answered_while_it_records(address, browser: Browser):
    page = visit(browser, address)
    hear_live(page, 3)
    expect(page.locator("#live h2")).to_contain_text("angry")
    page.context.close()


def test_several_songs_become_a_table_and_a_file(address, browser: Browser, tmp_path):
    (tmp_path / "no.wav").write_bytes(b"this is no sound")
    page = visit(browser, address)
    hear_several(page, [SONG, OTHER, tmp_path / "no.wav"])
    for said in ("relaxed", "angry", "No sound in this file can be read"):
        expect(page.locator("#answers tbody").get_by_text(said)).to_be_visible()
    with page.expect_download() as download:
        page.locator("#download").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert [row.split(",")[:2] for row in rows[1:]] == [[SONG.name, "relaxed"], [OTHER.name, "angry"], ["no.wav", ""]]
    page.context.close()


@pytest.fixture(scope="module")
def client(address) -> Client:
    return Client(address, verbose=False)


def test_a_program_gets_the_commands_answer(client):
    answer = client.predict(handle_file(SONG), api_name="/classify")
    ours = Listener.bundled("emotion").listen(str(SONG)).to_dict(timeline=True)
    assert answer["label"] == ours["label"] == "relaxed"
    assert answer["set"] == ours["set"]
    assert answer["agreement"] == pytest.approx(ours["agreement"])
    for label, probability in ours["probabilities"].items():
        assert answer["probabilities"][label] == pytest.approx(probability, abs=1e-2)
    assert [each["label"] for each in answer["segments"]] == [each["label"] for each in ours["segments"]]
    assert set(answer) <= set(ours)


def test_a_program_gets_reasons_and_several_answers(client, tmp_path):
    why = client.predict(handle_file(SONG), api_name="/explain")
    assert why["descriptors"][0]["contribution"] > 0 > why["descriptors"][-1]["contribution"]
    assert 1 <= len(why["moments"]) <= 3
    (tmp_path / "no.wav").write_bytes(b"this is no sound")
    given = [handle_file(SONG), handle_file(tmp_path / "no.wav")]
    good, bad = client.predict(given, api_name="/classify_several")
    assert good["label"] == "relaxed"
    assert "No sound" in bad["message"]


def test_a_program_is_told_what_is_wrong_with_a_file(client, tmp_path):
    (tmp_path / "no.wav").write_bytes(b"this is no sound")
    with pytest.raises(AppError, match="No sound in this file can be read"):
        client.predict(handle_file(tmp_path / "no.wav"), api_name="/classify")


def test_the_doors_are_all_that_a_program_is_offered(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
        "/classify",
        "/explain",
        "/classify_several",
    }


def by_mcp(address: str, what: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What a session of an assistant with the page gives; the browser's own loop runs in the test's thread."""

    async def session() -> Any:
        async with (
            streamable_http_client(f"{address}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as assistant,
        ):
            await assistant.initialize()
            return await what(assistant)

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(anyio.run, session).result()


def test_an_assistant_finds_the_same_tools_by_mcp(address):
    found = {tool.name for tool in by_mcp(address, ClientSession.list_tools).tools}
    assert all(any(name.endswith(door) for name in found) for door in ("classify", "explain", "classify_several")), (
        found
    )


def test_an_assistant_gets_the_same_answer_by_mcp(address, client):
    song = f"data:audio/flac;base64,{b64encode(SONG.read_bytes()).decode()}"  # the page fetches no loopback address
    expected = client.predict(handle_file(SONG), api_name="/classify")

    async def classify(assistant: ClientSession) -> Any:
        [tool] = [each.name for each in (await assistant.list_tools()).tools if each.name.endswith("classify")]
        return await assistant.call_tool(tool, {"song": song})

    said = by_mcp(address, classify)
    assert not said.isError, said
    assert literal_eval(said.content[0].text)["probabilities"] == expected["probabilities"]
