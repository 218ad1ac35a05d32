"""Any file is heard alike, whatever its format, rate and channels; a bad one gets one line that says why."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from conftest import RATE, noise, tone
from hypothesis import given
from hypothesis import strategies as st

from tonada.listening.containers import inspect
from tonada.listening.decoding import decode, mean_of_channels
from tonada.listening.limits import AudioError, Limits
from tonada.listening.streams import Stream

SECONDS = 6.0
STATUSES = {"unreadable", "empty", "truncated", "unsupported", "too_short", "too_long", "not_finite", "silent"}
FFMPEG_FORMATS = {
    "opus": ["-c:a", "libopus"],
    "mp3": ["-b:a", "192k"],
    "m4a": ["-c:a", "aac"],
    "aac": ["-c:a", "aac"],
    "headless.mp3": ["-write_xing", "0", "-q:a", "5"],
    "oga": ["-c:a", "flac"],
    "webm": ["-c:a", "libopus"],
    "mka": ["-c:a", "libvorbis"],
    "wma": ["-c:a", "wmav2"],
}
LENGTH_TOLD = [suffix for suffix in FFMPEG_FORMATS if suffix != "headless.mp3"]  # or checked frame by frame


def signal(rate: int) -> np.ndarray:
    return tone(440, SECONDS, rate) + tone(1250, SECONDS, rate, 0.1)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same sound in every format."""
    folder = tmp_path_factory.mktemp("formats")
    stereo = np.stack([signal(44100)] * 2, axis=1)
    for suffix in ("wav", "aiff", "flac", "ogg"):
        soundfile.write(folder / f"song.{suffix}", stereo, 44100)
    for suffix, options in FFMPEG_FORMATS.items():
        encode = ["ffmpeg", "-v", "error", "-i", folder / "song.wav", *options, folder / f"song.{suffix}"]
        subprocess.run(encode, check=True)
    return folder


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "ogg", *FFMPEG_FORMATS])
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


def test_the_mean_of_channels_is_the_same_to_the_last_bit_however_a_sound_is_cut():
    sound = np.random.default_rng(0).standard_normal((44_100, 6)).astype(np.float32)
    pieces = [mean_of_channels(sound[at : at + 997]) for at in range(0, len(sound), 997)]
    np.testing.assert_array_equal(np.concatenate(pieces), mean_of_channels(sound))


def test_paths_bytes_and_open_files_are_heard_alike(files):
    path = files / "song.flac"
    expected = decode(path, RATE)
    assert np.array_equal(decode(path.read_bytes(), RATE), expected)
    assert np.array_equal(decode(io.BytesIO(path.read_bytes()), RATE), expected)


def outcome(source) -> int | str:
    """Samples heard, all finite, or the status of a refusal in one line."""
    try:
        heard = decode(source, RATE)
    except AudioError as error:
        return error.status if "\n" not in str(error) else "a refusal of several lines"
    return len(heard) if np.isfinite(heard).all() else "not finite and yet heard"


def status_of(source, **limits) -> str:
    with pytest.raises(AudioError) as caught:
        decode(source, RATE, Limits(**limits))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) > 20
    return caught.value.status


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "ogg", *LENGTH_TOLD])
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


def test_an_m4a_without_sound_is_no_song(tmp_path):
    nothing = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc", "-t", "0", tmp_path / "zero.m4a"]
    subprocess.run(nothing, check=False)
    assert status_of(tmp_path / "zero.m4a") in ("empty", "unreadable")


@pytest.mark.parametrize("container", ["w64", "rf64"])
def test_a_long_wavs_container_that_breaks_off_is_noticed_too(files, tmp_path, container):
    path = tmp_path / ("song.w64" if container == "w64" else "song.wav")
    options = ["-rf64", "always"] if container == "rf64" else []
    subprocess.run(["ffmpeg", "-v", "error", "-i", files / "song.wav", *options, path], check=True)
    whole = path.read_bytes()
    assert outcome(whole) == pytest.approx(SECONDS * RATE, abs=2)
    assert outcome(whole[: len(whole) // 2]) == "truncated"


def test_a_wav_streamed_through_a_pipe_is_whole_though_its_header_says_nothing(files):
    piped = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", files / "song.flac", "-f", "wav", "-"], capture_output=True, check=True
    ).stdout
    assert len(decode(piped, RATE)) == pytest.approx(SECONDS * RATE, abs=2)


def test_a_flac_streamed_through_a_pipe_is_whole_though_its_header_says_nothing(files):
    command = ["ffmpeg", "-v", "error", "-i", files / "song.wav", "-f", "flac", "-"]
    piped = subprocess.run(command, capture_output=True, check=True).stdout
    for tag in (b"", b"ID3\x04\x00\x00\x00\x00\x00\x02ab"):
        assert len(decode(tag + piped, RATE)) == pytest.approx(SECONDS * RATE, abs=2)


class CountedFile(io.BytesIO):
    """A file that knows how much of it was read."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self.count += len(content)
        return content


@pytest.mark.parametrize("suffix", ["m4a", "webm", "mka"])
def test_what_ffmpeg_reads_is_read_once_and_whole_however_long(files, suffix):
    loop = ["ffmpeg", "-v", "error", "-stream_loop", "9", "-i", files / "song.wav", *FFMPEG_FORMATS[suffix]]
    form = {"m4a": "ipod", "webm": "webm", "mka": "matroska"}[suffix]
    subprocess.run([*loop, "-f", form, files / f"minute.{suffix}"], check=True)
    file = CountedFile((files / f"minute.{suffix}").read_bytes())
    heard = decode(file, RATE)
    assert file.count < 1.5 * len(file.getvalue())
    assert len(heard) == pytest.approx(10 * SECONDS * RATE, abs=0.1 * RATE)
    expected = decode(files / "song.wav", RATE)
    middle = slice(45 * RATE, 54 * RATE)
    assert np.corrcoef(heard[middle], np.tile(expected, 10)[middle])[0, 1] > 0.999


def test_without_ffmpegs_libraries_the_error_says_how_to_get_them(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchcodec.decoders", None)
    with pytest.raises(AudioError, match="apt-get install ffmpeg") as caught:
        decode(files / "song.m4a", RATE)
    assert caught.value.status == "unreadable"
    assert len(decode(files / "song.mp3", RATE)) > 0


ID3_WITH_FOOTER = b"ID3\x04\x00\x10\x00\x00\x00\x00" + b"3DI\x04\x00\x10\x00\x00\x00\x00"
NAMING_OTHERS = {
    "hls": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n",
    "hls behind an mp3's first bytes": b"\xff\xfb\n#EXTM3U\n#EXTINF:10,\nother.mp3\n",
    "sdp behind an mp3's first bytes": b"\xff\xfb\nv=0\nc=IN IP4 127.0.0.5\nm=audio 5004 RTP/AVP 0\n",
    "sdp with other line ends": b"\xff\xf1\nv=0\n\rc=IN IP4 127.0.0.5\n\rm=audio 5004 RTP/AVP 0\n",
    "sdp behind aac's first bytes": b"\xff\xf1\nv=0\nc=IN IP4 127.0.0.5\nm=audio 5004 RTP/AVP 0\n",
    "ffconcat behind a tag with a footer": ID3_WITH_FOOTER + b"ffconcat version 1.0\nfile song.mp3\n",
    "ffconcat behind a tag and an mp3's first bytes": ID3_WITH_FOOTER
    + b"\xff\xfbffconcat version 1.0\nfile song.mp3\n",
}


@pytest.mark.parametrize("content", NAMING_OTHERS.values(), ids=NAMING_OTHERS)
def test_a_file_that_names_other_files_or_hosts_never_reaches_ffmpeg(files, tmp_path, content, monkeypatch):
    opened = []
    monkeypatch.setattr("torchcodec.decoders.AudioDecoder", lambda *arguments: opened.append(arguments))
    (tmp_path / "song.mp3").write_bytes((files / "song.mp3").read_bytes())
    (tmp_path / "list.mp3").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    assert status_of("list.mp3") == "unreadable"
    assert not opened


def test_recordings_one_after_another_are_refused_and_not_half_heard(files, tmp_path):
    for suffix in ("flac", "ogg", "opus", "mp3"):
        (tmp_path / f"joined.{suffix}").write_bytes(2 * (files / f"song.{suffix}").read_bytes())
        assert status_of(tmp_path / f"joined.{suffix}") == "unsupported", suffix


@pytest.mark.parametrize("suffix", ["mp3", "flac"])
@pytest.mark.parametrize("tag", [b"ID3\x04\x00\x10\x00\x00\x00\x20" + bytes(32), bytes(100_000)])
def test_a_tag_behind_the_sound_is_no_second_recording(files, suffix, tag):
    whole = (files / f"song.{suffix}").read_bytes()
    assert len(decode(whole + tag, RATE)) == pytest.approx(SECONDS * RATE, abs=9)


@pytest.mark.parametrize("suffix", ["mp3", "headless.mp3", "aac"])
@pytest.mark.parametrize(
    "before", [ID3_WITH_FOOTER, 2 * b"ID3\x04\x00\x00\x00\x00\x00\x02ab", ID3_WITH_FOOTER + bytes(700)]
)
def test_tags_and_padding_before_the_sound_are_skipped(files, suffix, before):
    whole = (files / f"song.{suffix}").read_bytes()
    sound = whole[whole.index(b"\xff") :]
    assert len(decode(before + sound, RATE)) == pytest.approx(SECONDS * RATE, abs=0.2 * RATE)


def test_flac_in_ogg_is_read_by_ffmpeg(files, tmp_path):
    encode = ["ffmpeg", "-v", "error", "-i", files / "song.wav", "-c:a", "flac", tmp_path / "song.oga"]
    subprocess.run(encode, check=True)
    assert len(decode(tmp_path / "song.oga", RATE)) == pytest.approx(SECONDS * RATE, abs=2)


def test_the_name_of_a_file_does_not_matter(files, tmp_path):
    for name in ("song.raw", "song", "sóng ♪.wav", b"caf\xe9.wav".decode(errors="surrogateescape")):
        (tmp_path / name).write_bytes((files / "song.wav").read_bytes())
        assert outcome(tmp_path / name) == SECONDS * RATE


class FailingDisk(io.BytesIO):
    """A file whose second half cannot be read."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > len(self.getvalue()) // 2:
            raise OSError(5, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("suffix", ["wav", "ogg", "mp3", "m4a", "aac"])
def test_a_disk_that_fails_is_named_and_nothing_else_is_printed(files, suffix, capfd):
    with pytest.raises(AudioError, match="Input/output error") as caught:
        decode(FailingDisk((files / f"song.{suffix}").read_bytes()), RATE)
    assert caught.value.status == "unreadable"
    assert capfd.readouterr().err == ""


def test_a_pipe_is_refused_in_words():
    read, write = os.pipe()
    os.close(write)
    with open(read, "rb") as pipe:
        assert status_of(pipe) == "unreadable"


@pytest.mark.parametrize("offset", [-1, -(2**40), -(2**70), 2**70])
def test_a_reader_sent_to_no_place_at_all_stays_where_it_was(offset):
    stream = Stream(io.BytesIO(b"song"))
    stream.seek(2)
    assert stream.seek(offset) == -1
    assert stream.read(9) == b"ng"


def test_a_name_no_file_can_have_is_an_answer_too():
    assert status_of("x" * 5000) == "unreadable"
    assert status_of("a\0b") == "unreadable"


def test_samples_beyond_all_sound_are_refused(tmp_path):
    assert status_of(write(tmp_path / "loud.wav", 1e20 * noise(4))) == "unsupported"


@given(st.binary(max_size=4000))
def test_random_bytes_are_answered_in_words(content):
    assert status_of(content) in STATUSES


HEADS = [b"OggS\x00\x02", b"ID3", b"\xff\xfb", b"\xff\xf1", b"RIFF", b"\x00\x00\x00\x18ftyp", b"\xff\xfbXing"]


@given(st.sampled_from(HEADS), st.binary(max_size=400))
def test_what_the_first_bytes_tell_never_fails_and_leaves_the_file_at_its_start(head, rest):
    file = Stream(io.BytesIO(head + rest))
    inspect(file, len(head + rest))
    assert file.tell() == 0


@given(
    suffix=st.sampled_from(["wav", "flac", "ogg", "opus", "mp3", "m4a"]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
    cut=st.floats(0.05, 1),
)
def test_a_damaged_file_is_answered_or_refused_in_words(files, suffix, edits, cut):
    content = bytearray((files / f"song.{suffix}").read_bytes())
    for place, value in edits:
        content[int(place * (len(content) - 1))] = value
    found = outcome(bytes(content[: int(cut * len(content))]))
    assert isinstance(found, int) or found in STATUSES
