"""A data set goes out as Parquet with a card: whole, loadable without code, and only where its licence lets it."""

import csv
import re
import shutil
from pathlib import Path

import datasets
import pyarrow.parquet
import pytest
import yaml
from commands import tonada
from conftest import ROOT, run_python
from test_data_page import BLOCKS
from test_data_sets import load as load_sample
from tonada.datasets_scripts import free_audio, licences, provenance, registry
from typer.testing import CliRunner

from tonada.sharing.data_sets import build_data_set, check_licence
from tonada.sharing.parquet import write_parquet
from tonada_cli import app

SAMPLES = ROOT / "tests" / "data"


def built(name: str, place: Path) -> tuple[Path, provenance.Provenance]:
    return place / "out", build_data_set(name, SAMPLES / name, place / "out")


def loaded(output: Path, place: Path) -> datasets.DatasetDict:
    return datasets.load_dataset(str(output), cache_dir=str(place / "cache"))


def command(*arguments) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["data", "build", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["emotify", "ccmusic_genre", "turkish", "pyaudioanalysis", "folder"])
def test_what_loads_back_are_the_same_songs_with_the_same_hash(name, tmp_path):
    output, found = built(name, tmp_path)
    parts = loaded(output, tmp_path)
    rows = datasets.concatenate_datasets(list(parts.values()))
    assert provenance.data_hash(rows, name, found.version) == found.data
    assert len(rows) == found.rows
    expected = load_sample(name, cache_dir=tmp_path / "sample")
    assert list(rows.features) == list(expected.features)
    assert rows.features["label"] == expected.features["label"]


def test_the_hub_plays_the_sound_and_sees_the_images(tmp_path):
    songs = loaded(built("emotify", tmp_path / "sound")[0], tmp_path)["train"]
    assert songs.features["audio"] == datasets.Audio()
    assert songs[0]["audio"].get_all_samples().data.shape[-1] > 0
    images = loaded(built("ccmusic_genre", tmp_path / "images")[0], tmp_path)["train"]
    assert images[0]["mel"].size[0] > 0


def test_an_official_split_is_files_a_part_and_a_column(tmp_path):
    parts = loaded(built("ccmusic_genre", tmp_path)[0], tmp_path)
    assert set(parts) == {"train", "validation", "test"}
    for part, rows in parts.items():
        assert set(rows["split"]) == {part}


def test_no_folder_of_this_machine_goes_out(tmp_path):
    output, _ = built("emotify", tmp_path)
    for path in output.rglob("*"):
        assert path.is_dir() or str(SAMPLES).encode() not in path.read_bytes(), path
    table = pyarrow.parquet.read_table(next(output.glob("data/*.parquet")))
    assert all("/" not in each["path"] for each in table["audio"].to_pylist())


def test_no_folder_goes_out_in_an_option(tmp_path, monkeypatch):
    module = registry.data_set("emopia")
    rows = registry.data_set("turkish").load(SAMPLES / "turkish")
    monkeypatch.setattr(module, "load", lambda folder, soundfont: rows)
    build_data_set("emopia", tmp_path, tmp_path / "out", {"soundfont": "/home/me/grand.sf2"})
    card = (tmp_path / "out" / "README.md").read_text()
    assert "with soundfont='grand.sf2'." in card
    assert "/home/me" not in card


def test_a_full_file_is_followed_by_the_next(tmp_path):
    rows = load_sample("emotify", cache_dir=tmp_path / "sample")
    files = write_parquet(rows, tmp_path / "out", shard_bytes=1)["train"]
    assert [path.name for path in files] == [
        f"train-{number:05}-of-{len(files):05}.parquet" for number in range(len(files))
    ]
    assert sum(pyarrow.parquet.read_metadata(path).num_rows for path in files) == len(rows)


def test_what_is_held_at_once_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("tonada.sharing.parquet.GROUP_BYTES", 1)
    rows = load_sample("emotify", cache_dir=tmp_path / "sample")
    (path,) = write_parquet(rows, tmp_path / "out")["train"]
    assert pyarrow.parquet.read_metadata(path).num_row_groups == len(rows)


def test_the_card_tells_programs_and_people_what_it_is(tmp_path):
    output, found = built("pyaudioanalysis", tmp_path)
    _, head, body = (output / "README.md").read_text().split("---\n", 2)
    told = yaml.safe_load(head)
    assert told["license"] == "apache-2.0"
    assert told["size_categories"] == ["n<1K"]
    assert told["configs"][0]["data_files"][0] == {"split": "train", "path": "data/train-*"}
    assert sum(each["num_examples"] for each in told["dataset_info"]["splits"]) == found.rows
    assert f"`{found}`" in body
    assert registry.data_set("pyaudioanalysis").CITATION in body
    assert provenance.load(output / provenance.FILE) == found


def test_the_card_counts_each_label_under_what_stands_above_it(tmp_path):
    card = (built("emotify", tmp_path)[0] / "README.md").read_text()
    assert "| pop | non_classic | 2 |" in card
    assert "not for commercial use" in card


@pytest.mark.parametrize(
    ("statement", "hub", "may_be_shared"),
    [
        ("CC BY 4.0", "cc-by-4.0", True),
        ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0", True),
        ("CC BY-NC-SA", "other", True),
        ("CC0 1.0", "cc0-1.0", True),
        ("Apache-2.0", "apache-2.0", True),
        ("MIT", "mit", True),
        ("CC BY-NC-ND 4.0", "cc-by-nc-nd-4.0", False),
        ("CC BY-ND 4.0", "cc-by-nd-4.0", False),
        ("for research only", "other", False),
        ("metadata CC BY 4.0; each track as its artist chose", "other", False),
        ("", "other", False),
    ],
)
def test_only_a_licence_known_by_name_lets_a_copy_be_shared(statement, hub, may_be_shared):
    found = licences.licence(statement)
    assert (found.hub, bool(found.terms)) == ((hub,), may_be_shared)


def test_parts_under_several_licences_are_shared_on_the_terms_of_all_or_not_at_all():
    free = licences.together(["CC BY 4.0", "CC BY-SA 4.0"])
    assert free.hub == ("cc-by-4.0", "cc-by-sa-4.0")
    assert all(licences.licence(each).terms in free.terms for each in ("CC BY 4.0", "CC BY-SA 4.0"))
    assert licences.together(["CC BY 4.0", "CC BY-ND 4.0"]).terms == ""
    assert licences.together(["CC BY 4.0", "as its artist chose"]).hub == ("other",)


@pytest.mark.parametrize("name", ["audioset_vggish", "free_audio", "emotify", "emopia", "pyaudioanalysis"])
def test_what_is_free_may_be_pushed(name):
    check_licence(name)


def test_the_licences_of_free_audio_are_those_of_its_manifest():
    of_debian = {"CC-BY-3.0": "CC BY 3.0", "CC-BY-SA-3.0": "CC BY-SA 3.0", "CC-BY-SA-4.0": "CC BY-SA 4.0"}
    of_debian |= {"GPL-2": "GPL-2.0", "GPL-2+": "GPL-2.0", "GPL-3+": "GPL-3.0", "GPL": "GPL-2.0", "Expat": "MIT"}
    of_debian |= {"CC-BY-3.0 or CC0-1.0": "CC BY 3.0", "see the copyright file": "Debian"}
    with free_audio.MANIFEST.open(newline="") as file:
        assert {of_debian[row["licence"]] for row in csv.DictReader(file)} == set(free_audio.LICENSES)


def test_the_card_of_free_audio_tells_the_licence_of_each_package(tmp_path, monkeypatch):
    monkeypatch.setattr(free_audio, "MANIFEST", SAMPLES / "free_audio" / "metadata.csv")
    card = (built("free_audio", tmp_path)[0] / "README.md").read_text()
    assert "| package | licence | rows |\n|---|---|---|\n| a-music | CC0-1.0 | 2 |\n" in card


def test_the_card_of_embeddings_says_how_many_numbers_there_are(tmp_path):
    output, _ = built("audioset_vggish", tmp_path)
    _, head, body = (output / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(head)["license"] == ["cc-by-4.0", "cc-by-sa-4.0"]
    assert "| `embeddings` | any number of times 128 numbers |" in body
    assert "may be shared" in body


@pytest.mark.parametrize(
    ("name", "task"),
    [("emotify", "audio"), ("ccmusic_genre", "image"), ("turkish", "tabular"), ("audioset_vggish", "tabular")],
)
def test_the_card_names_the_task_of_what_there_is(name, task, tmp_path):
    head = (built(name, tmp_path)[0] / "README.md").read_text().split("---\n")[1]
    assert yaml.safe_load(head)["task_categories"] == [f"{task}-classification"]


@pytest.mark.parametrize("name", ["emotion_4qaed", "ccmusic_genre", "turkish", "fma", "folder"])
def test_a_push_that_the_licence_forbids_is_refused_before_anything_is_built(name, tmp_path):
    code, out, err = command(name, SAMPLES / name, "--output", tmp_path / "out", "--push", "me/x")
    assert (code, out) == (1, "")
    assert registry.data_set(name).LICENSE in err
    assert "--despite-licence" in err
    assert not (tmp_path / "out").exists()


def test_who_has_a_right_may_push_despite_the_licence(tmp_path):
    arguments = ("--output", tmp_path / "out", "--push", "me/x", "--despite-licence", "--dry-run")
    code, out, _ = command("turkish", SAMPLES / "turkish", *arguments)
    assert code == 0
    assert "would go to the Hub's data set me/x" in out


def test_a_dry_run_prints_exactly_what_would_be_sent(tmp_path):
    arguments = ("--output", tmp_path / "out", "--push", "me/x", "--private", "--dry-run")
    code, out, _ = command("emotify", SAMPLES / "emotify", *arguments)
    assert code == 0
    files = {path: path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert len(files) == 3
    for path, size in files.items():
        assert f"{size:,}  {path.relative_to(tmp_path / 'out').as_posix()}\n" in out
    assert re.search(r"^ +\d+  pushed\.json$", out, flags=re.MULTILINE)
    assert out.endswith("would go to the Hub's data set me/x, private if it is new\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "0"}, "the Hub cannot be reached"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
    ],
)
def test_a_push_that_cannot_arrive_says_so_in_one_line_and_keeps_what_was_built(environment, says, tmp_path):
    code = f"""
import subprocess, sys
tonada = [sys.executable, "-c", "from tonada_cli import main; main()"]
arguments = ["data", "build", "turkish", {str(SAMPLES / "turkish")!r}, "--output", "out", "--push", "me/x"]
done = subprocess.run([*tonada, *arguments, "--despite-licence"], capture_output=True, text=True)
print(done.returncode, done.stderr, end="")
"""
    printed = run_python(code, tmp_path, without_tonada=False, HF_TOKEN="hf_none", **environment)
    assert printed.startswith("1 tonada: me/x: ")
    assert says in printed
    assert "out is whole" in printed
    assert len(printed.splitlines()) == 1
    assert (tmp_path / "out" / "README.md").is_file()


def test_what_a_dry_run_built_is_what_a_push_sends(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    arguments = ("turkish", SAMPLES / "turkish", "--output", tmp_path / "out", "--push", "me/x", "--despite-licence")
    code, shown, _ = command(*arguments, "--dry-run")
    assert code == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    for _ in range(2):
        code, sent, err = command(*arguments)
        assert code == 1
        assert shown.startswith(sent)
        assert "out is whole, nothing has to be built again" in err
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_other_data_than_those_asked_for_are_neither_sent_nor_lost(tmp_path):
    output, _ = built("turkish", tmp_path)
    before = (output / "README.md").read_bytes()
    code, out, err = command("emotify", SAMPLES / "emotify", "--output", output, "--push", "me/x")
    assert (code, out) == (1, "")
    assert "holds other data (turkish 1.0.0" in err
    assert (output / "README.md").read_bytes() == before


def test_an_output_that_lost_a_file_is_not_sent(tmp_path):
    output, _ = built("emotify", tmp_path)
    next(output.glob("data/*.parquet")).unlink()
    code, out, err = command("emotify", SAMPLES / "emotify", "--output", output, "--push", "me/x", "--dry-run")
    assert (code, out) == (1, "")
    assert "is not whole: 0 rows of 8" in err


def test_a_name_that_the_hub_cannot_have_is_refused_before_anything_is_built(tmp_path):
    code, out, err = command("emotify", SAMPLES / "emotify", "--output", tmp_path / "out", "--push", "me/a/b")
    assert (code, out) == (1, "")
    assert err.startswith("tonada: 'me/a/b' is no repository; write OWNER/NAME")
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(registry.data_set("turkish"), "load", lambda folder: pytest.fail("read before it was refused"))
    (tmp_path / "out").write_text("mine")
    code, _, err = command("turkish", SAMPLES / "turkish", "--output", tmp_path / "out")
    assert code == 1
    assert "out is a file" in err
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    code, _, err = command("turkish", SAMPLES / "turkish", "--output", tmp_path)
    assert code == 1
    assert "is not empty" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_song_that_is_gone_is_named_and_nothing_half_built_stays(tmp_path):
    place = shutil.copytree(SAMPLES / "emotify", tmp_path / "emotify")
    (place / "audio" / "101.flac").unlink()
    code, _, err = command("emotify", place, "--output", tmp_path / "built" / "out")
    assert code == 1
    assert "101.flac" in err
    assert not list((tmp_path).glob("built/*"))


def test_an_option_of_the_data_set_is_built_and_told(tmp_path):
    chosen = ("turkish", SAMPLES / "turkish", "--option", "table=modified", "--output")
    assert command(*chosen, tmp_path / "out")[0] == 0
    assert "data build turkish` with table='modified'." in (tmp_path / "out" / "README.md").read_text()
    as_published = built("turkish", tmp_path / "published")[1]
    assert provenance.load(tmp_path / "out" / provenance.FILE).data != as_published.data
    code, _, err = command(*chosen, tmp_path / "published" / "out")
    assert code == 1
    assert "holds other data" in err


def test_what_the_hub_has_needs_no_folder_and_all_else_does(tmp_path, monkeypatch):
    copies = {"0" * 40: SAMPLES / "ccmusic_genre"}
    monkeypatch.setattr(registry.data_set("ccmusic_genre"), "_download", copies.__getitem__)
    code, out, _ = command("ccmusic_genre", "--output", tmp_path / "out", "--option", f"revision={'0' * 40}")
    assert code == 0
    assert out.startswith("ccmusic_genre 1.0.0")
    code, _, err = command("turkish", "--output", tmp_path / "out")
    assert code == 1
    assert "turkish is read from a folder" in err


def test_a_wrong_name_lists_what_there_is(tmp_path):
    code, _, err = command("emotifi", tmp_path, "--output", tmp_path / "out")
    assert code == 1
    assert "there are emotion_4qaed, emotify" in err


def test_what_nobody_foresaw_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    def broken(folder):
        raise KeyError("genre 9\nis not known")

    monkeypatch.setattr(registry.data_set("turkish"), "load", broken)
    code, out, err = command("turkish", SAMPLES / "turkish", "--output", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "turkish cannot be built from" in err
    assert "KeyError" in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_playlists_of_which_no_song_is_wanted_say_so(tmp_path):
    limits = ("--option", "seconds=1000,2000")
    code, _, err = command("playlists", SAMPLES / "playlists", "--output", tmp_path / "out", *limits)
    assert code == 1
    assert "playlists takes none of its songs" in err
    assert len(err.splitlines()) == 1


def test_a_missing_column_names_those_found(tmp_path):
    (tmp_path / "metadata.csv").write_text("file_name,genre\n")
    code, _, err = command("emotify", tmp_path, "--output", tmp_path / "out")
    assert code == 1
    assert "has no column label, track_id, artist; its columns are file_name, genre" in err


@pytest.mark.parametrize("option", ["--private", "--dry-run", "--despite-licence"])
def test_an_option_about_pushing_needs_somewhere_to_push(option, tmp_path):
    code, _, err = command("turkish", SAMPLES / "turkish", "--output", tmp_path / "out", option)
    assert code == 1
    assert "--push OWNER/NAME" in err
    assert not (tmp_path / "out").exists()


def test_the_page_shows_what_a_dry_run_prints(tmp_path):
    (shown,) = (text for language, text in BLOCKS if language == "console" and "data build" in text)
    line, printed = shown.split("\n", 1)
    shutil.copytree(SAMPLES / "emotify", tmp_path / "DATA" / "emotify")
    assert tonada(*line.removeprefix("$ tonada ").split(), folder=tmp_path).stdout == printed
