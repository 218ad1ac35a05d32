"""A song that is posted gets the answer that the command gives, whatever else is posted; what is no song, a reason."""

import asyncio
import io
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import soundfile
import uvicorn
from conftest import RATE, new_model, noise, tone
from starlette.testclient import TestClient
from tonada.feature_extraction import TonadaFeatureExtractor
from typer.testing import CliRunner

from tonada.listening.limits import Limits
from tonada.listening.listener import Listener
from tonada.serving import hearing
from tonada.serving.app import create_app
from tonada.serving.service_limits import ENVELOPE_BYTES, ServiceLimits
from tonada_cli import app as command

MAX_BYTES = 2_000_000


def wav(sound, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV")
    return file.getvalue()


SONG = wav(noise(12))


@pytest.fixture(scope="module")
def listener():
    """Quick: of descriptors alone."""
    extractor = TonadaFeatureExtractor(branches=("descriptors",))
    return Listener(new_model(branches=("descriptors",)), extractor, "quick", limits=Limits(max_bytes=MAX_BYTES))


@pytest.fixture(scope="module")
def client(listener):
    with TestClient(create_app(listener)) as client:
        yield client


def post(client, content: bytes, name: str = "song.wav", **query) -> httpx.Response:
    return client.post("/classify", files={"file": (name, content)}, params=query)


def test_the_answer_is_the_object_that_classify_prints(client, listener, tmp_path):
    (tmp_path / "song.wav").write_bytes(SONG)
    expected = listener.listen(tmp_path / "song.wav", "song.wav").to_dict(timeline=True)
    answered = post(client, SONG, timeline=True)
    assert answered.status_code == 200
    assert answered.json()["probabilities"] == pytest.approx(expected.pop("probabilities"), abs=1e-5)
    assert [part["label"] for part in answered.json()["segments"]] == [
        part["label"] for part in expected.pop("segments")
    ]
    del expected["probability"]
    assert {name: answered.json()[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("content", "code", "status", "words"),
    [
        (b"", 422, "empty", "bad.wav: the file is empty"),
        (b"not a song", 422, "unreadable", "bad.wav: holds no audio that Tonada can read"),
        (SONG[: len(SONG) // 2], 422, "truncated", "bad.wav: breaks off"),
        (wav(noise(1)), 422, "too_short", "bad.wav: lasts 1.00 s"),
        (wav(0 * noise(4)), 422, "silent", "bad.wav: is silent"),
        (bytes(MAX_BYTES + 1), 413, "too_large", "bad.wav: has 2,000,001 bytes, at most 2,000,000"),
        (bytes(MAX_BYTES + ENVELOPE_BYTES), 413, "too_large", "a file may have 2,000,000; send a shorter excerpt"),
    ],
)
def test_what_cannot_be_judged_is_an_answer_that_says_why(client, content, code, status, words):
    answered = post(client, content, "bad.wav")
    assert (answered.status_code, answered.json()["status"]) == (code, status)
    assert words in answered.json()["message"]


def in_one_loop(listener, limits: ServiceLimits, asked):
    """What `asked`, a coroutine function of a client, returns."""

    async def ask():
        transport = httpx.ASGITransport(create_app(listener, limits))
        async with httpx.AsyncClient(transport=transport, base_url="http://tonada", timeout=60) as client:
            return await asked(client)

    return asyncio.run(ask())


def posted_in_pieces(listener, limits: ServiceLimits, pieces) -> httpx.Response:
    """The answer to an upload that does not say how large it is."""
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return in_one_loop(listener, limits, lambda client: client.post("/classify", content=pieces(), headers=kind))


def test_an_upload_that_does_not_say_its_size_is_cut_off_where_it_is_too_large(listener):
    sent = []

    async def endless():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="endless.wav"\r\n\r\n'
        while True:
            sent.append(1)
            assert len(sent) < 1000, "nobody stops it"
            yield bytes(100_000)

    answered = posted_in_pieces(listener, ServiceLimits(), endless)
    assert (answered.status_code, answered.json()["status"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        (lambda client: client.post("/classify"), 400, "no file came"),
        (lambda client: client.post("/classify", data={"file": "song"}), 400, "curl -F file=@song.mp3"),
        (lambda client: client.post("/classify", files={"song": b"x"}), 400, "no file came"),
        (lambda client: client.post("/classify", files=[("file", b"x"), ("file", b"y")]), 400, "Too many files"),
        (lambda client: post(client, SONG, level="top"), 422, "query.level is 'top'"),
        (lambda client: post(client, SONG, level=2), 422, "quick has no tree of labels"),
        (lambda client: client.get("/classify"), 405, "/classify takes no GET"),
        (lambda client: client.get("/nowhere"), 404, "there is no /nowhere"),
    ],
)
def test_a_request_that_brings_no_song_is_told_what_to_send(client, asked, code, words):
    answered = asked(client)
    assert answered.status_code == code
    assert words in answered.json()["message"]


def test_a_song_that_makes_the_model_fail_fails_alone(listener, monkeypatch):
    def failing(listener, waveforms, paths, level):
        if "bad.wav" in paths:
            raise RuntimeError("a tensor of the wrong kind")
        return [listener_answer(path) for path in paths]

    def listener_answer(path):
        return hearing.Answer(path, label=path)

    monkeypatch.setattr(hearing, "listen_to", failing)
    answers = at_once(listener, ServiceLimits(), [(f"{n}.wav", SONG) for n in range(6)] + [("bad.wav", SONG)])
    assert [answer.json()["label"] for answer in answers[:6]] == [f"{n}.wav" for n in range(6)]
    assert (answers[6].status_code, answers[6].json()["status"]) == (500, "failed")
    assert answers[6].json()["message"] == (
        "bad.wav: could not be judged (RuntimeError: a tensor of the wrong kind); please report this file"
    )


def at_once(listener, limits: ServiceLimits, uploads) -> list[httpx.Response]:
    """Answers to uploads that come side by side, in their order."""

    async def post_all(client):
        return await asyncio.gather(*[client.post("/classify", files={"file": upload}) for upload in uploads])

    return in_one_loop(listener, limits, post_all)


def test_songs_that_come_together_get_their_own_answers(listener):
    songs = {
        f"{hertz}.wav": wav(tone(hertz, seconds)) for hertz, seconds in ((220, 4), (330, 25), (440, 12), (880, 31))
    }
    alone = {name: listener.listen(content).probabilities for name, content in songs.items()}
    for answer in at_once(listener, ServiceLimits(songs=4), [*songs.items()] * 3):
        assert answer.json()["probabilities"] == pytest.approx(alone[answer.json()["path"]], abs=1e-5)


def test_no_more_than_the_limit_are_inside_and_the_rest_are_told_to_come_again(listener, monkeypatch):
    open_door = threading.Event()
    monkeypatch.setattr(hearing, "decode", lambda *_: open_door.wait(10) and noise(4))
    threading.Timer(0.5, open_door.set).start()
    answers = at_once(listener, ServiceLimits(requests=3), [(f"{n}.wav", SONG) for n in range(8)])
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(503)) == (3, 5)
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["Retry-After"] == "2"
    assert refused.json()["message"] == "3 songs are being heard, as many as are at once; come again in a moment"


def test_a_song_that_takes_too_long_is_answered_so_and_its_place_is_free_when_it_ends(listener, monkeypatch):
    go_on = threading.Event()
    real = hearing.decode
    monkeypatch.setattr(hearing, "decode", lambda *given: go_on.wait(10) and real(*given))
    with TestClient(create_app(listener, ServiceLimits(songs=1, answer_seconds=0.5))) as client:
        late = post(client, SONG)
        assert (late.status_code, late.json()["status"]) == (504, "timeout")
        go_on.set()
        assert any(post(client, SONG).status_code == 200 for _ in range(50))


def test_after_rounds_of_overload_nothing_is_left_and_a_lone_upload_is_answered_at_once(listener, monkeypatch):
    monkeypatch.setattr(hearing, "decode", lambda *_: time.sleep(0.5) or noise(4))
    monkeypatch.setattr(hearing, "listen_to", lambda _, waveforms, paths, level: [hearing.Answer(p) for p in paths])

    async def overload(client):
        async def codes_of(uploads):
            posted = [client.post("/classify", files={"file": ("song.wav", SONG)}) for _ in range(uploads)]
            return [answer.status_code for answer in await asyncio.gather(*posted)]

        assert await codes_of(1) == [200]
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            assert 504 in await codes_of(8)
            assert len(os.listdir("/proc/self/fd")) <= before + 1  # the song that a thread is at
        assert await codes_of(1) == [200]
        assert len(os.listdir("/proc/self/fd")) <= before
        assert "tonada_uploads_inside 0.0" in (await client.get("/metrics")).text

    in_one_loop(listener, ServiceLimits(requests=9, songs=1, answer_seconds=2), overload)


def test_what_was_given_up_counts_as_inside_until_its_thread_is_done(listener, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(hearing, "decode", lambda *_: go_on.wait(10) and noise(4))
    with TestClient(create_app(listener, ServiceLimits(requests=1, songs=1, answer_seconds=0.2))) as client:
        assert [post(client, SONG).status_code for _ in range(2)] == [504, 503]
        go_on.set()
        until(lambda: client.get("/ready").status_code == 200)


def test_the_model_does_not_hear_what_was_given_up_before_it_began(listener, monkeypatch):
    go_on, heard = threading.Event(), []

    def slow(listener, waveforms, paths, level):
        heard.append(paths)
        go_on.wait(10)
        return [hearing.Answer(path) for path in paths]

    monkeypatch.setattr(hearing, "decode", lambda *given: noise(4))
    monkeypatch.setattr(hearing, "listen_to", slow)
    with TestClient(create_app(listener, ServiceLimits(answer_seconds=1))) as client:
        assert [post(client, SONG, name).status_code for name in ("first.wav", "second.wav")] == [504, 504]
        go_on.set()
        until(lambda: "tonada_uploads_inside 0.0" in client.get("/metrics").text)
        assert post(client, SONG, "third.wav").status_code == 200
    assert heard == [["first.wav"], ["third.wav"]]


def until(happened, seconds: float = 10) -> None:
    """Wait for what other threads do."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


@contextmanager
def real_server(app) -> Iterator[str]:
    """The address of an application that uvicorn serves."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        serving = threading.Thread(target=server.run, args=([door],))
        serving.start()
        try:
            yield "http://{}:{}".format(*door.getsockname())
        finally:
            server.should_exit = True
            serving.join()


def test_who_hangs_up_while_sending_leaves_no_line_in_the_log(listener, caplog):
    with real_server(create_app(listener)) as address:
        url = httpx.URL(address)
        with socket.create_connection((url.host, url.port)) as caller:
            head = "POST /classify HTTP/1.1\r\nHost: tonada\r\nContent-Length: 999\r\n"
            kind = "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            caller.sendall((head + kind + part).encode())
        shown = "tonada_upload_seconds_count 1.0"
        until(lambda: shown in httpx.get(f"{address}/metrics", trust_env=False).text)
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")] == []


def test_a_crowd_of_refused_uploads_is_answered_as_one_is_but_not_read_to_the_end(listener):
    async def never():
        yield b"--b\r\n"
        await asyncio.sleep(10)
        raise AssertionError("it is read")

    answered = posted_in_pieces(listener, ServiceLimits(requests=0, drained=0), never)
    assert (answered.status_code, answered.json()["status"], answered.headers["Retry-After"]) == (503, "busy", "2")


def test_an_upload_that_never_ends_is_given_up(listener):
    async def never():
        yield b"--b\r\n"
        await asyncio.sleep(10)

    answered = posted_in_pieces(listener, ServiceLimits(arrival_seconds=0.2), never)
    assert (answered.status_code, answered.json()["status"]) == (408, "late")


def test_nothing_is_left_behind(client, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    contents = [SONG, b"", b"not a song", SONG[:-9], bytes(MAX_BYTES + 1)]
    for content in contents:  # what is opened once stays
        post(client, content)
    before = len(os.listdir("/proc/self/fd"))
    for content in contents * 4:
        post(client, content)
    client.post("/classify", files=[("file", SONG), ("file", SONG)])
    assert len(os.listdir("/proc/self/fd")) <= before
    assert list(tmp_path.iterdir()) == []


def test_an_application_that_ended_can_be_started_again(listener):
    app = create_app(listener)
    for _ in range(2):
        with TestClient(app) as client:
            assert post(client, SONG).status_code == 200


def test_health_readiness_and_metrics(client):
    post(client, SONG)
    assert client.get("/health").json() == client.get("/ready").json() == {"status": "ok"}
    shown = client.get("/metrics").text
    assert 'tonada_answers_total{code="200"}' in shown
    assert "tonada_upload_seconds_bucket" in shown
    assert "tonada_uploads_inside 0.0" in shown


def test_a_full_service_is_not_ready(listener):
    with TestClient(create_app(listener, ServiceLimits(requests=0))) as client:
        assert (client.get("/ready").status_code, client.get("/health").status_code) == (503, 200)


def test_the_command_says_in_one_line_that_a_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = CliRunner().invoke(command, ["serve", "--port", str(taken.getsockname()[1])])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "choose another --host or --port" in done.stderr
