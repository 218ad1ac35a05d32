"""Features are kept by content, settings and code: made once, never another song's, whole whoever is killed."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from commands import tonada
from conftest import RATE, noise, tone
from tonada.feature_extraction import TonadaFeatureExtractor

from tonada.listening import feature_cache
from tonada.listening.feature_cache import FeatureCache
from tonada.listening.limits import AudioError
from tonada.listening.many_features import features_of, tried_features_of

EXTRACTOR = TonadaFeatureExtractor(segment_seconds=3.0, num_mel_bins=16)


@pytest.fixture
def song(tmp_path) -> str:
    path = tmp_path / "song.wav"
    soundfile.write(path, tone(440, 7) + noise(7), RATE, subtype="FLOAT")
    return str(path)


@pytest.fixture
def cache(tmp_path) -> FeatureCache:
    return FeatureCache(tmp_path / "cache")


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """The path of each file that was decoded."""
    paths: list[str] = []
    decode = feature_cache.decode

    def told(path, rate):
        paths.append(path)
        return decode(path, rate)

    monkeypatch.setattr(feature_cache, "decode", told)
    return paths


def entries(cache: FeatureCache) -> list[Path]:
    return sorted(cache.folder.iterdir())


def same(one, other) -> bool:
    return set(one) == set(other) and all(torch.equal(one[name], other[name]) for name in one)


def test_what_is_kept_is_what_the_extractor_makes_to_half_a_bit_of_its_precision(cache, song):
    waveform, _ = soundfile.read(song, dtype="float32")
    made = EXTRACTOR(waveform, sampling_rate=RATE, return_tensors="pt")
    kept = cache.get_or_make(song, EXTRACTOR)
    assert set(kept) == set(made)
    for name, tensor in kept.items():
        assert tensor.dtype == made[name].dtype
        rounded = made[name][0].half().float() if name == "spectrogram" else made[name][0]
        assert torch.equal(tensor, rounded), name


def test_a_second_run_decodes_nothing_and_reads_the_same(cache, song, decoded):
    first = cache.get_or_make(song, EXTRACTOR)
    assert same(first, FeatureCache(cache.root).get_or_make(song, EXTRACTOR))
    assert decoded == [song]


def test_a_second_run_does_not_read_the_file_unless_it_has_changed(cache, song, monkeypatch):
    digest = cache.contents.digest(song)
    with monkeypatch.context() as patched:
        patched.setattr(hashlib, "file_digest", None)
        assert cache.contents.digest(song) == digest
    samples, _ = soundfile.read(song, dtype="float32")
    soundfile.write(song, -samples, RATE, subtype="FLOAT")  # as long as before
    assert cache.contents.digest(song) != digest


def test_a_file_that_was_changed_behind_its_times_of_modification_is_read_again(cache, song):
    digest, facts = cache.contents.digest(song), os.stat(song)
    soundfile.write(song, noise(7, 1), RATE, subtype="FLOAT")
    os.utime(song, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert os.stat(song).st_size == facts.st_size
    assert cache.contents.digest(song) != digest


def test_copies_share_an_entry_and_settings_do_not(cache, song, decoded):
    shutil.copy(song, copy := song.replace("song", "copy"))
    one, other = cache.get_or_make(song, EXTRACTOR), cache.get_or_make(copy, EXTRACTOR)
    assert same(one, other)
    assert decoded == [song]
    overlapping = TonadaFeatureExtractor.from_dict({**EXTRACTOR.to_dict(), "segment_overlap": 0.5})
    assert len(cache.get_or_make(song, overlapping)["segment_mask"]) > len(one["segment_mask"])
    assert len(entries(cache)) == 2


def test_other_code_finds_nothing(cache, song, monkeypatch):
    cache.get_or_make(song, EXTRACTOR)
    feature_cache.edition.cache_clear()
    monkeypatch.setattr(feature_cache, "version", lambda library: "another")
    try:
        assert FeatureCache(cache.root).folder != cache.folder
    finally:
        feature_cache.edition.cache_clear()


def test_some_segments_are_the_same_as_those_of_all(cache, song):
    kept = cache.get_or_make(song, EXTRACTOR)
    held = feature_cache.Features(dict(kept), kept.names)
    for chosen in ([1, 0], [1], [0, 0]):
        for features in (kept, held):
            assert same(features.of_segments(chosen), {name: tensor[chosen] for name, tensor in kept.items()})


@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "foreign"])
def test_a_damaged_entry_is_made_anew(cache, song, decoded, damage):
    first = {name: tensor.clone() for name, tensor in cache.get_or_make(song, EXTRACTOR).items()}
    [entry] = entries(cache)
    whole = entry.read_bytes()
    flipped = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    entry.write_bytes({"cut": whole[:-100], "emptied": b"", "flipped": flipped, "foreign": b"RIFF" * 100}[damage])
    assert same(first, cache.get_or_make(song, EXTRACTOR))
    assert len(decoded) == 2
    assert entry.read_bytes() == whole


def test_a_folder_that_cannot_be_written_to_is_done_without(cache, song, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    features = FeatureCache(tmp_path / "file").get_or_make(song, EXTRACTOR)
    assert same(features, cache.get_or_make(song, EXTRACTOR))
    assert "are not kept" in caplog.text


def test_a_file_that_is_no_sound_is_told_and_not_kept(cache, tmp_path):
    (tmp_path / "words.wav").write_text("no sound")
    for path in (tmp_path / "words.wav", tmp_path / "nowhere.wav"):
        with pytest.raises(AudioError, match=path.name):
            cache.get_or_make(str(path), EXTRACTOR)
    assert not cache.folder.exists()


WRITER = """
import sys
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.feature_cache import FeatureCache

cache, extractor = FeatureCache(sys.argv[1]), TonadaFeatureExtractor(segment_seconds=3.0, num_mel_bins=16)
while True:
    for song in sys.argv[2:]:
        entry = cache.entry(song, extractor)
        cache.get_or_make(song, extractor)
        entry.unlink(missing_ok=True)  # and again
        print(flush=True)
"""


@pytest.mark.slow
def test_two_writers_that_are_killed_leave_nothing_but_whole_entries(cache, tmp_path):
    """Each deletes and writes the same two entries without end, until the kernel ends it in the middle of something."""
    songs = [str(tmp_path / f"{index}.wav") for index in range(2)]
    for index, path in enumerate(songs):
        soundfile.write(path, noise(30, index), RATE, subtype="FLOAT")
    expected = [FeatureCache(tmp_path / "other").get_or_make(path, EXTRACTOR) for path in songs]
    command = [sys.executable, "-c", WRITER, cache.root, *songs]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()  # both are at it
    time.sleep(0.3)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
    for path in cache.folder.glob("*.safetensors"):
        assert feature_cache.kept_arrays(path) is not None
    assert all(same(cache.get_or_make(path, EXTRACTOR), want) for path, want in zip(songs, expected, strict=True))


@pytest.mark.slow
def test_several_processes_make_what_one_does_in_order(cache, tmp_path):
    songs = [(str(tmp_path / f"{index}.wav"), EXTRACTOR) for index in range(4)]
    for index, (path, _) in enumerate(songs):
        soundfile.write(path, noise(4, index), RATE, subtype="FLOAT")
    cache.get_or_make(*songs[1])
    several = list(features_of(songs, cache, workers=2))
    alone = list(features_of(songs, FeatureCache(tmp_path / "other")))
    assert all(same(one, other) for one, other in zip(several, alone, strict=True))
    assert len(entries(cache)) == 4


def test_the_command_says_what_is_kept_and_deletes_it(cache, song, tmp_path):
    cache.get_or_make(song, EXTRACTOR)
    told = tonada("data", "cache", "--cache", cache.root, folder=tmp_path)
    assert told.stdout.splitlines()[0] == str(cache.root)
    assert "features         1 files" in told.stdout
    tonada("data", "cache", "--cache", cache.root, "--clear", folder=tmp_path)
    assert not list(cache.root.iterdir())
    assert np.isfinite(cache.get_or_make(song, EXTRACTOR)["spectrogram"]).all()


def test_a_file_that_cannot_be_heard_does_not_end_the_hearing_of_others(cache, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    soundfile.write(tmp_path / "whole.wav", noise(4, 1), RATE)
    names = ("broken.wav", "whole.wav", "broken.wav")
    songs = [(str(tmp_path / name), EXTRACTOR) for name in names]
    heard = list(tried_features_of(songs, cache))
    assert [isinstance(each, AudioError) for each in heard] == [True, False, True]
    with pytest.raises(AudioError, match=r"broken\.wav"):
        list(features_of(songs, cache))
