"""Any file is heard alike, whatever its format, rate and channels; a bad one gets one line that says why."""

import io
import subprocess

import numpy as np
import pytest
import soundfile
from conftest import RATE, noise, tone
from hypothesis import given, settings
from hypothesis import strategies as st

from tonada.listening.containers import ends_within_an_ogg_page, is_ffmpeg_container, is_mp3_of_unknown_length
from tonada.listening.decoding import AudioError, Limits, decode

SECONDS = 6.0
FFMPEG_FORMATS = {
    "opus": ["-c:a", "libopus"],
    "mp3": ["-b:a", "192k"],
    "m4a": ["-c:a", "aac"],
    "aac": ["-c:a", "aac"],
    "headless.mp3": ["-write_xing", "0", "-q:a", "5"],
}


def signal(rate: int) -> np.ndarray:
    return tone(440, SECONDS, rate) + tone(1250, SECONDS, rate, 0.1)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same sound in every format."""
    folder = tmp_path_factory.mktemp("formats")
    stereo = np.stack([signal(44100)] * 2, axis=1)
    for suffix in ("wav", "flac", "ogg"):
        soundfile.write(folder / f"song.{suffix}", stereo, 44100)
    for suffix, options in FFMPEG_FORMATS.items():
        encode = ["ffmpeg", "-v", "error", "-i", folder / "song.wav", *options, folder / f"song.{suffix}"]
        subprocess.run(encode, check=True)
    return folder


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", *FFMPEG_FORMATS])
def test_every_format_is_heard_as_the_sound_that_went_in(files, suffix):
    heard = decode(files / f"song.{suffix}", RATE)
    assert heard.dtype == np.float32
    assert len(heard) == pytest.approx(SECONDS * RATE, abs=0.1 * RATE)  # codecs pad their ends
    strength = np.abs(np.fft.rfft(heard[RATE : 5 * RATE] * np.hanning(4 * RATE)))
    assert np.argmax(strength) / 4 == pytest.approx(440, abs=0.5)


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000, 192000])
def test_any_rate_is_resampled_to_the_same_waveform(tmp_path, rate):
    soundfile.write(tmp_path / "song.wav", signal(rate), rate, subtype="FLOAT")
    heard = decode(tmp_path / "song.wav", RATE)
    assert len(heard) == pytest.approx(SECONDS * RATE, abs=2)
    middle = slice(RATE, 5 * RATE)
    np.testing.assert_allclose(heard[middle], signal(RATE)[middle], atol=2e-3)


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_averaged(tmp_path, channels):
    levels = np.arange(1, channels + 1) / channels
    soundfile.write(tmp_path / "song.wav", signal(RATE)[:, None] * levels, RATE, subtype="FLOAT")
    np.testing.assert_allclose(decode(tmp_path / "song.wav", RATE), signal(RATE) * levels.mean(), atol=1e-4)


def test_paths_bytes_and_open_files_are_heard_alike(files):
    path = files / "song.flac"
    expected = decode(path, RATE)
    assert np.array_equal(decode(path.read_bytes(), RATE), expected)
    assert np.array_equal(decode(io.BytesIO(path.read_bytes()), RATE), expected)


def status_of(source, **limits) -> str:
    with pytest.raises(AudioError) as caught:
        decode(source, RATE, Limits(**limits))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) > 20
    return caught.value.status


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "opus", "mp3", "m4a", "aac"])
@pytest.mark.parametrize("share", [0.3, 0.75])
def test_a_file_that_breaks_off_is_never_answered_as_if_whole(files, tmp_path, suffix, share):
    whole = (files / f"song.{suffix}").read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(whole[: int(share * len(whole))])
    assert status_of(tmp_path / f"cut.{suffix}") in ("truncated", "unreadable")


def write(path, samples, rate=RATE):
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def test_bad_files_are_told_apart(tmp_path):
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "text.mp3").write_text("not a song\n" * 50)
    broken = noise(5)
    broken[60_000] = np.nan
    statuses = {
        "missing": status_of(tmp_path / "nothing.wav"),
        "empty file": status_of(tmp_path / "empty.mp3"),
        "text": status_of(tmp_path / "text.mp3"),
        "zero length": status_of(write(tmp_path / "zero.wav", np.zeros(0))),
        "nan": status_of(write(tmp_path / "nan.wav", broken)),
        "silence": status_of(write(tmp_path / "silent.wav", np.zeros(5 * RATE))),
        "short": status_of(write(tmp_path / "short.wav", noise(1))),
        "nine channels": status_of(write(tmp_path / "nine.wav", np.zeros((4 * RATE, 9)))),
        "4 kHz": status_of(write(tmp_path / "slow.wav", noise(4), rate=4000)),
        "folder": status_of(tmp_path),
    }
    assert statuses == {
        "missing": "missing",
        "empty file": "empty",
        "text": "unreadable",
        "zero length": "empty",
        "nan": "not_finite",
        "silence": "silent",
        "short": "too_short",
        "nine channels": "unsupported",
        "4 kHz": "unsupported",
        "folder": "unreadable",
    }


def test_limits_are_checked_on_the_header_before_anything_is_read(tmp_path):
    path = write(tmp_path / "long.wav", noise(30))
    assert status_of(path, max_seconds=20) == "too_long"
    assert status_of(path, max_bytes=1000) == "too_large"


def test_a_wav_header_that_announces_gigabytes_takes_no_memory(tmp_path):
    path = write(tmp_path / "liar.wav", noise(5))
    content = bytearray(path.read_bytes())
    size = content.index(b"data") + 4
    content[size : size + 4] = (2_000_000_000).to_bytes(4, "little")
    path.write_bytes(content)
    assert status_of(path) in ("truncated", "too_long")


def test_a_wav_streamed_through_a_pipe_is_whole_though_its_header_says_nothing(files):
    piped = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", files / "song.flac", "-f", "wav", "-"], capture_output=True, check=True
    ).stdout
    assert len(decode(piped, RATE)) == pytest.approx(SECONDS * RATE, abs=2)


def test_a_playlist_is_never_handed_to_ffmpeg(tmp_path):
    (tmp_path / "list.m4a").write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n")
    assert status_of(tmp_path / "list.m4a") == "unreadable"


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=4000))
def test_random_bytes_are_answered_in_words(content):
    assert status_of(content) in ("unreadable", "empty", "truncated", "unsupported", "too_short", "too_long")


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf1", b"RIFF", b"\x00\x00\x00\x18ftyp"]),
    st.binary(max_size=400),
)
def test_what_the_first_bytes_tell_never_fails_and_leaves_the_file_at_its_place(head, rest):
    file = io.BytesIO(head + rest)
    is_ffmpeg_container(file.getvalue()[:16])
    is_mp3_of_unknown_length(file)
    assert file.tell() == 0
    file.seek(1)
    ends_within_an_ogg_page(file, len(file.getvalue()))
    assert file.tell() == 1
