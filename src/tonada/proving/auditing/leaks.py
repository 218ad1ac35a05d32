"""What is wrong with who stands where: recordings and groups on two sides, with two labels, under two ids."""

from collections.abc import Sequence
from dataclasses import dataclass

from tonada.proving.auditing.recordings import Recording
from tonada.proving.auditing.songs import Song

KINDS = {
    "recording on two sides": True,
    "recording with two labels": True,
    "group on two sides": True,
    "recording in two groups": False,
    "recording under two ids": False,
}
"""What can be found, and whether it is a leak; what is none yet becomes one under another deal, or counts twice."""
NAMED = 6  # rows that a message names


@dataclass(frozen=True)
class Finding:
    """One of `KINDS`, the rows that it concerns, and a line that says it."""

    kind: str
    rows: tuple[int, ...]
    message: str

    @property
    def is_leak(self) -> bool:
        """Whether a score on this split cannot be believed."""
        return KINDS[self.kind]


def find(songs: Sequence[Song], recordings: Sequence[Recording]) -> list[Finding]:
    """All that is wrong, in the order of `KINDS`."""
    found = []
    for recording in recordings:
        members = [songs[row] for row in recording.rows]
        for kind, values in {
            "recording on two sides": {song.part for song in members},
            "recording with two labels": {song.label for song in members},
            "recording in two groups": {song.group for song in members},
            "recording under two ids": {song.song_id for song in members},
        }.items():
            if len(values) > 1:
                reason = "; ".join(recording.why) or "one song id"
                found.append(Finding(kind, recording.rows, f"{_named(members)}: {reason}"))
    return sorted([*found, *_groups(songs)], key=lambda each: list(KINDS).index(each.kind))


def _groups(songs: Sequence[Song]) -> list[Finding]:
    """Groups on both sides."""
    members: dict[str, list[int]] = {}
    for row, song in enumerate(songs):
        members.setdefault(song.group, []).append(row)
    found = []
    for group, rows in members.items():
        parts = sorted({songs[row].part for row in rows})
        if len(parts) > 1:
            found.append(Finding("group on two sides", tuple(rows), f"{group}: {', '.join(parts)}"))
    return found


def _named(members: Sequence[Song]) -> str:
    named = [f"{song.song_id} ({song.label}, {song.part})" for song in members[:NAMED]]
    return ", ".join(named) + (f" and {len(members) - NAMED} more" if len(members) > NAMED else "")
