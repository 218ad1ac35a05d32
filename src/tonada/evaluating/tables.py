"""The songs of a data set as a table of descriptors, which the baselines learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from datasets import Dataset
from tqdm import tqdm

from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.listening.decoding import decode
from tonada.listening.limits import AudioError, Limits


@dataclass(frozen=True)
class Table:
    """
    Songs that could be heard.

    Attributes:
        places: among the rows of the data set.
        descriptors: mean over the song, `(songs, columns)`.
        labels: their ids, `(songs,)`.
        groups: names of performers.
        song_ids: names of songs.
    """

    places: list[int]
    descriptors: np.ndarray
    labels: np.ndarray
    groups: list[str]
    song_ids: list[str]

    def at(self, places: list[int]) -> np.ndarray:
        """Where rows of the data set stand in the table."""
        where = {place: index for index, place in enumerate(self.places)}
        return np.array([where[place] for place in places if place in where], dtype=int)


def descriptors_of(rows: Dataset, labels: Sequence[str], extractor: TonadaFeatureExtractor, limits: Limits) -> Table:
    """
    The descriptors that the model hears, of all songs; the default set if it hears none or hears stems.

    Args:
        rows: of a data set with audio.
        labels: in the order of their ids.
        extractor: the model's.
        limits: of recordings, beyond which they are left out.
    """
    plain = _plain(extractor)
    places, vectors = [], []
    for place, row in enumerate(tqdm(rows, desc="descriptors", unit="song", disable=None)):
        try:
            waveform = decode(row["audio"]["path"], plain.sampling_rate, limits)
        except AudioError:
            continue  # named where the model hears it
        heard = plain(waveform, sampling_rate=plain.sampling_rate, return_tensors="pt")
        places.append(place)
        vectors.append(heard["descriptors"][0].mean(0).numpy())
    kept = rows.select(places)
    names = rows.features["label"].names
    truth = np.array([labels.index(names[label]) for label in kept["label"]], dtype=int)
    return Table(places, np.array(vectors), truth, list(kept["group"]), list(kept["song_id"]))


def _plain(extractor: TonadaFeatureExtractor) -> TonadaFeatureExtractor:
    if "descriptors" not in extractor.branches or extractor.stems is not None:
        return TonadaFeatureExtractor(branches=("descriptors",))
    fewer = {"branches": ["descriptors"], "feature_schema": None}  # a schema is of all branches together
    return TonadaFeatureExtractor.from_dict({**extractor.to_dict(), **fewer})
