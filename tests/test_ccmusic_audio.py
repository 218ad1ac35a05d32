"""The withdrawn recordings of ccmusic, from a copy: source S4's crops, made once and again when they are lost."""

import io

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import soundfile
from conftest import ROOT
from tonada.datasets_scripts import ccmusic_audio, form

SAMPLE = ROOT / "tests" / "data" / "ccmusic_audio"


@pytest.fixture
def rows(tmp_path):
    return ccmusic_audio.load(SAMPLE, cache_dir=tmp_path)


def test_a_song_is_its_first_30_seconds_in_one_channel_at_22050_hz(rows):
    for row in rows:
        samples, rate = soundfile.read(row["audio"]["path"])
        assert (samples.shape, rate) == ((661_500,), 22050)


@pytest.mark.parametrize("index", [0, 1], ids=["22,050 Hz", "44,100 Hz in two channels"])
def test_a_crop_sounds_as_the_recording_does_and_is_silent_behind_it(rows, index):
    samples, _ = soundfile.read(rows[index]["audio"]["path"])
    spectrum = np.abs(np.fft.rfft(samples[:2205] * np.hanning(2205)))
    assert spectrum.argmax() * 10 == (220, 330)[index]
    assert np.abs(samples[:2205]).max() == pytest.approx(0.3, abs=0.03)
    assert not samples[2300:].any()


def test_a_longer_recording_is_cut(tmp_path):
    rows = ccmusic_audio.load(SAMPLE, cache_dir=tmp_path, seconds=0.05)
    assert soundfile.info(rows[0]["audio"]["path"]).frames == 1102


def test_crops_that_were_deleted_are_made_anew(rows, tmp_path):
    lost = rows[2]["audio"]["path"]
    before = soundfile.read(lost)[0]
    for path in (tmp_path / "ccmusic-crops").glob("*.flac"):
        path.unlink()
    again = ccmusic_audio.load(SAMPLE, cache_dir=tmp_path)
    np.testing.assert_array_equal(soundfile.read(again[2]["audio"]["path"])[0], before)


def test_a_recording_that_cannot_be_read_is_left_out_with_a_warning(tmp_path):
    table = pyarrow.parquet.read_table(SAMPLE / "default" / "train" / "0000.parquet")
    broken = pyarrow.array([{"bytes": b"no sound", "path": None}, *table["audio"].to_pylist()[1:]], table["audio"].type)
    for split in ("validation", "test"):
        (tmp_path / "copy" / "default" / split).mkdir(parents=True)
        whole = SAMPLE / "default" / split / "0000.parquet"
        (tmp_path / "copy" / "default" / split / "0000.parquet").write_bytes(whole.read_bytes())
    (tmp_path / "copy" / "default" / "train").mkdir()
    changed = io.BytesIO()
    pyarrow.parquet.write_table(table.set_column(0, table.schema.field("audio"), broken), changed)
    (tmp_path / "copy" / "default" / "train" / "0000.parquet").write_bytes(changed.getvalue())
    with pytest.warns(UserWarning, match="recording of train 0 cannot be read"):
        rows = ccmusic_audio.load(tmp_path / "copy", cache_dir=tmp_path)
    assert rows["song_id"][0] == "train 1"
    assert len(rows) == 5
    (what,) = form.left_out(rows)
    assert what.startswith("the recording of train 0 cannot be read")


def test_a_copy_of_the_images_is_told_apart(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no default/train, default/validation, default/test"):
        ccmusic_audio.load(ROOT / "tests" / "data" / "ccmusic_genre", cache_dir=tmp_path)
