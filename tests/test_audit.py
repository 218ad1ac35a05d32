"""`tonada data audit` finds what leaks, survives what is broken, and says nothing against what is clean."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from conftest import RATE, ROOT, noise
from tonada.datasets_scripts import fma, registry, splits

from tonada.proving.auditing import descriptors, labels
from tonada.proving.auditing.audit import audit
from tonada.proving.auditing.report import markdown_table
from tonada.proving.auditing.songs import Song, parts_of
from tonada_cli import app

SAMPLES = ROOT / "tests" / "data"
SPLIT = {"1": "train", "2": "train", "3": "test", "4": "test"}


@pytest.fixture
def command(capfd):
    """The command in this process, which spares each test the seconds of its imports."""

    def run(*arguments) -> subprocess.CompletedProcess:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app(["data", "audit", *map(str, arguments)], prog_name="tonada")
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code, said.out, said.err)

    return run


@pytest.fixture
def audited(command):
    """The audit of a folder, as JSON, its report beside the folder."""
    return lambda folder, *options: command(
        *("folder", folder, "--report", folder.parent / "report", "--format", "json"), *options
    )


def songs_in(folder: Path, artists: dict[str, str] | None = None) -> Path:
    """Four noises, two of each label, an artist each, with an official split."""
    folder.mkdir()
    for number in SPLIT:
        soundfile.write(folder / f"{number}.wav", noise(8, int(number)), RATE)
    rows = [
        {
            "file_name": f"{number}.wav",
            "label": "calm" if number in "13" else "wild",
            "artist": (artists or {}).get(number, f"artist {number}"),
            "split": part,
        }
        for number, part in SPLIT.items()
    ]
    with (folder / "metadata.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def findings(done: subprocess.CompletedProcess) -> dict[str, list[list[str]]]:
    """Song ids by kind."""
    found: dict[str, list[list[str]]] = {}
    for each in json.loads(done.stdout)["findings"]:
        found.setdefault(each["kind"], []).append(each["song_ids"])
    return found


def test_people_read_a_line_a_finding(command, tmp_path):
    folder = songs_in(tmp_path / "songs", {"2": "one", "3": "one"})
    done = command("folder", folder, "--report", tmp_path / "report")
    assert done.stdout.splitlines() == [
        "folder: 4 rows (official), 1 leaks, 4 compared by fingerprint, 0 files cannot be heard",
        "group on two sides: 1 (a leak)",
        "  one: test, train",
        f"The report is {tmp_path}/report/report.md",
    ]


def test_a_clean_set_has_no_findings_and_exit_code_zero(audited, tmp_path):
    done = audited(songs_in(tmp_path / "songs"))
    assert done.returncode == 0, done.stderr
    assert findings(done) == {}
    assert done.stderr == ""


def test_a_reencoded_cropped_copy_on_the_other_side_is_a_leak(audited, tmp_path):
    folder = songs_in(tmp_path / "songs")
    crop = ["-ss", "2", "-af", "volume=-12dB", "-c:a", "libvorbis", "-ar", "16000", "-f", "ogg"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", folder / "1.wav", *crop, folder / "3.wav"], check=True)
    done = audited(folder)
    assert done.returncode == 1
    assert findings(done) == {
        "recording on two sides": [["1.wav", "3.wav"]],
        "recording in two groups": [["1.wav", "3.wav"]],
        "recording under two ids": [["1.wav", "3.wav"]],
    }
    assert "nearly the same sound" in done.stdout


@pytest.mark.parametrize(("subtype", "why"), [("PCM_16", "the same bytes"), ("FLAC", "the same samples")])
def test_an_exact_copy_with_another_label_is_a_leak_on_one_side_too(audited, tmp_path, subtype, why):
    folder = songs_in(tmp_path / "songs")
    samples, rate = soundfile.read(folder / "1.wav")
    if subtype == "FLAC":
        soundfile.write(folder / "2.wav", samples, rate, format="FLAC")
    else:
        (folder / "2.wav").write_bytes((folder / "1.wav").read_bytes())
    done = audited(folder)
    assert done.returncode == 1
    assert findings(done)["recording with two labels"] == [["1.wav", "2.wav"]]
    assert "recording on two sides" not in findings(done)
    assert why in done.stdout


def test_an_artist_on_both_sides_is_a_leak(audited, tmp_path):
    done = audited(songs_in(tmp_path / "songs", {"2": "Edward Martin", "3": "Edward Martin and Paul Berget"}))
    assert done.returncode == 1
    assert findings(done) == {"group on two sides": [["2.wav", "3.wav"]]}


def test_a_deal_by_groups_mends_an_official_split_that_leaks(audited, tmp_path):
    folder = songs_in(tmp_path / "songs", {"2": "one", "3": "one"})
    assert audited(folder, "--deal", "hashed", "--folds", "2").returncode == 0


def test_missing_and_corrupt_files_are_named_and_the_others_are_heard(audited, tmp_path):
    folder = songs_in(tmp_path / "songs")
    (folder / "2.wav").unlink()
    (folder / "3.wav").write_text("no sound")
    (folder / "4.wav").write_bytes((folder / "1.wav").read_bytes()[:200_000])
    done = audited(folder)
    files = {Path(each["path"]).name: each["status"] for each in json.loads(done.stdout)["files"]}
    assert files == {"2.wav": "missing", "3.wav": "unreadable", "4.wav": "truncated"}
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["tonada"] * 3
    assert json.loads(done.stdout)["fingerprinted"] == 1
    assert done.returncode == 2
    page = (tmp_path / "report" / "report.md").read_text()
    assert "3 of 4 files cannot be heard" in page
    assert "1 of 4 rows by acoustic fingerprint" in page
    assert all(f"{name}.wav" in page for name in "234")


def test_a_leak_among_those_heard_is_said_before_a_file_that_is_missing(audited, tmp_path):
    folder = songs_in(tmp_path / "songs", {"2": "one", "3": "one"})
    (folder / "1.wav").unlink()
    assert audited(folder).returncode == 1


def test_sounds_too_short_for_a_fingerprint_are_not_counted_as_compared(audited, tmp_path):
    folder = songs_in(tmp_path / "songs")
    soundfile.write(folder / "1.wav", noise(2, 1), RATE)
    done = audited(folder)
    assert json.loads(done.stdout)["fingerprinted"] == 3
    assert done.returncode == 0


def saved(path: Path, parts: list[str], groups: list[str]) -> Path:
    ids = [f"{number}.wav" for number in SPLIT]
    splits.Split(dict(zip(ids, parts, strict=True)), dict(zip(ids, groups, strict=True))).save(path)
    return path


@pytest.mark.parametrize(
    ("parts", "sides"), [(["train", "test", "train", "test"], "test, train"), (["0", "1", "2", "3"], "fold 1, fold 2")]
)
def test_a_saved_split_is_audited_by_what_is_known_of_its_songs_now(command, tmp_path, parts, sides):
    folder = songs_in(tmp_path / "songs", {"2": "one", "3": "one"})
    split = saved(tmp_path / "split.json", parts, list("abcd"))
    done = command("folder", folder, "--report", tmp_path / "report", "--split", split)
    assert done.returncode == 1
    assert "(split.json, as saved), 1 leaks" in done.stdout
    assert f"  one: {sides}" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--split", "nowhere.json"], "nowhere.json: No such file"),
        (["--split", SAMPLES / "turkish" / "original.csv"], "is not a saved split"),
        (["--split", "split.json", "--deal", "even"], "leave out --deal even"),
        (["--split", "split.json"], "is not in the split"),
    ],
)
def test_a_split_that_cannot_be_audited_is_one_line(command, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "split.json", ["train"] * 4, list("abcd"))
    done = command("turkish", SAMPLES / "turkish", "--report", tmp_path / "r", *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("error", [RecursionError("too\ndeep"), KeyError("name"), csv.Error("field"), EOFError()])
def test_no_error_of_a_data_set_looks_like_a_leak(command, tmp_path, monkeypatch, error):
    def load(folder):
        raise error

    monkeypatch.setattr(registry.data_set("turkish"), "load", load)
    done = command("turkish", SAMPLES / "turkish", "--report", tmp_path / "r")
    assert done.returncode == 2
    assert type(error).__name__ in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_report_has_its_sections_in_order_and_every_figure_it_shows(command, tmp_path):
    done = command("turkish", SAMPLES / "turkish", "--report", tmp_path / "r", "--folds", "2", "--deal", "hashed")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "r" / "report.md").read_text()
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## The same song twice, and groups on two sides",
        "## Class balance",
        "## Labels that occur together",
        "## Descriptors",
    ]
    shown = {line.split("(")[1].rstrip(")") for line in page.splitlines() if line.startswith("![")}
    assert shown == {path.name for path in (tmp_path / "r").glob("*.png")}
    assert {"correlations.png", "variance.png", "boxes.png"} <= shown


def test_a_report_that_cannot_be_written_is_one_line(command, tmp_path):
    (tmp_path / "file").touch()
    done = command("turkish", SAMPLES / "turkish", "--report", tmp_path / "file" / "report")
    assert done.returncode == 2
    assert done.stderr.startswith(f"tonada: {tmp_path}/file")
    assert len(done.stderr.splitlines()) == 1


def test_an_option_of_the_data_set_chooses_another_table(command, tmp_path):
    chosen = ["pyaudioanalysis", SAMPLES / "pyaudioanalysis", "--report", tmp_path, "--deal", "hashed"]
    assert command(*chosen, "--option", "table=music").returncode == 0
    assert "| non_music |" in (tmp_path / "report.md").read_text()


@pytest.mark.slow
def test_descriptors_of_audio_are_computed_when_asked_for(audited, tmp_path):
    done = audited(songs_in(tmp_path / "songs"), "--set", "bag32")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "correlations.png").exists()
    assert (tmp_path / "report" / "bag32.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["emotifi", "."], "there are emotion_4qaed, emotify"),
        (["folder", "nowhere"], "is not a folder"),
        (["emotify", SAMPLES / "emotify", "--deal", "official"], "only audio, label"),
        (["emotify", SAMPLES / "emotify", "--deal", "hashed", "--set", "cooking"], "bag32"),
        (["turkish", SAMPLES / "turkish", "--deal", "hashed", "--set", "bag32"], "its columns are descriptors, label"),
        (["emotify", SAMPLES / "emotify", "--folds", "99"], "no more folds than groups"),
        (["emotify", SAMPLES / "emotify", "--option", "table=x"], "it has none"),
        (["turkish", SAMPLES / "turkish", "--option", "tables=x"], "there are table"),
        (["turkish", SAMPLES / "turkish", "--option", "table=x"], "expected one of original, modified"),
        (["fma", SAMPLES / "fma", "--option", "seed=x"], "expected a number"),
        (["fma", SAMPLES / "fma", "--option", "imputed=x"], "expected true or false"),
        (["playlists", SAMPLES / "playlists"], "takes none of its songs"),
    ],
)
def test_bad_input_is_one_line_that_says_what_there_is(command, tmp_path, arguments, says):
    done = command(*arguments, "--report", tmp_path / "r")
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_teaches_by_example(command):
    assert "tonada data audit emotify DATA/emotify --report audit" in command("--help").stdout


@pytest.mark.parametrize("name", ["fma", "pyaudioanalysis", "ccmusic_genre", "turkish", "audioset_vggish"])
def test_a_set_without_audio_is_compared_by_content(name, tmp_path):
    rows = registry.data_set(name).load(SAMPLES / name, cache_dir=tmp_path)
    twice = rows.select([*range(len(rows)), 0])
    parts = ["train"] * len(rows) + ["test"]
    for column in ("song_id", "group"):
        twice = twice.remove_columns(column).add_column(column, [f"{place}" for place in range(len(twice))])
    found = audit(name, SAMPLES / name, twice, "by hand", parts)
    assert (0, len(rows)) in [(each.rows[0], each.rows[-1]) for each in found.leaks]


def test_an_official_split_is_taken_with_its_leaks(tmp_path):
    rows = registry.data_set("fma").load(SAMPLES / "fma", cache_dir=tmp_path)
    assert parts_of(rows, "official", 6, 0) == list(rows["split"])


def test_labels_that_share_a_bag_are_counted_together():
    counts = labels.together([{"a", "b"}, {"a"}, {"b", "c"}], ["a", "b", "c"])
    assert counts.tolist() == [[2, 1, 0], [1, 2, 1], [0, 1, 1]]


def songs_called(*names: str) -> list[Song]:
    return [Song(name, "group", "label", "train") for name in names]


@pytest.fixture(params=["folder", "archive"])
def given(request, tmp_path):
    """A data set's folder as it is, or as an archive."""
    return lambda folder: (
        folder if request.param == "folder" else Path(shutil.make_archive(str(tmp_path / "given"), "zip", folder))
    )


def test_genres_of_fma_occur_together_by_root_among_the_rows(given):
    tracks = list(fma.tables_of_tracks(SAMPLES / "fma"))
    of_what, bags = labels.bags_of("fma", given(SAMPLES / "fma"), songs_called(*map(str, tracks)))
    assert "genres" in of_what
    assert any(len(bag) > 1 for bag in bags)
    assert set().union(*bags) <= set(fma.LABELS)
    assert len(bags) == len(tracks)
    assert labels.bags_of("fma", SAMPLES / "fma", songs_called(str(tracks[1])))[1] == [bags[1]]


def test_moods_of_playlists_occur_together_by_file_among_the_rows(given, tmp_path):
    for name in ("one.mp3", "more/one.mp3", "two.mp3"):
        (tmp_path / "music" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "music" / name).touch()
    (tmp_path / "music" / "lists.csv").write_text(
        "song,playlist,label\none.mp3,a,happy\nmore/one.mp3,b,calm\none.mp3,b,sad\ntwo.mp3,b,calm\nthree.mp3,c,calm\n"
    )
    of_what, bags = labels.bags_of("playlists", given(tmp_path / "music"), songs_called("one.mp3", "more/one.mp3"))
    assert "playlists" in of_what
    assert bags == [{"happy", "sad"}, {"relaxed"}]


def test_a_parent_in_the_tree_has_the_rows_of_all_below_it():
    drawn = labels.tree(["a", "b", "c"], {"a": "x", "b": "x", "x": "root", "c": "root"}, {"a": 1, "b": 2, "c": 4})
    assert drawn == ["root  7", "  x  3", "    a  1", "    b  2", "  c  4"]


def test_the_variance_of_two_equal_columns_and_one_of_its_own_is_two_thirds_and_one():
    generator = np.random.default_rng(0)
    one, other = generator.standard_normal((2, 1000))
    other -= one * (one @ other) / (one @ one)
    values = np.stack([one, one, other, np.ones(1000)], axis=1)
    table = descriptors.usable(["a", "b", "c", "same"], values - values.mean(0), ["x"] * 500 + ["y"] * 500)
    assert table is not None
    assert table.names == ["a", "b", "c"]
    shares, songs = descriptors.principal(table)
    assert shares == pytest.approx([2 / 3, 1 / 3, 0], abs=1e-3)
    assert songs.shape == (1000, 2)
    assert descriptors.closest(table, descriptors.correlations(table), 1)[0][1:] == ("a", "b")


def test_songs_with_what_is_no_number_are_left_out_and_counted():
    values = np.array([[1.0, 2], [np.nan, 1], [2, 3], [3, 5]])
    table = descriptors.usable(["a", "b"], values, list("wxyz"))
    assert table is not None
    assert table.left_out == (1, 0)
    assert table.missing == {"a": 1}
    assert table.labels == ["w", "y", "z"]


def test_columns_of_one_descriptor_are_told_by_their_names():
    names = ["mfcc_1_mean", "mfcc_2_mean", "chroma_g_sharp_maximum", "chroma_cens_std_01", "chroma_a_mean"]
    names += ["chroma_cens_kurtosis_12", "_Spectralflux_Mean", "column_3", "column_4"]
    table = descriptors.usable(names, np.random.default_rng(0).standard_normal((9, 9)), ["x"] * 9)
    assert table is not None
    found = {family: own.names for family, own in descriptors.families(table).items()}
    assert found == {
        "mfcc": names[:2],
        "chroma": [names[2], names[4]],
        "chroma_cens": [names[3], names[5]],
        "column": names[7:],
    }


def test_a_report_has_components_by_descriptor_and_missing_values(command, tmp_path):
    done = command("fma", SAMPLES / "fma", "--report", tmp_path / "r", "--folds", "2", "--deal", "hashed")
    page = (tmp_path / "r" / "report.md").read_text()
    assert "### Missing values" in page, done.stderr
    assert "| mfcc | 140 |" in page


def test_a_name_cannot_leave_its_cell():
    written = markdown_table(["which"], [("a|b\n# c <script>",)])
    assert len(written.splitlines()) == 3
    assert "<script" not in written
    assert "a\\|b" in written


def test_a_label_without_songs_has_a_row_in_the_balance():
    songs = [Song("1", "g", "a", "train")]
    parts, counts = labels.balance(songs, ["a", "b"])
    assert parts == ["train"]
    assert counts.tolist() == [[1], [0]]


def test_a_song_that_its_reader_left_out_is_in_the_report(command, tmp_path):
    copy = shutil.copytree(SAMPLES / "ccmusic_audio", tmp_path / "copy")
    path = copy / "default" / "test" / "0000.parquet"
    table = pyarrow.parquet.read_table(path)
    garbage = pyarrow.array([{"bytes": b"no sound", "path": None}], table.schema.field("audio").type)
    pyarrow.parquet.write_table(table.set_column(0, table.schema.field("audio"), garbage), path)
    with pytest.warns(UserWarning, match="test 0"):
        done = command("ccmusic_audio", copy, "--report", tmp_path / "report", "--format", "json")
    assert done.returncode == 2
    assert "test 0" in json.loads(done.stdout)["left_out"][0]
    assert "test 0" in (tmp_path / "report" / "report.md").read_text()
