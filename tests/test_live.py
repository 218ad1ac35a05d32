"""A stream is judged every second as a file of its last seconds would be, in constant memory."""

import io
import json
import signal
import subprocess
import threading
import tracemalloc
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile
from commands import TONADA
from conftest import RATE, ROOT, new_model, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor
from typer.testing import CliRunner

from tonada.listening.answers import Answer
from tonada.listening.decoding import decode
from tonada.listening.incoming import FROM_MICROPHONE, FROM_PIPE, FROM_URL, raw, through_ffmpeg
from tonada.listening.limits import AudioError, Limits
from tonada.listening.listener import Listener
from tonada.listening.live import Live
from tonada.listening.readers import open_recording
from tonada.listening.streams import Stream
from tonada_cli import app

RAGGED = (1, 997, 44_100, 12_345, 3)  # samples in a block; no promise hangs on how a stream is cut


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, and no line on each request."""

    def log_message(self, *_) -> None: ...


@pytest.fixture(scope="module")
def radio_station():
    """The address of the examples on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=ROOT / "examples")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def bundled_listener():
    return Listener.bundled("emotion")


@pytest.fixture(scope="module")
def listener():
    """Quick: of descriptors alone."""
    return Listener(new_model(branches=("descriptors",)), TonadaFeatureExtractor(branches=("descriptors",)), "quick")


def ragged(sound: np.ndarray) -> list[np.ndarray]:
    """The sound in blocks of all sizes."""
    blocks, at = [], 0
    while at < len(sound):
        blocks.append(sound[at : at + RAGGED[len(blocks) % len(RAGGED)]])
        at += len(blocks[-1])
    return blocks


def moments_of(live: Live, sound: np.ndarray) -> list:
    return [*(moment for block in ragged(sound) for moment in live.feed(block)), *live.finish()]


def assert_same(streamed: Answer, whole: Answer) -> None:
    assert streamed.label == whole.label
    assert streamed.probabilities == pytest.approx(whole.probabilities, abs=1e-4)


def test_a_recording_streamed_ends_with_the_recordings_own_answer(bundled_listener):
    path = ROOT / "examples" / "island-dreams.mp3"
    with open(path, "rb") as file:
        recording = open_recording(Stream(file), path.stat().st_size)
        sound = np.concatenate(list(recording.blocks))
    last = moments_of(Live(bundled_listener, recording.rate, window_seconds=30), sound)[-1]
    whole = bundled_listener.listen(path)
    assert_same(last.answer, whole)
    assert last.answer.agreement == pytest.approx(whole.agreement)
    assert [each.start for each in last.answer.segments] == pytest.approx([each.start for each in whole.segments])
    assert last.end == last.answer.duration == whole.duration


def test_every_window_is_heard_as_a_file_of_it(bundled_listener, tmp_path):
    sound, rate = soundfile.read(ROOT / "examples" / "forest-dance.ogg", dtype="float32", stop=14 * 44_100)
    moments = moments_of(Live(bundled_listener, rate), sound)
    soundfile.write(tmp_path / "whole.wav", sound, rate, subtype="FLOAT")
    resampled = decode(tmp_path / "whole.wav", RATE)
    for moment in moments[::3]:
        window = resampled[round(moment.start * RATE) : round(moment.end * RATE)]
        soundfile.write(tmp_path / "window.wav", window, RATE, subtype="FLOAT")
        assert_same(moment.answer, bundled_listener.listen(tmp_path / "window.wav"))


def test_there_is_an_answer_a_second_from_the_third_on_and_one_at_the_end(listener):
    moments = moments_of(Live(listener, 44_100, window_seconds=5), noise(8.5, rate=44_100))
    assert [moment.end for moment in moments] == [3, 4, 5, 6, 7, 8, 8.5]
    assert [moment.start for moment in moments] == [0, 0, 0, 1, 2, 3, 3.5]


def test_how_a_stream_is_cut_changes_nothing(listener):
    sound = noise(6.2, rate=48_000)
    whole = Live(listener, 48_000)
    assert moments_of(Live(listener, 48_000), sound) == [*whole.feed(sound), *whole.finish()]


def test_an_answer_comes_within_a_tenth_of_a_second_of_sound_after_its_window(listener):
    live, answered = Live(listener, 44_100), []
    for number, block in enumerate(np.split(noise(8, rate=44_100), 800), start=1):
        answered += [number / 100 - moment.end for moment in live.feed(block)]
    assert len(answered) == 5  # seconds 3 to 7; the eighth waits for the resampler
    assert max(answered) <= 0.1


def test_memory_does_not_grow_with_the_stream(listener, monkeypatch):
    monkeypatch.setattr("tonada.listening.live.listen_to", lambda *_: [Answer("", probabilities={"sad": 1.0})])
    live, minute = Live(listener, RATE), noise(60)
    live.feed(minute)
    tracemalloc.start()
    for _ in range(6):
        live.feed(minute)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 10 * 4 * RATE  # four windows of ten seconds, float32; six minutes are 36 of them


def test_silence_is_no_mood_and_what_follows_is_judged_again(listener):
    sound = np.concatenate([tone(440, 5), np.zeros(8 * RATE, np.float32), tone(440, 5)])
    moments = moments_of(Live(listener, RATE, window_seconds=3, smoothing_seconds=0), sound)
    said = {moment.end: moment.steady.label for moment in moments}
    assert said[5] == said[18] == listener.listen(as_wav(tone(440, 3))).label
    assert said[10] == "silent"
    assert moments[7].answer.status == "silent"


def as_wav(sound: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (np.array([0.1, np.nan], np.float32), "not numbers"),
        (np.zeros((4, 9), np.float32), "9 channels"),
        (np.zeros(4, np.int16), "give block / 32768"),
    ],
)
def test_a_block_that_is_no_sound_is_refused(listener, block, reason):
    with pytest.raises((AudioError, ValueError), match=reason):
        Live(listener, RATE).feed(block)


@pytest.mark.parametrize(("seconds", "status"), [(0, "empty"), (2, "too_short")])
def test_a_stream_that_ends_before_it_can_be_judged_says_so(listener, seconds, status):
    live = Live(listener, RATE)
    live.feed(noise(seconds))
    with pytest.raises(AudioError) as refused:
        live.finish()
    assert refused.value.status == status


def test_a_window_too_short_for_an_answer_is_refused(listener):
    with pytest.raises(ValueError, match="at least 3 s"):
        Live(listener, RATE, window_seconds=2)


def test_a_pipe_of_any_format_is_heard_sample_by_sample(tmp_path):
    soundfile.write(tmp_path / "song.flac", np.stack([noise(2), tone(440, 2)], axis=1), 48_000)
    expected, rate = soundfile.read(tmp_path / "song.flac", dtype="float32")
    with open(tmp_path / "song.flac", "rb") as file, through_ffmpeg(FROM_PIPE, file.fileno(), Limits()) as incoming:
        heard = np.concatenate(list(incoming.blocks))
    assert (incoming.rate, incoming.channels) == (rate, 2)
    np.testing.assert_array_equal(heard, expected)


def test_a_url_is_heard_sample_by_sample_as_a_pipe_is(radio_station, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    name = "silvan-sanctuary.flac"
    with through_ffmpeg([*FROM_URL, f"{radio_station}/{name}"], None, Limits()) as incoming:
        heard = np.concatenate(list(incoming.blocks))
    expected, rate = soundfile.read(ROOT / "examples" / name, dtype="float32", always_2d=True)
    assert (incoming.rate, incoming.channels) == (rate, expected.shape[1])
    np.testing.assert_array_equal(heard, expected)


@pytest.fixture
def microphone(tmp_path, monkeypatch):
    """The name of an ALSA microphone before which a song plays, and what it hears, at 48,000 Hz in stereo."""
    sound, _ = soundfile.read(ROOT / "examples" / "silvan-sanctuary.flac", dtype="int16", always_2d=True, stop=480_000)
    heard = np.ascontiguousarray(np.broadcast_to(sound[:, :1], (len(sound), 2)))
    (tmp_path / "song.raw").write_bytes(heard.astype("<i2").tobytes())
    song = f'slave.pcm "null" file "/dev/null" infile "{tmp_path}/song.raw" format raw'
    (tmp_path / "asound.conf").write_text(f"</usr/share/alsa/alsa.conf>\npcm.song {{ type file {song} }}\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    return "song", heard / np.float32(32768)


def test_a_microphone_is_heard_sample_by_sample(microphone):
    name, expected = microphone
    with through_ffmpeg([*FROM_MICROPHONE, name], None, Limits()) as incoming:
        heard = np.concatenate([next(incoming.blocks) for _ in range(50)])
    assert (incoming.rate, incoming.channels) == (48_000, 2)
    np.testing.assert_array_equal(heard, expected[: len(heard)])


def test_the_command_hears_the_microphone_that_is_named(microphone):
    process = subprocess.Popen(
        [TONADA, "live", "--device", microphone[0], "--format", "json"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    try:
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert [line["end"] for line in lines] == [3, 4, 5]
    assert all(line["status"] == "ok" for line in lines)
    assert process.returncode == 0


def test_raw_samples_are_heard_up_to_the_last_whole_one():
    samples = np.arange(-3, 3, dtype="<i2").reshape(3, 2)
    heard = np.concatenate(list(raw(io.BytesIO(samples.tobytes() + b"x"), 8000, 2).blocks))
    np.testing.assert_array_equal(heard, samples / np.float32(32768))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/nobody", "http://[", "https://127.0.0.1:9/"])
def test_a_stream_that_cannot_be_heard_is_one_line(url):
    with (
        pytest.raises(AudioError, match=r"^cannot be heard \([^\n]+\)$"),
        through_ffmpeg([*FROM_URL, url], None, Limits()),
    ):
        pytest.fail("there was no sound")


def test_a_playlist_in_a_pipe_opens_nothing_else(tmp_path):
    soundfile.write(tmp_path / "secret.wav", noise(4), RATE)
    (tmp_path / "list").write_text(f"ffconcat version 1.0\nfile {tmp_path}/secret.wav\n")
    with (
        open(tmp_path / "list", "rb") as file,
        pytest.raises(AudioError, match="cannot be heard"),
        through_ffmpeg(FROM_PIPE, file.fileno(), Limits()) as incoming,
    ):
        pytest.fail(f"{len(list(incoming.blocks))} blocks of a file that nobody gave")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["song.mp3"], "live - < song.mp3"),
        (["--raw", "44100"], "give - in the place of microphone"),
        (["-", "--channels", "2"], "--channels is for --raw"),
        (["-", "--device", "hw:1"], "--device names a microphone, and - is none"),
    ],
)
def test_the_command_refuses_what_cannot_be_meant(arguments, reason):
    done = CliRunner().invoke(app, ["live", *arguments])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert reason in done.stderr


def test_the_command_refuses_a_window_that_takes_too_long_to_hear_each_second():
    done = CliRunner().invoke(app, ["live", "-", "--raw", str(RATE), "--window", "121"], input=b"")
    assert (done.exit_code, "--window" in done.stderr, "120" in done.stderr) == (2, True, True)


def test_the_command_prints_a_line_of_json_a_second():
    sound = (noise(5) * 32767).astype("<i2").tobytes()
    done = CliRunner().invoke(app, ["live", "-", "--raw", str(RATE), "--format", "json"], input=sound)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0, done.stderr
    assert [line["end"] for line in lines] == [3, 4, 5]
    assert all(line["path"] == "-" and line["status"] == "ok" and line["steady"]["label"] for line in lines)


def test_the_command_says_in_one_line_that_there_was_no_sound():
    done = CliRunner().invoke(app, ["live", "-", "--raw", str(RATE)], input=b"")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "tonada: -: holds no sound at all (0 samples); record or export it again\n"


@pytest.mark.slow
def test_a_real_pipe_ends_with_the_answer_of_the_file(bundled_listener):
    path = ROOT / "examples" / "silvan-sanctuary.flac"
    command = f"cat {path} | {TONADA} live - --window 30 --format json"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=300)
    last = json.loads(done.stdout.splitlines()[-1])
    whole = bundled_listener.listen(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert last["probabilities"] == pytest.approx(whole.probabilities, abs=1e-4)
