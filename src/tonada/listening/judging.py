"""What a torch model's output says of one song, as the numbers that every runtime's answer is made of."""

from dataclasses import replace

from tonada.listening.answers import Answer
from tonada.listening.facts import Facts
from tonada.listening.verdict import Numbers, Times, verdict
from tonada.modeling import TonadaConfig, TonadaOutput
from tonada.modeling.labels_tonada import MULTI_LABEL, REGRESSION


def judge(output: TonadaOutput, config: TonadaConfig, times: Times, level: int | None = None) -> Answer:
    """The answer to the one song of a batch; see `verdict`."""
    scores = output.logits[0]
    by_problem = {REGRESSION: scores, MULTI_LABEL: scores.sigmoid()}
    probabilities = by_problem.get(config.problem, scores.exp())
    numbers = Numbers(probabilities.cpu().numpy(), output.segment_logits[0].cpu().numpy(), times)
    answer = verdict(numbers, Facts.of(config), level)
    return replace(answer, embedding=output.embedding[0].tolist())
