"""A split never puts a group on two parts, keeps songs where they are when others are added, and is data."""

from collections import Counter

import datasets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tonada.datasets_scripts import splits
from tonada.datasets_scripts.performers import groups_of
from tonada.datasets_scripts.splits import Split, SplitError

SONGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=20, max_size=90)
"""Label and artist of each song."""


def rows_of(songs: list[tuple[int, int]], song_ids: list[str] | None = None) -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {
            "label": [label for label, _ in songs],
            "song_id": song_ids or [f"song {number}" for number in range(len(songs))],
            "group": [f"artist {artist}" for _, artist in songs],
        }
    )


def deals(rows, folds, seed):
    groups = len(set(splits.units(rows["song_id"], rows["group"])))
    yield splits.hashed(rows, folds, seed)
    yield splits.extended(rows, folds, seed)
    if groups >= folds and max(Counter(rows["label"]).values()) >= folds:
        yield splits.even(rows, folds, seed)


@given(SONGS, st.integers(2, 6), st.integers(0, 99))
def test_no_group_stands_on_two_parts(songs, folds, seed):
    rows = rows_of(songs)
    for split in deals(rows, folds, seed):
        homes = {(group, part) for group, part in zip(rows["group"], split.of(rows["song_id"]), strict=True)}
        assert len(homes) == len(set(rows["group"]))
        assert set(split.parts.values()) <= {str(fold) for fold in range(folds)}


@given(SONGS, st.integers(2, 6), st.integers(0, 99), st.lists(st.integers(0, 9), min_size=90, max_size=90))
def test_segments_of_one_song_never_straddle(songs, folds, seed, of_song):
    """Also where careless metadata give them different artists: those artists are then one group."""
    ids = [f"song {number}" for number in of_song[: len(songs)]]
    for split in deals(rows_of(songs, ids), folds, seed):
        assert set(split.parts) == set(ids)


@given(SONGS, SONGS, st.integers(2, 6), st.integers(0, 99))
def test_adding_songs_moves_no_other(songs, more, folds, seed):
    few, all_of_them = rows_of(songs), rows_of(songs + more)
    once = splits.hashed(few, folds, seed)
    assert once.parts.items() <= splits.hashed(all_of_them, folds, seed).parts.items()
    once = splits.extended(few, folds, seed)
    assert once.parts.items() <= splits.extended(all_of_them, folds, seed, earlier=once).parts.items()


@given(SONGS, st.integers(2, 6), st.integers(0, 99), st.randoms())
def test_the_order_of_songs_changes_nothing(songs, folds, seed, random):
    ids = [f"song {number}" for number in range(len(songs))]
    pairs = list(zip(songs, ids, strict=True))
    random.shuffle(pairs)
    shuffled = rows_of([song for song, _ in pairs], [name for _, name in pairs])
    for deal in (splits.hashed, splits.extended):
        assert deal(rows_of(songs, ids), folds, seed).hash == deal(shuffled, folds, seed).hash


@given(SONGS, st.integers(2, 6), st.integers(0, 99))
def test_labels_are_as_even_as_promised(songs, folds, seed):
    rows = rows_of(songs)
    split = splits.extended(rows, folds, seed)
    in_groups = Counter(zip(rows["label"], rows["group"], strict=True))
    bound = (1 - 1 / folds) * sum(count**2 for count in in_groups.values())
    assert splits.unevenness(rows["label"], split.of(rows["song_id"]), folds) <= bound + 1e-9


@given(st.lists(st.integers(0, 3), min_size=20, max_size=60), st.integers(2, 5), st.integers(0, 99))
def test_where_every_song_is_its_own_group_labels_differ_by_one_at_most(labels, folds, seed):
    rows = rows_of([(label, number) for number, label in enumerate(labels)])
    parts = splits.extended(rows, folds, seed).of(rows["song_id"])
    for label in set(labels):
        counts = [
            sum(each == label and part == str(fold) for each, part in zip(labels, parts, strict=True))
            for fold in range(folds)
        ]
        assert max(counts) - min(counts) <= 1


def test_a_hash_is_even_in_expectation():
    rows = rows_of([(number % 4, number) for number in range(400)])
    parts = [splits.hashed(rows, 5, seed).of(rows["song_id"]) for seed in range(40)]
    mean = sum(splits.unevenness(rows["label"], each, 5) for each in parts) / len(parts)
    assert mean == pytest.approx((1 - 1 / 5) * 400, rel=0.1)


@given(SONGS, st.integers(0, 99))
def test_every_fold_has_songs(songs, seed):
    rows = rows_of([*songs, (0, 20), (1, 21), (0, 22)])
    assert set(splits.even(rows, 3, seed).parts.values()) == {"0", "1", "2"}
    assert set(splits.extended(rows, 3, seed).parts.values()) == {"0", "1", "2"}


def test_another_seed_is_another_deal():
    rows = rows_of([(number % 2, number) for number in range(40)])
    for deal in (splits.even, splits.hashed, splits.extended):
        assert deal(rows, 4, 0).hash == deal(rows, 4, 0).hash != deal(rows, 4, 1).hash


def test_a_random_deal_parts_the_songs_of_an_artist():
    rows = rows_of([(number % 2, number // 8) for number in range(80)])
    parts = splits.random(rows, 4).parts
    homes = [
        {parts[song] for song, group in zip(rows["song_id"], rows["group"], strict=True) if group == one}
        for one in set(rows["group"])
    ]
    assert max(map(len, homes)) > 1
    with pytest.raises(SplitError, match="a leak"):
        Split(parts, dict(zip(rows["song_id"], rows["group"], strict=True)))


def test_a_song_by_two_artists_brings_both_to_the_part_where_most_of_theirs_were():
    artists = ["Edward Martin"] * 3 + ["Paul Berget"] * 2 + [f"other {number}" for number in range(9)]
    dealt = {}
    for names in (artists, [*artists, "Edward Martin and Paul Berget"]):
        ids = [f"song {number}" for number in range(len(names))]
        rows = datasets.Dataset.from_dict({"label": [0] * len(names), "song_id": ids, "group": groups_of(names, ids)})
        earlier = dealt.get(len(artists))
        dealt[len(names)] = splits.extended(rows, 4, seed=0, earlier=earlier)
    before, after = dealt.values()
    assert before.parts["song 0"] != before.parts["song 3"]
    assert {after.parts[f"song {number}"] for number in (0, 1, 2, 3, 4, 14)} == {before.parts["song 0"]}
    assert all(after.parts[f"song {number}"] == before.parts[f"song {number}"] for number in range(5, 14))


@given(st.dictionaries(st.text(max_size=9), st.sampled_from(["train", "validation", "test"]), max_size=20))
def test_a_split_comes_back_as_it_was_saved(tmp_path_factory, parts):
    split = Split(parts, {song: f"group of {song}" for song in parts})
    path = tmp_path_factory.getbasetemp() / "split.json"
    split.save(path)
    assert splits.load(path) == split
    assert splits.load(path).hash == split.hash


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"train"', '"test"', "was changed after it was saved"),
        ('"artist 1"', '"artist 2"', "a leak"),
        ('"songs"', '"song"', "is not a saved split"),
        ("{", "", "is not a saved split"),
    ],
)
def test_a_changed_file_is_refused(tmp_path, old, new, says):
    parts, groups = {"a": "train", "b": "test"}, {"a": "artist 1", "b": "artist 2"}
    Split(parts, groups).save(tmp_path / "split.json")
    text = (tmp_path / "split.json").read_text()
    (tmp_path / "split.json").write_text(text.replace(old, new, 1))
    with pytest.raises(SplitError, match=says):
        splits.load(tmp_path / "split.json")


def test_a_split_with_a_group_on_two_parts_cannot_be_made():
    with pytest.raises(SplitError, match="'x' stands on 'train' and 'test'"):
        Split({"a": "train", "b": "test"}, {"a": "x", "b": "x"})


def test_a_song_that_was_never_dealt_is_named():
    with pytest.raises(SplitError, match="'new' is not in the split"):
        Split({"a": "0"}, {"a": "x"}).of(["a", "new"])


def test_the_official_split_is_kept_and_refused_where_it_leaks():
    rows = rows_of([(0, 1), (0, 1), (1, 2)]).add_column("split", ["train", "train", "test"])
    assert splits.official(rows).of(rows["song_id"]) == ["train", "train", "test"]
    leaking = rows_of([(0, 1), (0, 1)]).add_column("split", ["train", "test"])
    with pytest.raises(SplitError, match="a leak"):
        splits.official(leaking)
    same_song = rows_of([(0, 1), (0, 2)], ["a", "a"]).add_column("split", ["train", "test"])
    with pytest.raises(SplitError, match="the song 'a' stands"):
        splits.official(same_song)
    with pytest.raises(SplitError, match="no official split"):
        splits.official(rows_of([(0, 1)]))


def test_an_official_split_without_validation_gives_a_fold_of_whole_groups():
    rows = rows_of([(number % 2, number // 3) for number in range(30)])
    given = rows.add_column("split", ["train"] * 24 + ["test"] * 6)
    split = splits.with_validation(splits.official(given), given, 4)
    parts = split.of(rows["song_id"])
    assert Counter(parts) == {"train": 18, "validation": 6, "test": 6}
    assert set(parts[24:]) == {"test"}
    assert all(len(set(parts[at : at + 3])) == 1 for at in range(0, 30, 3))


@pytest.mark.parametrize("sides", [["test"] * 30, ["train"] * 20 + ["validation"] * 5 + ["test"] * 5])
def test_an_official_split_that_validates_or_only_tests_stays_as_it_is(sides):
    rows = rows_of([(number % 2, number) for number in range(30)]).add_column("split", sides)
    assert splits.with_validation(splits.official(rows), rows, 5).of(rows["song_id"]) == sides


def test_more_folds_than_groups_are_refused():
    with pytest.raises(SplitError, match="3 folds of 2 groups"):
        splits.even(rows_of([(0, 1), (1, 2)]), 3)
    with pytest.raises(SplitError, match="no label has more than 1 songs"):
        splits.even(rows_of([(0, 1), (1, 2)]), 2)


def test_sides_are_no_folds():
    sides = Split({"song 0": "train"}, {"song 0": "artist 1"})
    with pytest.raises(SplitError, match="'train' is no fold's number"):
        sides.sides()
    with pytest.raises(SplitError, match="'train' is no fold's number"):
        splits.extended(rows_of([(0, 1)]), 2, earlier=sides)


def test_an_earlier_split_of_more_folds_says_how_many():
    earlier = Split({"song 0": "4"}, {"song 0": "artist 1"})
    with pytest.raises(SplitError, match="give folds=5"):
        splits.extended(rows_of([(0, 1)]), 2, earlier=earlier)


@pytest.mark.parametrize("folds", [1, 2])
def test_folds_that_leave_none_to_learn_from_become_no_sides(folds):
    split = Split({f"{fold}": f"{fold}" for fold in range(folds)}, {f"{fold}": f"{fold}" for fold in range(folds)})
    with pytest.raises(SplitError, match="none to learn from; deal 3 or more"):
        split.sides()


def test_folds_become_sides():
    split = Split({"a": "0", "b": "1", "c": "2", "d": "3"}, {"a": "a", "b": "b", "c": "c", "d": "d"}).sides()
    assert list(split.parts.values()) == ["test", "validation", "train", "train"]
