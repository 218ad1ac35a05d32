"""What an extractor takes of a mix: the mix itself, its stems side by side, or embeddings by a published network."""

import numpy as np
import soxr

from tonada.embedding.embedders import embed, load_embedder
from tonada.embedding.errors import EmbeddingError
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.separation import METHODS, SeparationError, check_method, separate
from tonada.listening.stem_cache import StemCache

SAME = 0.01  # share by which two lengths of a step may differ and be the same, rounded


class InputError(ValueError):
    """What an extractor takes cannot be had on this machine, in one line that says what to do."""


def as_heard(
    waveform: np.ndarray, extractor: TonadaFeatureExtractor, stem_cache: StemCache | None = None
) -> np.ndarray:
    """
    A mix, `(samples,)` at the extractor's rate, as the extractor takes it: itself, `(stems, samples)` from the cache of
    stems (the person's, if none is given), or `(steps, width)` of embeddings.

    Raises:
        InputError: stems or embeddings cannot be had here.
    """
    check_input_of(extractor)
    try:
        return _made(waveform, extractor, stem_cache or StemCache())
    except (EmbeddingError, SeparationError) as error:
        raise InputError(str(error)) from error


def _made(waveform: np.ndarray, extractor: TonadaFeatureExtractor, stem_cache: StemCache) -> np.ndarray:
    if extractor.embedder is not None:
        own_rate = load_embedder(extractor.embedder).published.sampling_rate
        raised = soxr.resample(waveform, extractor.sampling_rate, own_rate)  # as it is, if that is its rate
        return embed(raised, own_rate, extractor.embedder, hop_seconds=1 / extractor.embedding_rate).numpy()
    if extractor.stems is None:
        return waveform
    stems = separate(waveform, extractor.sampling_rate, extractor.separation, stem_cache)
    return np.stack([{"mix": waveform, **stems}[name] for name in extractor.stems])


def check_input_of(extractor: TonadaFeatureExtractor) -> None:
    """
    Refuse an extractor whose stems or embeddings cannot be had on this machine.

    Raises:
        InputError: saying what is missing.
    """
    try:
        if "embeddings" in extractor.branches:
            _check_embedder(extractor)
        if extractor.stems is not None:
            _check_stems(extractor)
    except (EmbeddingError, SeparationError) as error:
        raise InputError(str(error)) from error


def _check_embedder(extractor: TonadaFeatureExtractor) -> None:
    if extractor.embedder is None:
        raise EmbeddingError("this model hears embeddings, but its extractor does not say whose; set embedder")
    facts, name = load_embedder(extractor.embedder).published, extractor.embedder
    if extractor.sampling_rate > facts.sampling_rate:
        raise EmbeddingError(
            f"the extractor's sampling_rate is {extractor.sampling_rate:g}, but {name} hears "
            f"{facts.sampling_rate:g} Hz; set it to that, or lower, for sound without what a lower rate leaves out"
        )
    if abs(extractor.embedding_seconds - facts.seconds) > SAME * facts.seconds:
        raise EmbeddingError(
            f"the extractor's embedding_seconds is {extractor.embedding_seconds:g}, of {name} it is {facts.seconds:g}; "
            "set it to that"
        )


def _check_stems(extractor: TonadaFeatureExtractor) -> None:
    check_method(extractor.separation)
    made = ("mix", *METHODS[extractor.separation].stems)
    if missing := [name for name in extractor.stems if name not in made]:
        raise SeparationError(f"{extractor.separation} makes no stem {missing[0]!r}; it makes {', '.join(made)}")
