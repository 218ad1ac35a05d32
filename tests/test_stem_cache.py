"""Stems are kept by content: the same mix is separated once, another never gets its stems, damage is noticed."""

import numpy as np
import pytest
from conftest import RATE, noise

from tonada.listening.separation import METHODS, Method, separate
from tonada.listening.stem_cache import StemCache


@pytest.fixture
def counted(monkeypatch) -> list[int]:
    """A method that halves the mix, and the length of each mix that it was given."""
    made: list[int] = []

    def halve(mix: np.ndarray, rate: int) -> np.ndarray:
        made.append(len(mix))
        return np.stack([mix / 2, mix / 2]).astype(np.float32)

    monkeypatch.setitem(METHODS, "halves", Method(("left", "right"), halve))
    monkeypatch.setitem(METHODS, "other halves", Method(("left", "right"), halve))
    return made


def test_the_same_mix_is_separated_once_and_its_stems_are_the_same_samples(counted, tmp_path):
    first, again = (separate(noise(1), RATE, "halves", StemCache(tmp_path)) for _ in range(2))
    assert counted == [RATE]
    assert list(again) == ["left", "right"]
    assert all((first[stem] == again[stem]).all() for stem in first)


def test_no_two_songs_rates_or_methods_share_an_entry(counted, tmp_path):
    cache, song = StemCache(tmp_path), noise(1)
    nearly = song.copy()
    nearly[-1] += np.float32(1e-6)
    for mix, rate, method in (
        (song, RATE, "halves"),
        (nearly, RATE, "halves"),
        (song[:-1], RATE, "halves"),
        (np.append(song, np.float32(0)), RATE, "halves"),
        (song, 44100, "halves"),
        (song, RATE, "other halves"),
    ):
        stems = separate(mix, rate, method, cache)
        assert (stems["left"] == mix / 2).all()
    assert len(counted) == 6


@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "foreign"])
def test_a_damaged_entry_is_made_anew(counted, tmp_path, damage):
    separate(noise(1), RATE, "halves", StemCache(tmp_path))
    [entry] = (tmp_path / "stems").iterdir()
    whole = entry.read_bytes()
    flipped = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    entry.write_bytes({"cut": whole[:-100], "emptied": b"", "flipped": flipped, "foreign": b"RIFF" * 100}[damage])
    stems = separate(noise(1), RATE, "halves", StemCache(tmp_path))
    assert (stems["left"] == noise(1) / 2).all()
    assert len(counted) == 2
    assert entry.read_bytes() == whole


def test_a_folder_that_cannot_be_written_to_is_done_without(counted, tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    stems = separate(noise(1), RATE, "halves", StemCache(tmp_path / "file"))
    assert (stems["left"] == noise(1) / 2).all()
    assert "are not kept" in caplog.text


def test_the_entries_asked_for_longest_ago_make_room(counted, tmp_path):
    cache = StemCache(tmp_path, max_bytes=5 * RATE * 8)  # five seconds of two stems, and a little more each
    for seed in (0, 1, 2, 3, 0, 4, 5):
        separate(noise(1, seed), RATE, "halves", cache)
    assert len(counted) == 6
    assert sum(path.stat().st_size for path in (tmp_path / "stems").iterdir()) <= cache.max_bytes
    separate(noise(1, 5), RATE, "halves", cache)
    separate(noise(1, 0), RATE, "halves", cache)
    assert len(counted) == 6
    separate(noise(1, 1), RATE, "halves", cache)
    assert len(counted) == 7


def test_nothing_unfinished_stays_behind(counted, tmp_path):
    separate(noise(1), RATE, "halves", StemCache(tmp_path))
    assert [path.suffix for path in (tmp_path / "stems").iterdir()] == [".safetensors"]


def test_the_environment_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("TONADA_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of the user"))
    assert StemCache().folder == tmp_path / "of the user" / "tonada" / "stems"
    monkeypatch.setenv("TONADA_CACHE", str(tmp_path / "own"))
    assert StemCache().folder == tmp_path / "own" / "stems"
