"""What is said of a song: the answer a person reads and a program parses."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

OF_SOME = ("level", "leaf", "labels", "values")  # what only answers of one kind have
OF_THE_SONG = ("path", "duration", "model", "revision")  # what a stem does not say again


@dataclass(frozen=True)
class Stretch:
    """Part of a song, in seconds, with what it sounds like and the probability of that."""

    start: float
    end: float
    label: str
    probability: float


@dataclass(frozen=True)
class Answer:
    """
    One song's answer, or why there is none.

    Attributes:
        path: the file as it was given.
        status: `ok`, `not_music` if a music gate said so, or the word of an `AudioError`.
        message: empty, or one line that says what went wrong and what to do.
        label: the most probable label, or `unknown` if the model abstains; `None` without an answer, as are all that
            follow, and of a model whose answers are values.
        parents: the ancestors of the answered leaf, nearest first.
        probability: of the most probable label, calibrated.
        probabilities: of every label; at a level, of its labels.
        agreement: share of the segments that voted for the most probable label.
        set: labels that hold the truth for nine songs in ten (split conformal); `None` if never fitted. At a level, the
            labels above the leaves that do.
        level: which level of the tree of labels was asked for; 1 for the roots.
        leaf: of an answer at a level, the most probable leaf below the label, or `unknown`.
        labels: of a model whose labels occur together, those that are as probable as not, the most probable first.
        values: of a model of values, each by its name.
        duration: seconds.
        segments: what each segment sounds like.
        model: the model's name or folder.
        revision: the package's version or the Hub's commit, where there is one.
        embedding: what the model's last layer takes of the song, not in JSON; `None` where a runtime does not tell.
        stems: what each stem is alone, as a song of its own; `None` where nobody asked.
    """

    path: str
    status: str = "ok"
    message: str = ""
    label: str | None = None
    parents: list[str] = field(default_factory=list)
    probability: float | None = None
    probabilities: dict[str, float] | None = None
    agreement: float | None = None
    set: list[str] | None = None
    level: int | None = None
    leaf: str | None = None
    labels: list[str] | None = None
    values: dict[str, float] | None = None
    duration: float | None = None
    segments: list[Stretch] = field(default_factory=list)
    model: str | None = None
    revision: str | None = None
    embedding: list[float] | None = field(default=None, compare=False, repr=False)
    stems: "dict[str, Answer] | None" = None

    def to_dict(self, timeline: bool = False) -> dict[str, Any]:
        """
        Plain values for JSON: `segments` only with a timeline, `stems` only where somebody asked, as a list; `level`,
        `leaf`, `labels` and `values` only in answers of their kind; `embedding` never.
        """
        plain = asdict(replace(self, stems=None, embedding=None))
        plain = _without(plain, ("embedding", *(name for name in OF_SOME if plain[name] is None)))
        if not timeline:
            del plain["segments"]
        del plain["stems"]
        if self.stems is not None:
            alone = {name: answer.to_dict(timeline) for name, answer in self.stems.items()}
            plain["stems"] = [{"stem": name} | _without(answer, OF_THE_SONG) for name, answer in alone.items()]
        return plain

    def parts(self) -> "list[tuple[str, Answer]]":
        """The song's own answer, called `mix`, and then each stem's."""
        return [("mix", self), *(self.stems or {}).items()]

    def stretches(self) -> list[Stretch]:
        """Neighbouring segments of one label as one stretch, with their mean probability weighted by length."""
        merged: list[list[Stretch]] = []
        for segment in self.segments:
            if merged and merged[-1][-1].label == segment.label:
                merged[-1].append(segment)
            else:
                merged.append([segment])
        return [_joined(run) for run in merged]


def _joined(run: list[Stretch]) -> Stretch:
    seconds = [segment.end - segment.start for segment in run]
    weighted = sum(segment.probability * length for segment, length in zip(run, seconds, strict=True))
    return Stretch(run[0].start, run[-1].end, run[0].label, weighted / sum(seconds))


def _without(plain: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if name not in names}
