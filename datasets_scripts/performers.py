"""Who made a recording, for splits: artists that share a performer are one group and never stand on two sides."""

import re
import unicodedata
from collections.abc import Iterator

COMMA = re.compile(r"\s*,\s*(?:(?:&|and\b)\s*)?")
JOINERS = re.compile(
    r"\s*(?:[&+/]\s+|;\s*)|\s+(?:and|with|vs\.?|x|×)\s+|\s*[(\[]\s*(?:with|feat(?:uring|\.)?|ft\.?)\s+"
    r"|\s+(?:feat(?:uring|\.)?|ft\.?)\s+"
)
NOBODY = re.compile(
    r"(?:his|her|their)\b.*|the|[js]r\.?|[\d\W]*|"
    r"(?:the )?(?:band|choir|chorus|company|ensemble|friends|group|orchestra|others|quartet|quintet|trio)"
)
"""What stands beside many a name and is a performer of none."""


def groups_of(artists: list[str], alone: list[str]) -> list[str]:
    """
    A group for each song.

    Names are compared without case, with single blanks, and however Unicode composes them (NFKC). Names that join the
    same performer (`Edward Martin and Paul Berget`, `Edward Martin feat. William Bastian`) are one group, with the
    artist of that name. What `NOBODY` matches connects only if an artist is called so, and so does a single word
    at a comma: `Bach, Johann Sebastian` is one performer.

    Args:
        artists: of each song; empty where unknown.
        alone: the group of each song whose artist is unknown.
    """
    names = [_plain(artist) for artist in artists]
    leader = {name: name for name in names}
    bearer = dict(leader)  # of each performer, a name that has them

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for name in sorted(leader):
        for part, is_sure in _performers(name):
            if part in leader or is_sure:
                first, second = sorted((find(name), find(bearer.setdefault(part, name))))
                leader[second] = first
    return [find(name) if name else own for name, own in zip(names, alone, strict=True)]


def _plain(artist: str) -> str:
    folded = unicodedata.normalize("NFKC", artist).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _performers(name: str) -> Iterator[tuple[str, bool]]:
    """The parts of a name that joins several, and whether each is surely a performer's own name."""
    for joined in JOINERS.split(name):
        pieces = COMMA.split(joined)
        for piece in pieces:
            part = piece.strip(" ()[]")
            is_whole = len(pieces) == 1 or " " in part
            if part:
                yield part, is_whole and not NOBODY.fullmatch(part)
