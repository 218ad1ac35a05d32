"""Several models on one recording: it is decoded once a rate, and what models hear alike is made once."""

import json
from collections.abc import Mapping

import numpy as np

from tonada.listening.answers import Answer
from tonada.listening.decoding import Source, decode
from tonada.listening.limits import Limits
from tonada.listening.listener import Heard, Listener


def listen_together(
    source: Source, listeners: Mapping[str, Listener], path: str = "", limits: Limits | None = None
) -> dict[str, Answer]:
    """
    What each listener says of one recording, by its name.

    Args:
        source: a path, a file's bytes, or an open binary file.
        listeners: those with extractors of the same settings share features.
        path: what the answers call it.
        limits: what recordings are refused, of all listeners alike.

    Raises:
        AudioError: the recording cannot be judged.
    """
    waveforms: dict[int, np.ndarray] = {}
    heard: dict[str, Heard] = {}
    answers = {}
    for name, listener in listeners.items():
        extractor = listener.extractor
        rate, settings = extractor.sampling_rate, json.dumps(extractor.to_dict(), sort_keys=True)
        if settings not in heard:
            if rate not in waveforms:
                waveforms[rate] = decode(source, rate, limits)
            heard[settings] = listener.hear(waveforms[rate])
        answers[name] = listener.answer(heard[settings], path)
    return answers
