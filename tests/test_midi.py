"""Scores are rendered once, and a score that would be rendered for ever is given up."""

import shutil
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import ROOT
from fluidsynths import fluidsynth_that
from tonada.datasets_scripts import emopia, form, midi, splits

SAMPLE = ROOT / "tests" / "data" / "emopia"
SCORE = (SAMPLE / "midis" / "Q1_aaa_0.mid").read_bytes()


@pytest.fixture
def soundfont(tmp_path):
    (tmp_path / "any.sf2").write_bytes(b"RIFF")
    return tmp_path / "any.sf2"


def test_a_score_is_rendered_once(tmp_path, soundfont, monkeypatch):
    fluidsynth_that(tmp_path / "bin", f"echo x >> {tmp_path / 'calls'}; echo sound > $sound", monkeypatch)
    first = midi.render(SCORE, "score", tmp_path / "out", soundfont)
    assert midi.render(SCORE, "score", tmp_path / "out", soundfont) == first
    assert (tmp_path / "calls").read_text() == "x\n"
    other = SCORE.replace(bytes([60]), bytes([61]))
    assert midi.render(other, "score", tmp_path / "out", soundfont) != first


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("sleep 30", "not rendered within 0.5 s"),
        ("yes > $sound", "could not be rendered within 10,000 bytes"),
        ("exit 3", "could not be rendered"),
        (": > $sound", "could not be rendered"),
    ],
)
def test_a_score_without_end_is_given_up_and_leaves_nothing(tmp_path, soundfont, monkeypatch, does, says):
    fluidsynth_that(tmp_path / "bin", does, monkeypatch)
    monkeypatch.setattr(midi, "BYTES", 10_000)
    started = time.monotonic()
    with pytest.raises(midi.RenderError, match=says):
        midi.render(SCORE, "score", tmp_path / "out", soundfont, seconds=0.5)
    assert time.monotonic() - started < 10
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_no_score_or_not_installed_is_named(tmp_path, soundfont, monkeypatch):
    with pytest.raises(midi.RenderError, match="is not a MIDI file"):
        midi.render(b"RIFF", "score", tmp_path, soundfont)
    with pytest.raises(FileNotFoundError, match="fluid-soundfont-gm"):
        midi.render(SCORE, "score", tmp_path, tmp_path / "none.sf2")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="install Debian's fluidsynth"):
        midi.render(SCORE, "score", tmp_path, soundfont)


def test_a_score_that_fails_is_left_out_with_a_warning(tmp_path, soundfont, monkeypatch):
    shutil.copytree(SAMPLE, tmp_path / "emopia")
    (tmp_path / "emopia" / "midis" / "Q2_bbb_0.mid").write_bytes(b"no score")
    (tmp_path / "emopia" / "midis" / "Q3_ccc_0.mid").unlink()
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    with pytest.warns(UserWarning, match="left out: Q") as told:
        rows = emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)
    assert len([each for each in told if "left out" in str(each.message)]) == 2
    assert list(rows["song_id"]) == ["Q1_aaa_0", "Q4_ccc_1", "Q4_ddd_0", "Q3_e_e_0"]
    assert list(rows["group"]) == ["song aaa", "song ccc", "song ddd", "song e_e"]


def test_a_score_that_was_left_out_is_told_of_at_every_load(tmp_path, soundfont, monkeypatch):
    shutil.copytree(SAMPLE, tmp_path / "emopia")
    (tmp_path / "emopia" / "midis" / "Q3_ccc_0.mid").unlink()
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    for _ in range(2):
        with pytest.warns(UserWarning, match="left out: Q3_ccc_0 has no score"):
            rows = emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)
        (what,) = form.left_out(rows)
        assert what.startswith("Q3_ccc_0 has no score")
    assert form.left_out(emopia.load(SAMPLE, cache_dir=tmp_path / "cache", soundfont=soundfont)) == []


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_a_score_that_came_later_is_no_longer_left_out(tmp_path, soundfont, monkeypatch, zipped):
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    shutil.copytree(SAMPLE, tmp_path / "emopia", ignore=shutil.ignore_patterns("Q3_ccc_0.mid"))
    with pytest.warns(UserWarning, match="left out"):
        few = emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)
    if zipped:
        packed(tmp_path / "other").rename(tmp_path / "emopia" / "midis.zip")
    else:
        shutil.copy(SAMPLE / "midis" / "Q3_ccc_0.mid", tmp_path / "emopia" / "midis")
    all_of_them = emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)
    assert len(all_of_them) == len(few) + 1


def test_a_table_whose_list_of_what_was_left_out_is_lost_is_made_anew(tmp_path, soundfont, monkeypatch):
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    shutil.copytree(SAMPLE, tmp_path / "emopia", ignore=shutil.ignore_patterns("Q3_ccc_0.mid"))
    for _ in range(2):
        with pytest.warns(UserWarning, match="left out"):
            rows = emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)
        assert len(form.left_out(rows)) == 1
        for path in (tmp_path / "cache").rglob(form.LEFT_OUT):
            path.unlink()


def packed(folder: Path) -> Path:
    """A copy of the sample with its scores in a zip, stored as they are."""
    shutil.copytree(SAMPLE, folder)
    with zipfile.ZipFile(folder / "midis.zip", "w") as archive:
        for path in sorted((folder / "midis").iterdir()):
            archive.write(path, f"midis/{path.name}")
    shutil.rmtree(folder / "midis")
    return folder / "midis.zip"


def test_a_zip_of_scores_that_is_none_is_named(tmp_path, soundfont, monkeypatch):
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    packed(tmp_path / "emopia").write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"midis\.zip is damaged, or no zip"):
        emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)


def test_a_damaged_score_in_a_zip_is_left_out(tmp_path, soundfont, monkeypatch):
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    archive = packed(tmp_path / "emopia")
    archive.write_bytes(archive.read_bytes().replace(SCORE, SCORE[:-1] + b"?", 1))
    with pytest.warns(UserWarning, match=r"left out: midis/Q1_aaa_0\.mid in midis\.zip is damaged"):
        rows = emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)
    assert "Q1_aaa_0" not in rows["song_id"]


def test_a_score_too_long_is_left_out_wherever_it_lies(tmp_path, soundfont, monkeypatch):
    fluidsynth_that(tmp_path / "bin", "echo sound > $sound", monkeypatch)
    shutil.copytree(SAMPLE, tmp_path / "emopia")
    (tmp_path / "emopia" / "midis" / "Q1_aaa_0.mid").write_bytes(SCORE + bytes(100_000))
    with pytest.warns(UserWarning, match=r"Q1_aaa_0\.mid has 100,\d+ bytes; a score has 100,000 at most"):
        emopia.load(tmp_path / "emopia", cache_dir=tmp_path / "cache", soundfont=soundfont)


def test_a_rendered_clip_that_was_deleted_is_rendered_anew(tmp_path, soundfont, monkeypatch):
    fluidsynth_that(tmp_path / "bin", f"echo x >> {tmp_path / 'calls'}; echo sound > $sound", monkeypatch)

    def rendered() -> list[Path]:
        rows = emopia.load(SAMPLE, cache_dir=tmp_path / "cache", soundfont=soundfont)
        return [Path(row["audio"]["path"]) for row in rows]

    first = rendered()
    before = len((tmp_path / "calls").read_text().split())
    first[0].unlink()
    assert rendered() == first
    assert all(path.is_file() for path in first)
    assert len((tmp_path / "calls").read_text().split()) == before + 1


@pytest.mark.skipif(not (shutil.which("fluidsynth") and midi.SOUNDFONT.is_file()), reason="fluidsynth is not installed")
def test_a_middle_c_sounds_at_262_hertz(tmp_path):
    samples, rate = soundfile.read(midi.render(SCORE, "score", tmp_path), always_2d=True)
    assert rate == midi.RATE
    beginning = samples[: rate // 20, 0]  # the sample's first note is a middle C of a twentieth of a second
    spectrum = np.abs(np.fft.rfft(beginning * np.hanning(len(beginning)), 8 * rate))
    assert spectrum.argmax() / 8 == pytest.approx(261.6, abs=12)


def test_the_official_split_keeps_songs_whole(data, tmp_path, monkeypatch):
    monkeypatch.setattr(midi, "render", lambda score, name, folder, soundfont: folder / name)
    rows = emopia.load(data / "emopia", cache_dir=tmp_path)
    counts = [list(rows["split"]).count(split) for split in ("train", "validation", "test")]
    assert counts == [767, 198, 86]
    assert len(set(rows["group"])) == 385
    assert splits.official(rows).of(rows["song_id"]) == list(rows["split"])
