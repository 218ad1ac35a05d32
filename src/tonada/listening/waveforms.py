"""Waveforms through the model at once, an answer each; company changes no answer."""

from collections.abc import Sequence

import numpy as np
import soxr
import torch

from tonada.listening.answers import Answer
from tonada.listening.gate import refusal
from tonada.listening.inputs import as_heard
from tonada.listening.judging import judge
from tonada.listening.listener import Listener
from tonada.modeling import TonadaOutput


def listen_to(
    listener: Listener, waveforms: Sequence[np.ndarray], paths: Sequence[str], level: int | None = None
) -> list[Answer]:
    """
    Classify waveforms, each float32 `(samples,)` at the extractor's rate, in one pass of the model.

    Args:
        listener: its gate hears each first, resampled if it hears at another rate.
        waveforms: at least one.
        paths: what the answers call them.
        level: as `Listener.listen` has it.

    Raises:
        InputError: stems or embeddings cannot be had here.
        ValueError: a waveform is no sound, or there is no such level.
    """
    rate = listener.extractor.sampling_rate
    answers = {}
    for index, (waveform, path) in enumerate(zip(waveforms, paths, strict=True)):
        if said := _said_against(listener, waveform, path):
            answers[index] = Answer(path, "not_music", said)
    music = [index for index in range(len(waveforms)) if index not in answers]
    answers |= dict(zip(music, _judged(listener, [waveforms[index] for index in music], level), strict=True))
    return [
        listener.signed(answers[index], path, len(waveform) / rate)
        for index, (waveform, path) in enumerate(zip(waveforms, paths, strict=True))
    ]


def _said_against(listener: Listener, waveform: np.ndarray, path: str) -> str | None:
    if listener.gate is None:
        return None
    rates = listener.extractor.sampling_rate, listener.gate.extractor.sampling_rate
    return refusal(listener.gate, waveform if rates[0] == rates[1] else soxr.resample(waveform, *rates), path)


@torch.inference_mode()
def _judged(listener: Listener, waveforms: list[np.ndarray], level: int | None) -> list[Answer]:
    if not waveforms:
        return []
    extractor, model = listener.extractor, listener.model
    songs = [as_heard(waveform, extractor) for waveform in waveforms]
    features = extractor(songs, sampling_rate=extractor.sampling_rate, return_tensors="pt").to(model.device)
    output = model(**features)
    return [
        judge(_of_one(output, index), model.config, extractor.segment_times(song), level)
        for index, song in enumerate(songs)
    ]


def _of_one(output: TonadaOutput, index: int) -> TonadaOutput:
    """What `judge` needs of one song of a batch, without the segments that pad it to the longest."""
    count = int(output.segment_mask[index].sum())
    return TonadaOutput(
        logits=output.logits[index : index + 1],
        segment_logits=output.segment_logits[index : index + 1, :count],
        segment_mask=output.segment_mask[index : index + 1, :count],
        agreement=None if output.agreement is None else output.agreement[index : index + 1],
        embedding=output.embedding[index : index + 1],
    )
