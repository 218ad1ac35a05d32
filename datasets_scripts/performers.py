"""Who made a recording, for splits: artists that share a performer are one group and never stand on two sides."""

import re

JOINERS = re.compile(r"\s*(?:&|\+|;|,|/|\band\b|\bwith\b|\bvs\.?|\bfeat(?:uring|\.)?)\s+", re.IGNORECASE)


def groups_of(artists: list[str], alone: list[str]) -> list[str]:
    """
    A group for each song.

    Names are compared without case and with single blanks. A name that joins others (`Edward Martin and Paul Berget`)
    is in one group with each of them that is an artist of the data set by itself (`Edward Martin`); parts
    that are not, such as `his orchestra`, connect nobody.

    Args:
        artists: of each song; empty where unknown.
        alone: the group of each song whose artist is unknown.
    """
    names = [" ".join(artist.casefold().split()) for artist in artists]
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for name in sorted(leader):
        for part in JOINERS.split(name):
            if part in leader and part:
                first, second = sorted((find(name), find(part)))
                leader[second] = first
    return [find(name) if name else own for name, own in zip(names, alone, strict=True)]
