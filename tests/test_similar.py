"""Songs like a song: by the angle between embeddings, from the table or heard, as a list and as a radio."""

import hashlib
import json
from itertools import islice, pairwise
from pathlib import Path

import mutagen
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from commands import tonada
from conftest import RATE, noise

from tonada.cataloguing import seeds
from tonada.cataloguing.chosen import Filter, Tags
from tonada.cataloguing.playlists import KINDS
from tonada.cataloguing.radio import radio
from tonada.cataloguing.seeds import seed_of
from tonada.cataloguing.similar import FIRST_ASKED, Similar
from tonada.cataloguing.tables import KEY, TableError
from tonada.cataloguing.tag_tables import tags_schema, tags_table
from tonada.cataloguing.tagging import tag_batch
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.limits import AudioError

ABOUT = {"tasks": {"mood": {"model": "mine", "revision": "1", "labels": ["happy", "sad"], "fingerprint": "abc"}}}


def at(degrees: float, length: float = 1.0) -> list[float]:
    return [length * float(np.cos(np.radians(degrees))), length * float(np.sin(np.radians(degrees)))]


def table(path: Path, embeddings: dict[str, list[float] | None], **columns) -> Tags:
    """A table of tags of songs of these names; their contents are their names, unless `content` says otherwise."""
    count = len(embeddings)
    made = {
        "path": list(embeddings),
        "status": ["ok"] * count,
        "duration": [60.0] * count,
        "content": list(embeddings),
        "mood_label": ["happy"] * count,
        "mood_probability": pa.array([0.5] * count, pa.float32()),
        "mood_agreement": pa.array([1.0] * count, pa.float32()),
        "mood_embedding": pa.array(list(embeddings.values()), pa.list_(pa.float32())),
    } | columns
    pq.write_table(pa.table(made).replace_schema_metadata({KEY: json.dumps(ABOUT)}), path)
    return Tags(path)


@pytest.fixture
def circle(tmp_path) -> Tags:
    """Songs a few degrees apart; the loud one has the direction of `a`, ten times as far out."""
    return table(tmp_path / "t.parquet", {"a": at(0), "far": at(90), "b": at(5), "c": at(12), "loud": at(1, 10)})


def names(rows) -> list[str]:
    return [row["path"] for row in rows]


def test_the_nearest_by_angle_come_first(circle):
    found = list(Similar(circle).nearest(seed_of("a", circle)))
    assert names(found) == ["loud", "b", "c", "far"]
    assert [row["similarity"] for row in found] == pytest.approx(np.cos(np.radians([1, 5, 12, 90])), abs=1e-3)


def test_copies_of_the_same_bytes_are_told_once_and_the_song_itself_never(tmp_path):
    songs = {"a": at(0), "copy of a": at(0), "b": at(5), "copy of b": at(5)}
    tags = table(tmp_path / "t.parquet", songs, content=["a", "a", "b", "b"])
    assert names(Similar(tags).nearest(seed_of("a", tags))) in (["b"], ["copy of b"])


def test_every_song_is_found_in_the_end(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(5 * FIRST_ASKED, 8))
    tags = table(tmp_path / "t.parquet", {str(number): list(vector) for number, vector in enumerate(vectors)})
    found = list(Similar(tags).nearest(seed_of("0", tags)))
    assert sorted(map(int, names(found))) == list(range(1, len(vectors)))
    assert all(one["similarity"] >= other["similarity"] for one, other in pairwise(found))


@pytest.mark.parametrize("index", ["L2norm,Flat", "L2norm,IVF1,Flat"])
def test_any_index_of_faiss_answers(index, circle):
    assert names(islice(Similar(circle, index=index).nearest(seed_of("a", circle)), 1)) == ["loud"]


def test_a_filter_leaves_out_what_does_not_fit_but_not_the_seed(tmp_path):
    songs = {"a": at(0), "b": at(5), "c": at(9), "d": at(20), "bad": None}
    tags = table(tmp_path / "t.parquet", songs, duration=[9.0, 60, 90, 60, 60], mood_label=["sad", *["happy"] * 4])
    which = Filter(labels={"mood": "happy"}, longest=80)
    assert names(Similar(tags, which).nearest(seed_of("a", tags))) == ["b", "d"]
    with pytest.raises(TableError, match=r"no song of .* fits"):
        Similar(tags, Filter(shortest=1000))


def test_a_table_without_embeddings_says_how_to_make_one(tmp_path):
    tags = table(tmp_path / "t.parquet", {"a": at(0)})
    pq.write_table(pq.read_table(tags.path).drop_columns(["mood_embedding"]), tags.path)
    with pytest.raises(TableError, match="has no embeddings; make a table that has: tonada tag"):
        Similar(Tags(tags.path))


def test_a_song_whose_bytes_are_in_the_table_is_not_heard_again(tmp_path, monkeypatch):
    song = tmp_path / "renamed.flac"
    song.write_bytes(b"not even a song")
    monkeypatch.setattr(seeds, "listeners_of", lambda tasks: pytest.fail("heard"))
    content = hashlib.sha256(song.read_bytes()).hexdigest()
    tags = table(tmp_path / "t.parquet", {"other": at(0), "old name": at(5)}, content=["x", content])
    seed = seed_of(str(song), tags)
    assert (seed["path"], seed["embedding"]) == (str(song), pytest.approx(at(5)))


@pytest.fixture(scope="module")
def heard(examples, tmp_path_factory) -> Tags:
    """An example as the bundled model hears it, in a table that calls its bytes otherwise."""
    listeners, path = listeners_of([Task("emotion")]), tmp_path_factory.mktemp("heard") / "t.parquet"
    [row] = tag_batch([str(examples[0])], listeners)
    pq.write_table(tags_table([row | {"path": "song", "content": "other"}], tags_schema(listeners)), path)
    return Tags(path)


def test_a_song_that_is_heard_has_the_numbers_that_the_table_has(heard, examples):
    assert seed_of(str(examples[0]), heard)["embedding"] == seed_of("song", heard)["embedding"]


def test_what_cannot_be_heard_says_so(heard, tmp_path):
    (tmp_path / "song.mp3").write_text("no song")
    with pytest.raises(AudioError, match=r"song\.mp3"):
        seed_of(str(tmp_path / "song.mp3"), heard)
    with pytest.raises(AudioError, match="there is no such file"):
        seed_of("nowhere.mp3", heard)


def test_embeddings_of_another_edition_of_the_model_are_refused(heard, examples, tmp_path):
    made = pq.read_table(heard.path)
    about = json.loads(made.schema.metadata[KEY])
    about["tasks"]["emotion"]["fingerprint"] = "0123"
    pq.write_table(made.replace_schema_metadata({KEY: json.dumps(about)}), tmp_path / "t.parquet")
    with pytest.raises(TableError, match=r"embeddings of revision 0123 of bundled:emotion, and [0-9a-f]+ is here"):
        seed_of(str(examples[0]), Tags(tmp_path / "t.parquet"))


def test_a_radio_begins_with_its_song_and_drifts_from_one_to_the_next(tmp_path):
    songs = {"seed": at(0), "behind": at(-25), "one": at(10), "two": at(22), "three": at(36), "copy": at(10)}
    tags = table(tmp_path / "t.parquet", songs, content=["seed", "behind", "one", "two", "three", "one"])
    played = names(radio(Similar(tags), seed_of("seed", tags)))
    assert [name.replace("copy", "one") for name in played] == ["seed", "one", "two", "three", "behind"]


def test_nobody_plays_twice_in_a_row_on_the_radio(tmp_path):
    songs = {}
    places = {0: "Ana", 10: " ana", 21: "Béla", 33: "Ana", 46: None}  # no two as far from a third
    for number, (degrees, artist) in enumerate(places.items()):
        path = tmp_path / f"{number}.flac"
        soundfile.write(path, noise(1, number), RATE)
        if artist:
            file = mutagen.File(path)
            file["artist"] = artist
            file.save()
        songs[str(path)] = at(degrees)
    tags = table(tmp_path / "t.parquet", songs)
    played = names(radio(Similar(tags), tags.song("path", str(tmp_path / "0.flac"))))
    assert [Path(path).stem for path in played] == ["0", "2", "1", "4", "3"]


# The command ----------------------------------------------------------------------------------------------------------


def test_the_command_lists_songs_for_people_and_programs(circle):
    done = tonada("similar", "a", "--in", circle.path, "--count", "2")
    assert (done.returncode, done.stdout) == (0, "similarity  song\n      1.00  loud\n      1.00  b\n")
    done = tonada("similar", "a", "--in", circle.path, "--count", "2", "--format", "json")
    assert [song["path"] for song in json.loads(done.stdout)] == ["loud", "b"]
    done = tonada("similar", "a", "--in", circle.path, "--count", "1", "--format", "csv")
    assert done.stdout.splitlines()[0] == "path,similarity,duration,content"


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_writes_a_radio_that_begins_with_the_song(kind, circle, tmp_path):
    file = tmp_path / "lists" / f"radio.{kind}"
    done = tonada("similar", "b", "--in", circle.path, "--count", "2", "--radio", file, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    written = file.read_text()
    assert written.index("../b") < written.index("../loud") < written.index("../a")
    assert "3 songs are not where the table says, such as b" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--radio", "radio.txt"], "give it a name that ends in .m3u8 or .xspf"),
        (["--min-probability", "0.5"], "say which, for example --only emotion=happy"),
        (["--only", "mood=merry"], "has no label 'merry'; it has happy, sad"),
        (["--min-minutes", "30"], "fits; ask for less"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, says, circle):
    done = tonada("similar", "a", "--in", circle.path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_faiss_the_command_says_what_to_install(circle, monkeypatch):
    monkeypatch.setattr("tonada.extras.find_spec", lambda library: None)
    done = tonada("similar", "a", "--in", circle.path)
    assert (done.returncode, done.stderr) == (
        2,
        "tonada: similarity needs faiss; run: pip install 'tonada[similar]'\n",
    )
