"""Artists that share a performer are one group, however tags join, order or compose their names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tonada.datasets_scripts.performers import groups_of


def are_one(*artists: str) -> bool:
    return len(set(groups_of(list(artists), [f"song {place}" for place in range(len(artists))]))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lennon & McCartney", "McCartney & Lennon"),
        ("Drake ft. Rihanna", "Drake"),
        ("Drake (feat. Rihanna)", "Rihanna"),
        ("Drake [with Rihanna]", "Drake"),
        ("A and B", "A and C"),
        ("Jay-Z x Linkin", "Jay-Z"),
        ("A,B", "A"),
        ("A;B", "C;A"),
        ("Crosby, Stills, and Nash", "Nash"),
        ("John Lennon,Paul McCartney", "Paul McCartney, Ringo Starr"),
        (unicodedata.normalize("NFC", "Björk"), unicodedata.normalize("NFD", "Björk")),
        ("DRAKE  feat.  Rihanna", "drake"),
        ("Friends", "Joe & Friends"),
    ],
)
def test_artists_that_share_a_performer_are_one_group(one, other):
    assert are_one(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Eddie Heywood and His Orchestra", "Xavier Cugat & His Orchestra"),
        ("Sammy Davis; Jr.", "Harry Connick; Jr."),
        ("Joe & Friends", "Ann & Friends"),
        ("Beatles, The", "Doors, The"),
        ("Davis, Miles", "Kane, Miles"),
        ("The Sir Douglas Quintet + 2", "Ann + 2"),
        ("AC/DC", "DC/LA"),
        ("...And Oceans", "... & Sky"),
    ],
)
def test_what_names_no_performer_connects_nobody(one, other):
    assert not are_one(one, other)


@given(st.lists(st.text("AB ,;&(.x", max_size=9) | st.text(max_size=9), max_size=8), st.randoms())
def test_the_order_of_songs_changes_no_group(artists, random):
    order = list(range(len(artists)))
    random.shuffle(order)
    alone = [f"song {place}" for place in order]
    groups = groups_of(artists, [f"song {place}" for place in range(len(artists))])
    assert groups_of([artists[place] for place in order], alone) == [groups[place] for place in order]
