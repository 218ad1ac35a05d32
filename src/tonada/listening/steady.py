"""A label that does not flicker, of answers that come every second."""

import math
from dataclasses import dataclass

from tonada.listening.answers import Answer
from tonada.listening.verdict import AS_PROBABLE_AS_NOT
from tonada.modeling import TonadaConfig
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION, UNKNOWN

MARGIN = 0.1  # of probability, by which another label must lead before it is said


@dataclass(frozen=True)
class Steady:
    """
    What is said at a moment of a stream.

    Attributes:
        label: a label of the model, `unknown`, or the status of what was not judged, such as `silent`; `None` of a
            model of values.
        since: the second from which on it was said.
        probability: its mean, or that of the label that is not sure enough.
        probabilities: the mean of every label, and of each status that there was.
        labels: of a model whose labels occur together, those that are said.
        values: of a model of values, the mean of each.
    """

    label: str | None
    since: float
    probability: float | None = None
    probabilities: dict[str, float] | None = None
    labels: list[str] | None = None
    values: dict[str, float] | None = None


class Smoother:
    """
    Answers to what is said of them, by a mean and a margin.

    The mean is exponential, over probabilities: the vote `mean_probability` in which what is `seconds` old counts e
    times less. A mean alone still flickers where two labels are level, for it crosses there again and again; so another
    label is said only when its mean leads by a margin (hysteresis, as in a Schmitt trigger), and means that stay nearer
    than that change nothing. A window that was not judged (silence, no music) counts as one in which that is certain.

    Args:
        config: the model's: what kind of answers come, and below which probability it says `unknown`.
        seconds: time constant of the mean; with 0 each answer stands alone. Of answers that alternate every second
            between certainties the mean swings by tanh(1 / (2 seconds)), less than the margin from 5 seconds on.
        margin: of probability; with 0 the most probable label is said.
    """

    def __init__(self, config: TonadaConfig, seconds: float, margin: float = MARGIN):
        self.config, self.seconds, self.margin = config, seconds, margin
        self._mean: dict[str, float] = {}
        self._end = 0.0
        self._leader: str | None = None
        self._said: Steady | None = None

    def add(self, answer: Answer, end: float) -> Steady:
        """What is said once the answer to a window has come that ends at `end`, in seconds, later than the last."""
        if self.config.problem == REGRESSION:
            said = self._of_values(answer, end)
        else:
            said = self._of_labels(answer.probabilities or {answer.status: 1.0}, end)
        self._end, self._said = end, said
        return said

    def _of_values(self, answer: Answer, end: float) -> Steady:
        if answer.values is None:
            self._mean = {}  # values from before the silence say nothing of what comes after it
            return Steady(answer.status, self._since(answer.status, end))
        return Steady(None, self._since(None, end), values=self._averaged(answer.values, end))

    def _of_labels(self, probabilities: dict[str, float], end: float) -> Steady:
        mean = self._mean = self._averaged(probabilities, end)
        best = max(mean, key=mean.__getitem__)
        if self._leader is None or mean[best] - mean[self._leader] > self.margin:
            self._leader = best
        label = UNKNOWN if self._is_unsure(mean[self._leader]) else self._leader
        labels = self._together(mean) if self.config.problem == MULTI_LABEL else None
        return Steady(label, self._since(label, end), mean[self._leader], mean, labels)

    def _averaged(self, seen: dict[str, float], end: float) -> dict[str, float]:
        if not self._mean:
            self._mean = dict(seen)
        kept = math.exp((self._end - end) / self.seconds) if self.seconds else 0.0
        names = dict.fromkeys([*self._mean, *seen])
        self._mean = {name: kept * self._mean.get(name, 0.0) + (1 - kept) * seen.get(name, 0.0) for name in names}
        return self._mean

    def _is_unsure(self, probability: float) -> bool:
        """A label is said once it is as sure as the model asks for, and no more when it falls short by a margin."""
        if self.config.abstain_below is None:
            return False
        was_sure = self._said is not None and self._said.label != UNKNOWN
        return probability < self.config.abstain_below - (self.margin if was_sure else 0.0)

    def _together(self, mean: dict[str, float]) -> list[str]:
        """Labels that are said beside each other: those more probable than not, and those said before and nearly so."""
        said = self._said.labels or [] if self._said else []
        enough = {name: AS_PROBABLE_AS_NOT - (self.margin if name in said else 0.0) for name in mean}
        return sorted((name for name in mean if mean[name] >= enough[name]), key=lambda name: -mean[name])

    def _since(self, label: str | None, end: float) -> float:
        return self._said.since if self._said is not None and self._said.label == label else end
