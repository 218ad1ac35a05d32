"""Fingerprints find copies of a recording, and confuse no two recordings."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import noise, tone

from tonada.listening.decoding import decode
from tonada.proving.auditing.fingerprint import HOP, RATE, WINDOW, fingerprint
from tonada.proving.auditing.matching import LEAST_SECONDS, matches

COPIES = {
    "mp3 at 64 kbit/s": ("mp3", ["-b:a", "64k"]),
    "aac at 64 kbit/s": ("m4a", ["-c:a", "aac", "-b:a", "64k"]),
    "16 kHz": ("wav", ["-ar", "16000"]),
    "12 dB lower": ("wav", ["-af", "volume=-12dB"]),
    "begun later": ("wav", ["-ss", "3.3"]),
    "ten seconds of it": ("wav", ["-ss", "8", "-t", "10"]),
}


def prints_of(*paths: Path) -> list:
    return [fingerprint(decode(path, RATE)) for path in paths]


@pytest.fixture(scope="module")
def originals(examples) -> list:
    return prints_of(*examples)


def test_different_songs_are_not_confused(originals):
    assert matches(originals) == []
    assert matches([fingerprint(noise(20, seed, rate=RATE)) for seed in range(30)]) == []


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_among_others(kind, originals, examples, tmp_path):
    suffix, options = COPIES[kind]
    song = examples[1]
    copy = tmp_path / f"copy.{suffix}"
    subprocess.run(["ffmpeg", "-v", "error", "-i", song, *options, copy], check=True)
    found = matches([*originals, *prints_of(copy)])
    assert [(match.first, match.second) for match in found] == [(1, len(originals))]


def test_how_far_a_copy_begins_later_is_told():
    sound = noise(20, rate=RATE)
    (match,) = matches([fingerprint(sound), fingerprint(sound[4 * RATE :])])
    assert match.ahead == pytest.approx(4, abs=HOP / RATE)
    assert match.seconds == pytest.approx(16, abs=2 * WINDOW / RATE)
    (match,) = matches([fingerprint(sound[4 * RATE :]), fingerprint(sound)])
    assert match.ahead == pytest.approx(-4, abs=HOP / RATE)


def test_a_gain_of_a_power_of_two_changes_nothing():
    sound = noise(5, rate=RATE)
    assert np.array_equal(fingerprint(sound).codes, fingerprint(sound / 4).codes)


def test_silence_is_nobodys_copy():
    silence = np.zeros(10 * RATE, np.float32)
    one, other = np.concatenate([noise(2, 1, rate=RATE), silence]), np.concatenate([noise(2, 2, rate=RATE), silence])
    assert matches([fingerprint(one), fingerprint(other), fingerprint(silence)]) == []


def test_what_is_shorter_than_a_window_has_no_frames_and_stops_nobody():
    short = [fingerprint(tone(440, seconds, rate=RATE)) for seconds in (0, 0.1, WINDOW / RATE)]
    assert [len(each.codes) for each in short] == [0, 0, 0]
    assert matches(short) == matches([]) == []


def test_less_than_three_shared_seconds_are_no_match():
    sound = noise(20, rate=RATE)
    shared = round((LEAST_SECONDS - 0.5) * RATE)
    one, other = sound[: 10 * RATE], sound[10 * RATE - shared :]
    assert matches([fingerprint(one), fingerprint(other)]) == []
