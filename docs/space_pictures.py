"""Photographs the page of the Space for space.md in a real Chromium: each tab, in both modes and on a phone."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
SONGS = [ROOT / "examples" / name for name in ("silvan-sanctuary.flac", "chaos-god.ogg", "forest-dance.ogg")]
PATIENCE = 60_000  # milliseconds that a busy machine may take
DESK, PHONE = {"width": 1000, "height": 800}, {"width": 390, "height": 800}


@contextmanager
def serve(folder: Path, before: str = "") -> Iterator[str]:
    """The page of a folder that `assemble_space` wrote, in a process of its own and offline: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(folder / "modules"), "GRADIO_SERVER_PORT": str(port)}
    environment = {**os.environ, **settings, "GRADIO_TEMP_DIR": str(folder / "visitors")}
    code = f"{before}\nimport runpy, sys\nsys.path.insert(0, '.')\nrunpy.run_path('app.py', run_name='__main__')"
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield _answering(f"http://127.0.0.1:{port}/", server, folder / "log")
    finally:
        server.terminate()
        server.wait()


@contextmanager
def chromium(microphone: Path) -> Iterator[Browser]:
    """Debian's Chromium, whose microphone hears a wav file over and over."""
    fake = (
        "use-fake-device-for-media-stream",
        "use-fake-ui-for-media-stream",
        f"use-file-for-fake-audio-capture={microphone}",
    )
    quiet = ("no-sandbox", "disable-gpu", "disable-background-networking")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[f"--{flag}" for flag in (*quiet, *fake)]
        )
        yield browser
        browser.close()


def visit(browser: Browser, address: str, **settings: object) -> Page:
    """The page as one visitor sees it who was never there before."""
    context = browser.new_context(permissions=["microphone"], **{"locale": "en-US", **settings})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    page.locator("#song-input input[type=file]").wait_for(state="attached")
    return page


def give_song(page: Page, song: Path) -> None:
    """Upload a song, and do not wait."""
    page.locator("#song-input input[type=file]").set_input_files(song)


def hear_song(page: Page, song: Path) -> None:
    """Give a song, and wait for its card."""
    give_song(page, song)
    page.locator("#song .headline").wait_for()


def hear_live(page: Page, answers: int) -> None:
    """Record until there have been so many answers."""
    page.get_by_role("tab").nth(1).click()
    page.wait_for_timeout(1000)  # until Gradio has loaded its encoder, before which a recording fails
    page.locator("#microphone button.record-button").click()
    page.locator("#live .history span").nth(answers - 1).wait_for(state="attached")


def hear_several(page: Page, songs: list[Path]) -> None:
    """Give several songs, and wait for their table."""
    page.get_by_role("tab").nth(2).click()
    page.locator("#songs input[type=file]").set_input_files(songs)
    page.locator("#go").click()
    page.locator("#download").wait_for()


def as_wav(song: Path, folder: Path) -> Path:
    """A song as the wav file that Chromium takes for a microphone."""
    wav = folder / "microphone.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", song, "-ar", "48000", wav], check=True)
    return wav


def photograph(browser: Browser, address: str) -> None:
    """Every picture of space.md."""
    for name, settings in {
        "light": {"viewport": DESK, "color_scheme": "light"},
        "dark": {"viewport": DESK, "color_scheme": "dark", "locale": "es-ES"},
        "phone": {"viewport": PHONE, "color_scheme": "light"},
    }.items():
        page = visit(browser, address, **settings)
        hear_song(page, SONGS[0])
        page.locator(".canvas").click(position={"x": 200, "y": 40})
        _take(page, f"space-song-{name}")
        hear_several(page, SONGS)
        _take(page, f"space-several-{name}")
        hear_live(page, 6)
        _take(page, f"space-live-{name}")
        page.context.close()


def _take(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # until what fades has faded
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, scale="css")


def _answering(address: str, server: subprocess.Popen, log: Path) -> str:
    for _ in range(PATIENCE // 500):
        if server.poll() is not None:
            break
        try:
            urlopen(address).close()
        except OSError:
            time.sleep(0.5)
        else:
            return address
    raise RuntimeError(f"the page does not answer:\n{log.read_text()}")


def main() -> None:
    """Assemble the Space, serve it and take the pictures."""
    from tonada.sharing.local_space import assemble_space

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "space"
        assemble_space("emotion", folder)
        with serve(folder) as address, chromium(as_wav(SONGS[1], folder)) as browser:
            photograph(browser, address)


if __name__ == "__main__":
    main()
