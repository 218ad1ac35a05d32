"""A playlist that begins with a song and drifts: each song is like the one before it."""

from collections.abc import Iterator

from tonada.cataloguing.metadata import MetadataError, read_artists
from tonada.cataloguing.similar import Similar
from tonada.cataloguing.tag_tables import Row


def radio(songs: Similar, seed: Row) -> Iterator[Row]:
    """
    The seed, and then each time the song most like the one before, while there is one.

    No bytes come twice, and two songs in a row are never by one artist, as far as the files' metadata say who plays.
    """
    played: set[str] = set()
    song: Row | None = seed
    while song is not None:
        yield song
        played.add(song["content"])
        artists = _artists(song)
        near = (each for each in songs.nearest(song) if each["content"] not in played)
        song = next((each for each in near if not artists & _artists(each)), None)


def _artists(song: Row) -> set[str]:
    try:
        return {name.strip().casefold() for name in read_artists(song["path"])}
    except MetadataError:  # the table may be of another machine's files
        return set()
