"""What published networks hear in songs, in few uncorrelated numbers a song: a network of ours can learn them too."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torchaudio.transforms import Resample
from tqdm import tqdm

from tonada.embedding.embedders import Embedder, load_embedder
from tonada.embedding.errors import EmbeddingError
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.recipe_parts import Teachers
from tonada.learning.recipes import RecipeError
from tonada.learning.songs import Song, rows_of_source
from tonada.listening.feature_cache import FeatureCache
from tonada.listening.many_features import features_of


def unlabelled_songs(
    teachers: Teachers, root: Path, extractor: TonadaFeatureExtractor, cache: FeatureCache, workers: int = 1
) -> list[Song]:
    """The songs of `teachers.also`, whose labels are not read: teachers say what there is to learn in them."""
    songs = []
    for source in teachers.also:
        rows = rows_of_source(source, root)
        if "audio" not in rows.features:
            raise RecipeError(f"teachers.also: {source['script']} has no audio, and teachers hear recordings")
        hearing = [(audio["path"], extractor) for audio in rows["audio"]]
        heard = tqdm(features_of(hearing, cache, workers), source["script"], len(hearing), unit="song", disable=None)
        for row, (path, _), features in zip(rows, hearing, heard, strict=True):
            songs.append(Song(row["song_id"], row["group"], None, features, path))
    return songs


def heard_by_teachers(teachers: Teachers, songs: Sequence[Song], cache: FeatureCache, workers: int = 1) -> torch.Tensor:
    """
    What all teachers together hear in each song, the mean over its steps: `(songs, width)`.

    Raises:
        RecipeError: the weights of a teacher are not here, or songs are embeddings without a recording.
        AudioError: a file cannot be read as sound.
    """
    if not all(song.path for song in songs):
        raise RecipeError("teachers hear recordings, and the songs of this data set are embeddings; leave teachers out")
    heard = []
    for name in teachers.names:
        hearing = [(song.path, _ear_of(name)) for song in songs]
        told = tqdm(features_of(hearing, cache, workers), name, len(songs), unit="song", disable=None)
        heard.append(torch.stack([_mean_of_steps(features) for features in told]))
    return torch.cat(heard, dim=1)


def lessons_from(heard: torch.Tensor, components: int) -> tuple[torch.Tensor, torch.Tensor]:
    """
    The principal components of what is heard, standardised before and each of variance 1 after (whitened).

    Args:
        heard: in the songs to learn from, `(songs, width)`.
        components: how many, as far as there are so many.

    Returns:
        `(songs, components)`, and what each component counts: the root of its singular value, on average 1.
    """
    projection = Projection(heard, components)
    return projection(heard), projection.importance


class TeachersEar:
    """
    What all teachers together hear in a stretch of sound, `(samples,)` to `(width,)`, the mean over its steps.

    Args:
        names: of the teachers.
        rate: of the sound, hertz.
        precision: of a recipe; in bf16 a teacher is as good, and on processors that know it faster again.

    Raises:
        RecipeError: the weights of a teacher are not here.
    """

    def __init__(self, names: Sequence[str], rate: int, precision: str):
        self.embedders = [_embedder(name) for name in names]
        self.resample = [Resample(rate, each.published.sampling_rate) for each in self.embedders]
        for each in self.embedders:  # in this order of their numbers a CPU convolves in two thirds of the time
            each.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.precision = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")

    @torch.no_grad()
    def __call__(self, sound: torch.Tensor) -> torch.Tensor:
        """Hear a stretch."""
        pairs = zip(self.embedders, self.resample, strict=True)
        sounds = [(embedder, resample(sound)) for embedder, resample in pairs]
        with self.precision:
            return torch.cat([embedder(sound).embeddings.float().mean(0) for embedder, sound in sounds])


class Projection:
    """
    From what teachers hear, `(sounds, width)`, to its components, `(sounds, components)`, fitted as of `lessons_from`.

    Attributes:
        importance: what each component counts, `(components,)`.
    """

    def __init__(self, heard: torch.Tensor, components: int):
        components_of = PCA(min(components, *heard.shape), whiten=True, svd_solver="full")
        self.fitted = make_pipeline(StandardScaler(), components_of).fit(heard.double().numpy())
        importance = np.sqrt(components_of.singular_values_)
        self.importance = torch.from_numpy(importance / importance.mean()).float()

    def __call__(self, heard: torch.Tensor) -> torch.Tensor:
        """The components of what is heard."""
        return torch.from_numpy(self.fitted.transform(heard.double().numpy())).float()


def _ear_of(name: str) -> TonadaFeatureExtractor:
    facts = _embedder(name).published
    return TonadaFeatureExtractor(
        sampling_rate=facts.sampling_rate,
        max_frequency=None,
        branches=["embeddings"],
        embedder=name,
        embedding_rate=facts.steps_per_second,
        embedding_seconds=facts.seconds,
        segment_seconds=facts.seconds,
    )


def _embedder(name: str) -> Embedder:
    try:
        return load_embedder(name)
    except EmbeddingError as error:
        raise RecipeError(f"teachers: {error}") from error


def _mean_of_steps(features) -> torch.Tensor:
    return features["embeddings"][features["step_mask"].bool()].mean(0)
