"""One contract for every data set, held on a small sample of each."""

import ast
import inspect
from pathlib import Path

import datasets
import pytest
from conftest import ROOT
from fluidsynths import fluidsynth_that
from tonada.datasets_scripts import form, playlists, registry, splits

SAMPLES = ROOT / "tests" / "data"
ORDER = ["LICENSE", "CITATION", "SONGS", "LABELS", "PARENTS", "SOURCE"]
CONTENT = {"audio", "descriptors", "embeddings", "mel", "cqt", "chroma"}


OPTIONS: dict[str, dict] = {
    "emopia": {"soundfont": SAMPLES / "emopia" / "train.csv"},  # any file: what renders here is a stand-in
    "playlists": {"wanted": playlists.Wanted(seconds=(0, 360))},
}


def load(name: str, **options):
    return registry.data_set(name).load(SAMPLES / name, **OPTIONS.get(name, {}), **options)


@pytest.fixture(autouse=True)
def _stand_in_for_fluidsynth(tmp_path, monkeypatch):
    fluidsynth_that(tmp_path / "bin", f"cp {SAMPLES / 'folder' / 'calm' / '1.flac'} $sound", monkeypatch)


@pytest.fixture(params=registry.NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture
def rows(name, tmp_path) -> datasets.Dataset:
    return load(name, cache_dir=tmp_path)


def test_its_file_has_the_order_of_all(name):
    tree = ast.parse(inspect.getsource(registry.data_set(name)))
    assert ast.get_docstring(tree)
    assigned = [
        target.id
        for node in tree.body
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name) and target.id in ORDER
    ]
    assert assigned == ORDER
    behaviour = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    facts = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    public = [node.name for node in behaviour if not node.name.startswith("_")]
    assert max(node.lineno for node in facts) < min(node.lineno for node in behaviour), "facts before behaviour"
    assert "load" in public
    assert issubclass(getattr(registry.data_set(name), public[public.index("load") - 1]), form.SongBuilder)


def test_its_facts_are_stated(name):
    facts = registry.data_set(name)
    assert facts.LICENSE
    assert facts.SOURCE
    assert facts.CITATION.startswith("@") or not facts.CITATION
    assert facts.SONGS is None or facts.SONGS > 0
    assert len(set(facts.LABELS)) == len(facts.LABELS)


def test_its_columns_are_those_of_all(name, rows):
    content = [column for column in rows.features if column in CONTENT]
    levels = [column for column in rows.features if column.startswith("level_")]
    official = ["split"] if "split" in rows.features else []
    assert content
    assert list(rows.features) == [*content, "label", *levels, "song_id", "group", *official]
    assert all(isinstance(rows.features[column], datasets.ClassLabel) for column in ["label", *levels])
    assert rows.features.get("audio", form.AUDIO["audio"]) == form.AUDIO["audio"]


def test_its_labels_are_those_it_states(name, rows):
    assert len(rows) >= 4
    stated = registry.data_set(name).LABELS
    assert not stated or rows.features["label"].names == stated
    assert len(set(rows["label"])) >= 2


def test_its_levels_follow_its_tree(name, rows):
    parents = registry.data_set(name).PARENTS
    levels = [column for column in rows.features if column.startswith("level_")]
    assert bool(parents) == bool(levels)
    for row in rows:
        below = rows.features["label"].int2str(row["label"])
        for level in reversed(levels):
            above = rows.features[level].int2str(row[level])
            assert above in (below, parents.get(below))
            below = above


def test_every_song_has_an_id_and_one_group(rows):
    assert all(rows["song_id"])
    assert all(rows["group"])
    of_song = dict(zip(rows["song_id"], rows["group"], strict=True))
    assert all(of_song[song] == group for song, group in zip(rows["song_id"], rows["group"], strict=True))


def test_its_split_if_official_leaks_nothing(rows):
    if "split" in rows.features:
        assert set(rows["split"]) <= set(form.SPLITS)
        assert splits.official(rows).of(rows["song_id"]) == list(rows["split"])


def test_streaming_yields_the_same_rows(name, rows, tmp_path):
    streamed = load(name, streaming=True, cache_dir=tmp_path)
    assert streamed.features == rows.features
    without_images = [column for column in rows.features if column not in ("mel", "cqt", "chroma")]
    assert list(streamed.select_columns(without_images)) == list(rows.select_columns(without_images))


def test_its_audio_is_named_and_not_decoded(rows):
    if "audio" in rows.features:
        for row in rows:
            assert row["audio"]["bytes"] is None
            assert Path(row["audio"]["path"]).is_file()


def test_a_folder_that_is_not_there_is_refused(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        registry.data_set(name).load(tmp_path / "nowhere")


def test_an_empty_folder_says_what_it_lacks(name, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises((FileNotFoundError, ValueError), match=r"has no|holds no"):
        registry.data_set(name).load(tmp_path / "empty", cache_dir=tmp_path)


def test_every_data_set_of_the_room_is_registered():
    helpers = {"__init__", "archives", "debian", "form", "licences", "midi", "performers", "pickled_lists"}
    helpers |= {"playlist_files", "provenance", "registry", "splits", "tables", "tfrecord", "turkish_states"}
    files = {path.stem for path in (ROOT / "datasets_scripts").glob("*.py")}
    assert files - helpers == set(registry.NAMES)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(ValueError, match="there are emotion_4qaed"):
        registry.data_set("emotion")


def test_rows_of_gtzan_that_are_equal_number_by_number_are_one_group(tmp_path):
    rows = registry.data_set("gtzan").load(SAMPLES / "gtzan", cache_dir=tmp_path)
    groups = dict(zip(rows["song_id"], rows["group"], strict=True))
    assert groups["rock.00002.wav"] == groups["rock.00001.wav"]
    assert len(set(groups.values())) == len(rows) - 1
