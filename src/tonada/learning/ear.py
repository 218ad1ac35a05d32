"""A network that learns to hear before it learns any label: what teachers hear in ever new mixes of songs."""

from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate.utils import set_seed
from datasets import Dataset, concatenate_datasets
from tqdm import tqdm

from tonada.datasets_scripts import provenance
from tonada.datasets_scripts.splits import Split
from tonada.feature_extraction import TonadaFeatureExtractor
from tonada.learning.accelerating import accelerator_of
from tonada.learning.batches import collate
from tonada.learning.chance import chance_of
from tonada.learning.lessons import new_model
from tonada.learning.loop import fit
from tonada.learning.mixes import Mixes, Pieces
from tonada.learning.objective import Distillation
from tonada.learning.recipe_parts import Recipe
from tonada.learning.recipes import RecipeError
from tonada.learning.saved_state import StateFile, fingerprint
from tonada.learning.scales import scales_of
from tonada.learning.songs import Song, deal, rows_of_source
from tonada.learning.teachers import Projection, TeachersEar
from tonada.listening.feature_cache import FeatureCache, Features
from tonada.listening.limits import AudioError
from tonada.listening.many_features import tried_features_of
from tonada.memory import keep_freed_memory
from tonada.modeling import TonadaModel

PIECE_SECONDS = 30.0  # in which songs are kept
FITTED = 1024  # mixes by which the lessons and the bands' scales are fitted
ASKED = 512  # stretches of songs that are held out, at most


@dataclass(frozen=True)
class Ear:
    """
    What a run without labels leaves.

    Attributes:
        model: without a head: it says nothing, and others start from it.
        extractor: what it hears with.
        explained: share of the variance of the lessons that it tells, in stretches of songs that it did not learn from.
        hours: of songs that it learned from.
        split: which songs it learned from; those of `test` were held out.
        provenance: names the songs, the split and the features.
    """

    model: TonadaModel
    extractor: TonadaFeatureExtractor
    explained: float
    hours: float
    split: Split
    provenance: provenance.Provenance


def learn_to_hear(
    recipe: Recipe,
    root: Path,
    cache: FeatureCache | None = None,
    workers: int = 1,
    state: Path | None = None,
    resume: bool = False,
) -> Ear | None:
    """
    Train the model of a recipe whose teachers have `mixes`; arguments as of `tonada.learning.training.train`.

    Raises:
        RecipeError: a data set has no recordings, no song is long enough, or a teacher's weights are not here.
    """
    keep_freed_memory()
    cache = cache or FeatureCache()
    extractor = TonadaFeatureExtractor(**recipe.features)
    accelerator = accelerator_of(recipe, None if state is None else state.parent)
    set_seed(recipe.training.seed)
    rows = recordings(recipe, root)
    split = deal(rows, recipe.data, root).sides()
    with accelerator.main_process_first():  # the others find in the cache what it has made
        songs = _songs(rows, split, extractor, cache, workers)
    pieces = {side: _pieces(members, extractor) for side, members in songs.items()}
    mixes, objective = _lesson(recipe, extractor, pieces["train"])
    file = None if state is None else StateFile(state, fingerprint(recipe, songs), resume)
    fit(objective, mixes, [], recipe.training, accelerator, file)
    is_first = accelerator.is_main_process
    accelerator.end_training()
    if not is_first:
        return None
    also = [source["script"] for source in recipe.data.also]
    named = provenance.of(rows, recipe.data.script, split.hash, extractor.to_dict(), cache.contents.digest, also)
    hours = sum(length for *_, length in pieces["train"].places) / extractor.sampling_rate / 3600
    told = explained(objective, mixes, pieces["test"])
    return Ear(objective.model.tonada, extractor, told, hours, split, named)


def _lesson(recipe: Recipe, extractor: TonadaFeatureExtractor, pieces: Pieces) -> tuple[Mixes, Distillation]:
    """What is to be learned, fitted on the first mixes that are drawn, and the objective around a new model."""
    training, teachers = recipe.training, recipe.teachers
    ear = TeachersEar(teachers.names, extractor.sampling_rate, training.mixed_precision)
    first = []
    for number in range(FITTED):
        with chance_of(training.seed, "first mix", number):
            first.append(pieces.mix())
    told = tqdm(map(ear, first), "teachers", FITTED, unit="mix", disable=None)
    project = Projection(torch.stack(list(told)), teachers.components)
    mixes = Mixes(pieces, extractor, lambda mix: project(ear(mix)[None])[0], teachers.mixes, training.seed)
    songs = [Song("", "", None, Features(heard, tuple(heard)), "") for heard in map(mixes.heard, first)]
    model = new_model(recipe, extractor, ["nothing"], scales_of(songs))
    return mixes, Distillation(model, project.importance, 1.0)


def recordings(recipe: Recipe, root: Path) -> Dataset:
    """
    The recordings of all data sets of a recipe, each song once and without its label.

    Raises:
        RecipeError: a data set has no recordings.
    """
    parts = [rows_of_source(source, root) for source in recipe.data.sources]
    for source, part in zip(recipe.data.sources, parts, strict=True):
        if "audio" not in part.features:
            raise RecipeError(f"{source['script']} has no audio, and teachers hear recordings")
    rows = concatenate_datasets([part.select_columns(["audio", "song_id", "group"]) for part in parts])
    places = {song_id: place for place, song_id in reversed(list(enumerate(rows["song_id"])))}
    rows = rows.select(sorted(places.values()))
    return rows.add_column("label", [0] * len(rows))


def explained(objective: Distillation, mixes: Mixes, pieces: Pieces) -> float:
    """
    The share of the variance of what there is to learn that a model tells, in stretches as they are, a component
    counting as in training.
    """
    steps = range(0, len(pieces.places), max(1, len(pieces.places) // ASKED))
    stretches = [pieces.plain(place) for place in steps]
    lessons = torch.stack([mixes.lesson(stretch) for stretch in stretches])
    with torch.inference_mode():
        embeddings = [objective.model(**collate([mixes.heard(each)])).embedding for each in stretches]
        missed = (objective.head(torch.cat(embeddings)) - lessons).square() @ objective.importance
    return float(1 - missed.sum() / ((lessons - lessons.mean(0)).square() @ objective.importance).sum())


def _songs(
    rows: Dataset, split: Split, extractor: TonadaFeatureExtractor, cache: FeatureCache, workers: int
) -> dict[str, list[Song]]:
    """The sound of the songs of each side in pieces; validation's are to learn from too, for nothing is chosen."""
    sound = TonadaFeatureExtractor(
        sampling_rate=extractor.sampling_rate,
        max_frequency=None,
        branches=["waveform"],
        segment_seconds=PIECE_SECONDS,
    )
    paths = [audio["path"] for audio in rows["audio"]]
    heard = tried_features_of([(path, sound) for path in paths], cache, workers)
    songs: dict[str, list[Song]] = {"train": [], "test": []}
    for row, path, side, features in zip(
        rows, paths, split.of(rows["song_id"]), tqdm(heard, "listening", len(paths), unit="song"), strict=True
    ):
        if not isinstance(features, AudioError):
            side = "test" if side == "test" else "train"
            songs[side].append(Song(row["song_id"], row["group"], None, features, path))
    return songs


def _pieces(songs: list[Song], extractor: TonadaFeatureExtractor) -> Pieces:
    samples = round((extractor.segment_seconds or PIECE_SECONDS) * extractor.sampling_rate)
    pieces = Pieces([song.features for song in songs], extractor.sampling_rate, samples)
    if not pieces.places:
        raise RecipeError("no song is long enough to be mixed; deal the songs otherwise, or take more of them")
    return pieces
