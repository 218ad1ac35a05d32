"""Several models on one recording: it is decoded once, and what models hear alike is made once."""

import json
from collections.abc import Mapping

from tonada.listening.answers import Answer
from tonada.listening.decoding import Source, decode_at
from tonada.listening.limits import Limits
from tonada.listening.listener import Heard, Listener
from tonada.modeling import TonadaOutput


def listen_together(
    source: Source, listeners: Mapping[str, Listener], path: str = "", limits: Limits | None = None
) -> dict[str, Answer]:
    """
    What each listener says of one recording, by its name.

    Args:
        source: a path, a file's bytes, or an open binary file.
        listeners: those with extractors of the same settings share features, and embeddings too if they share a
            backbone, see `share_backbones`.
        path: what the answers call it.
        limits: what recordings are refused, of all listeners alike.

    Raises:
        AudioError: the recording cannot be judged.
    """
    waveforms = decode_at(source, {listener.extractor.sampling_rate for listener in listeners.values()}, limits)
    heard: dict[str, Heard] = {}
    embedded: dict[tuple[str, int], TonadaOutput] = {}
    answers = {}
    for name, listener in listeners.items():
        settings = json.dumps(listener.extractor.to_dict(), sort_keys=True)
        if settings not in heard:
            heard[settings] = listener.hear(waveforms[listener.extractor.sampling_rate])
        backbone = settings, id(listener.model.tonada)
        if backbone not in embedded:
            embedded[backbone] = listener.embed(heard[settings])
        answers[name] = listener.answer_embedded(embedded[backbone], heard[settings], path)
    return answers
