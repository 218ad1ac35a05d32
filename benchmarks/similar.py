"""
Which numbers find songs like a song, and how fast: `python benchmarks/similar.py [DATA]`, part of `make bench`.

DATA, which holds emotify/ and 4qaed/, tells how many of a song's own kind are among the ten nearest: songs of its
artist, and songs of its label among those of other artists. The speed is that of a table of made-up songs, in seconds
of processor, which a busy machine does not stretch.
"""

import os
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
from commands import command
from datasets.utils.logging import disable_progress_bar
from tonada.datasets_scripts.registry import data_set
from tonada.feature_extraction import TonadaFeatureExtractor
from tqdm import tqdm

from tonada.cataloguing.chosen import EMBEDDING, Tags
from tonada.cataloguing.parts import ROWS_OF_A_GROUP
from tonada.cataloguing.seeds import seed_of
from tonada.cataloguing.similar import INDEX, Similar
from tonada.cataloguing.tables import write_tables
from tonada.cataloguing.tag_tables import Row, tags_schema
from tonada.cataloguing.tasks import Task, listeners_of
from tonada.listening.feature_cache import FeatureCache
from tonada.listening.listener import Listener

NEAREST, RESAMPLES, SEED = 10, 2000, 0
SONGS, QUESTIONS, KINDS = 100_000, 20, 1_000
INDEXES = ("L2norm,Flat", INDEX, "L2norm,IVF256,Flat")
STORED, DESCRIPTORS = "embedding", "518 descriptors, standardised"
SETS = {"emotify": "emotify", "emotion_4qaed": "4qaed"}


# Which numbers --------------------------------------------------------------------------------------------------------


def heard(paths: list[str]) -> dict[str, np.ndarray]:
    """Of each song the model's embedding, as the table has it, and the 518 descriptors of the whole song."""
    import torch

    cache, model = FeatureCache(), Listener.bundled("emotion").model
    extractor, descriptors = TonadaFeatureExtractor(), TonadaFeatureExtractor.for_set("fma518")
    embeddings, functionals = [], []
    for path in tqdm(paths, unit="song"):
        features = cache.get_or_make(path, extractor)
        with torch.inference_mode():
            output = model.tonada(**{name: tensor[None] for name, tensor in features.items()})
        embeddings.append(output.embedding[0].numpy().astype(np.float16).astype(float))
        functionals.append(cache.get_or_make(path, descriptors)["descriptors"][0].numpy())
    embedding, functional = np.array(embeddings), np.array(functionals)
    return {
        STORED: embedding,
        "embedding, standardised": standardised(embedding),
        "embedding, whitened to 64": whitened(embedding, 64),
        DESCRIPTORS: standardised(functional),
    }


def standardised(values: np.ndarray) -> np.ndarray:
    """Each column with mean 0 and deviation 1; a column that never changes says nothing."""
    deviation = values.std(0)
    return (values - values.mean(0)) / np.where(deviation > 0, deviation, np.inf)


def whitened(values: np.ndarray, width: int) -> np.ndarray:
    """The first principal components, each with deviation 1."""
    left, _, _ = np.linalg.svd(values - values.mean(0), full_matrices=False)
    return left[:, :width]


def recall(values: np.ndarray, wanted: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Of the wanted songs, of ten at most, the share among the ten nearest of those allowed; NaN where none is."""
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    nearest = np.where(allowed, unit @ unit.T, -np.inf).argsort(1)[:, ::-1][:, :NEAREST]
    return _share(np.take_along_axis(wanted, nearest, 1).sum(1), wanted)


def by_chance(wanted: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """What ten songs drawn from those allowed would have on average."""
    return _share(NEAREST * wanted.sum(1) / allowed.sum(1), wanted)


def _share(hits: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    most = np.minimum(NEAREST, wanted.sum(1))
    return np.where(most > 0, hits / np.maximum(most, 1), np.nan)


def in_words(shares: np.ndarray, artists: np.ndarray) -> str:
    """Mean and 95 % interval, whole artists drawn anew."""
    _, groups = np.unique(artists, return_inverse=True)
    kept, count = ~np.isnan(shares), groups.max() + 1
    sums, sizes = (np.bincount(groups[kept], each[kept], count) for each in (shares, np.ones(len(shares))))
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    low, high = np.quantile(drawn @ sums / (drawn @ sizes), [0.025, 0.975])
    return f"{shares[kept].mean():.3f} [{low:.3f}, {high:.3f}]"


def print_recall(root: Path) -> None:
    """A table a data set."""
    for name, folder in SETS.items():
        rows = data_set(name).load(root / folder)
        artists, labels = np.array(rows["group"]), np.array(rows["label"])
        own, alike = artists[:, None] == artists, labels[:, None] == labels
        others = ~np.eye(len(rows), dtype=bool)
        wanted = [(own & others, others), (alike & ~own, ~own)]
        print(f"\n| {name}, {len(rows)} songs | same artist | same label, other artists |\n|---|---|---|", flush=True)
        heard_as = heard([audio["path"] for audio in rows["audio"]])
        shares = {words: [recall(values, *each) for each in wanted] for words, values in heard_as.items()}
        shares["embedding above descriptors"] = [
            one - other for one, other in zip(shares[STORED], shares[DESCRIPTORS], strict=True)
        ]
        for words, each in shares.items():
            print(f"| {words} | {' | '.join(in_words(share, artists) for share in each)} |")
        print(f"| chance | {' | '.join(f'{np.nanmean(by_chance(*each)):.3f}' for each in wanted)} |")


# How fast -------------------------------------------------------------------------------------------------------------


def made_up(path: Path) -> None:
    """A table of tags of songs that nobody plays: a thousand kinds of them."""
    listeners, random = listeners_of([Task("emotion")]), np.random.default_rng(SEED)
    schema, width = tags_schema(listeners), listeners["emotion"].model.config.embedding_size
    kinds = random.normal(size=(KINDS, width))

    def group(first: int) -> pa.Table:
        count = min(ROWS_OF_A_GROUP, SONGS - first)
        vectors = kinds[random.integers(KINDS, size=count)] + random.normal(size=(count, width))
        halved = pa.array(vectors.astype(np.float16).astype(np.float32).ravel())
        starts = pa.array(np.arange(0, len(halved) + 1, width, np.int32))
        names = pa.array([f"song {number}" for number in range(first, first + count)])
        columns = {
            "path": names,
            "content": names,
            "status": pa.array(["ok"] * count),
            "duration": pa.array([240.0] * count),
            "emotion_embedding": pa.ListArray.from_arrays(starts, halved),
        }
        return pa.table([columns.get(each.name, pa.nulls(count, each.type)) for each in schema], schema=schema)

    write_tables(map(group, range(0, SONGS, ROWS_OF_A_GROUP)), schema, path)


def asked(similar: Similar, song: Row) -> tuple[float, set[str]]:
    """Milliseconds of processor to the ten nearest of a song, and which they are."""
    start = time.process_time()
    rows = list(islice(similar.nearest(song), NEAREST))
    return 1000 * (time.process_time() - start), {row["path"] for row in rows}


def print_speed(folder: Path) -> None:
    """A row an index, and the command."""
    made_up(folder / "tags.parquet")
    tags = Tags(folder / "tags.parquet")
    print(f"\n{SONGS:,} songs, a table of {tags.path.stat().st_size / 1e6:.0f} MB\n")
    print("| index | read and built, s | a question, ms | index, MB | of the ten nearest, found |")
    print("|---|---|---|---|---|")
    songs = [seed_of(f"song {number}", tags) for number in range(0, SONGS, SONGS // QUESTIONS)]
    exact: list[set[str]] = []
    for index in INDEXES:
        start = time.process_time()
        similar = Similar(tags, index=index)
        took = time.process_time() - start
        milliseconds, found = zip(*(asked(similar, song) for song in songs), strict=True)
        exact = exact or list(found)
        same = np.mean([len(one & other) / NEAREST for one, other in zip(found, exact, strict=True)])
        size = faiss.serialize_index(similar.songs.get_index(EMBEDDING).faiss_index).nbytes / 1e6
        print(f"| `{index}` | {took:.1f} | {np.median(milliseconds):.1f} | {size:.0f} | {same:.3f} |", flush=True)
    before = os.times()
    took, _ = command("similar", "song 7", "--in", tags.path)
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"\n`tonada similar`, from start to answer: {took:.1f} s, {worked:.1f} s of processor")


def main() -> None:
    """Measure and print."""
    disable_progress_bar()
    if len(sys.argv) > 1:
        print_recall(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        print_speed(Path(folder))


if __name__ == "__main__":
    main()
