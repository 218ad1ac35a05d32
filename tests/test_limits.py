"""No file takes more than it may: limits hold on the header, again while reading, and against headers that lie."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
from conftest import RATE, ROOT, last_json, noise, run_python
from lies import lies
from recordings import SECONDS

from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError, Limits


def refusal(source, **limits) -> AudioError:
    with pytest.raises(AudioError) as caught:
        decode(source, RATE, Limits(**limits))
    return caught.value


@pytest.mark.parametrize(
    ("limit", "status", "option"),
    [
        ({"max_seconds": 20}, "too_long", "--max-minutes"),
        ({"max_bytes": 1000}, "too_large", "--max-file-gb"),
        ({"max_decoded_bytes": 8 * 29 * RATE}, "too_large", "--max-decoded-gb"),
        ({"max_channels": 1}, "unsupported", "--max-channels"),
        ({"max_rate": RATE - 1}, "unsupported", "--max-rate"),
    ],
)
def test_each_limit_is_checked_before_a_sample_is_read_and_names_its_option(
    tmp_path, monkeypatch, limit, status, option
):
    soundfile.write(tmp_path / "song.wav", np.stack([noise(30)] * 2, axis=1), RATE)
    monkeypatch.setattr("soundfile.SoundFile.read", lambda *arguments, **settings: pytest.fail("a sample was read"))
    error = refusal(tmp_path / "song.wav", **limit)
    assert error.status == status
    assert option in str(error)


@pytest.mark.parametrize("limit", [{"max_seconds": SECONDS / 2}, {"max_decoded_bytes": 1_000_000}])
@pytest.mark.parametrize("suffix", ["aac", "headless.mp3", "streamed.flac", "streamed.webm"])
def test_a_length_that_no_header_tells_is_counted_while_reading(recordings, suffix, limit):
    if suffix.startswith("streamed"):
        convert = ["ffmpeg", "-v", "error", "-i", recordings / "good.flac", "-f", suffix.split(".")[1], "-"]
        source = subprocess.run(convert, capture_output=True, check=True).stdout
    else:
        source = recordings / f"good.{suffix}"
    assert decode(source, RATE).size / RATE == pytest.approx(SECONDS, abs=0.2)
    assert refusal(source, **limit).status in ("too_long", "too_large")


def test_a_header_that_lies_takes_no_memory_and_is_refused_or_not_believed(recordings, tmp_path):
    claims = {}
    for number, (claim, suffix, content) in enumerate(lies(recordings)):
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(content)
        claims[path] = claim
    hear = [sys.executable, ROOT / "tests" / "hear.py", *claims]
    done = subprocess.run(hear, capture_output=True, text=True, check=True, timeout=300)
    heard = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(heard) == len(claims) >= 20
    for (_, megabytes, seconds, outcome), claim in zip(heard, claims.values(), strict=True):
        assert int(megabytes) < 50, claim
        assert not outcome.isupper(), claim
        assert outcome != "ok" or float(seconds) == pytest.approx(SECONDS, abs=0.1), claim


PEAKS = """
import json
from pathlib import Path
from tonada.listening.decoding import decode
import torchcodec.decoders

def kilobytes(what):
    return int(Path("/proc/self/status").read_text().split(what + ":")[1].split()[0])

found = {}
for name in NAMES:
    Path("/proc/self/clear_refs").write_text("5")
    before = kilobytes("VmRSS")
    waveform = decode(name, 22050)
    found[name] = [len(waveform), 1000 * (kilobytes("VmHWM") - before)]
    del waveform
print(json.dumps(found))
"""


@pytest.mark.slow
def test_twenty_minutes_take_little_more_memory_than_their_waveform(recordings, tmp_path):
    for suffix, codec in {"wav": "pcm_s16le", "mp3": "libmp3lame", "ogg": "libvorbis", "m4a": "aac"}.items():
        clip = tmp_path / ("clip.aac" if suffix == "m4a" else f"clip.{suffix}")
        shrink = ["-ac", "1", "-ar", "22050", "-c:a", codec]
        subprocess.run(["ffmpeg", "-v", "error", "-i", recordings / "good.wav", *shrink, clip], check=True)
        loop = ["-stream_loop", "-1", "-i", clip, "-t", "1200", "-c", "copy", tmp_path / f"long.{suffix}"]
        subprocess.run(["ffmpeg", "-v", "error", *loop], check=True)
    names = [f"long.{suffix}" for suffix in ("wav", "mp3", "ogg", "m4a")]
    found = last_json(run_python(f"NAMES = {names}\n{PEAKS}", tmp_path, without_tonada=False))
    for name, (samples, peak) in found.items():
        assert samples == pytest.approx(1200 * RATE, rel=0.02), name
        assert peak < 4 * samples + 60_000_000, name
