"""A real server takes 200 good and bad uploads at once, mixes none up, stays within memory, and ends politely."""

import signal
import socket
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from uploads import megabytes, mixed, post_all, served

UPLOADS, SECONDS = 200, 6
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with served("--max-requests", 150, "--max-seconds", 600) as server:
        yield server


def test_each_of_two_hundred_answers_belongs_to_its_upload(server):
    process, address = server
    uploads = mixed(UPLOADS, SECONDS)
    songs = {upload.name.partition("-")[2]: upload for upload in uploads if upload.code == 200}
    alone = {kind: post_all(address, [song])[0].answer["probabilities"] for kind, song in songs.items()}
    before = megabytes(process, "VmRSS")
    answered = post_all(address, uploads)
    for each in answered:
        assert each.code == each.upload.code, each.answer
        if each.code == 200:
            assert each.answer["path"] == each.upload.name
            assert each.answer["probabilities"] == pytest.approx(alone[each.upload.name.partition("-")[2]], abs=1e-4)
        else:
            assert each.answer["path"] in ("", each.upload.name)
            assert each.answer["message"]
    assert process.poll() is None
    assert megabytes(process, "VmHWM") < before + 500


def test_songs_that_come_at_once_are_heard_together(server):
    _, address = server
    post_all(address, mixed(40, SECONDS))
    told = dict(line.split() for line in metrics(address).splitlines() if line.startswith("tonada_batch_songs_"))
    assert float(told["tonada_batch_songs_sum"]) > float(told["tonada_batch_songs_count"]) > 0


def test_who_is_inside_gets_an_answer_when_the_server_is_told_to_end():
    song = next(upload for upload in mixed(20, SECONDS) if upload.code == 200)
    with served() as (process, address):
        answers: list = []
        posting = threading.Thread(target=lambda: answers.extend(post_all(address, [song])))
        posting.start()
        while posting.is_alive() and "tonada_uploads_inside 0.0" in metrics(address):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        posting.join()
        process.wait(60)
        assert process.stderr.read() == ""
    assert [answer.code for answer in answers] == [200]


def test_a_crowd_of_open_connections_leaves_health_as_it_is_and_refusals_are_answers():
    with served("--max-requests", 1) as (_, address), ExitStack() as crowd:
        url = httpx.URL(address)
        head = b"POST /classify HTTP/1.1\r\nHost: tonada\r\nContent-Length: 999\r\n"
        kind = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b"
        for _ in range(400):
            crowd.enter_context(socket.create_connection((url.host, url.port))).sendall(head + kind)
        large = httpx.post(f"{address}/classify", files={"file": bytes(1_000_000)}, trust_env=False)
        assert (large.status_code, large.json()["status"], large.headers["Retry-After"]) == (503, "busy", "2")
        assert httpx.get(f"{address}/health", trust_env=False).json() == {"status": "ok"}


def metrics(address: str) -> str:
    return httpx.get(f"{address}/metrics", trust_env=False).text
