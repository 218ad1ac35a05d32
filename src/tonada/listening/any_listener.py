"""What a listener can tell of its answers, whichever runtime computes them; needs no torch."""

from dataclasses import replace

from tonada.listening.answers import Answer
from tonada.listening.facts import Facts


class AnyListener:
    """
    A model that answers of songs.

    Attributes:
        facts: of the model.
        name: what answers call the model.
        revision: which edition of it.
    """

    facts: Facts
    name: str
    revision: str | None

    def labels(self, level: int | None = None) -> list[str]:
        """
        What an answer has a number for: the model's labels or values, or the labels of a level.

        Raises:
            ModelError: there is no such level.
        """
        return self.facts.labels_of(level, self.name)

    def kind(self, level: int | None = None) -> list[str]:
        """The attributes that only answers of this kind have, among `level`, `leaf`, `labels` and `values`."""
        return self.facts.kind(level)

    def signed(self, answer: Answer, path: str, seconds: float) -> Answer:
        """The answer with the song's path and duration, and whose it is."""
        return replace(answer, path=path, duration=seconds, model=self.name, revision=self.revision)
