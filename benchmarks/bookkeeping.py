"""What a table of tags costs beside the hearing, as the catalogue grows: memory, time and room on the disk."""

import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from memory import peak_megabytes
from songs import EXAMPLES

from tonada.cataloguing.parts import ROWS_OF_A_GROUP
from tonada.cataloguing.tag import open_tags, tag
from tonada.cataloguing.tag_tables import Row, embedding_column
from tonada.cataloguing.tagging import tag_batch
from tonada.cataloguing.tasks import Task, listeners_of

CATALOGUES = (10_000, 100_000)


def print_bookkeeping(asked: list[Task]) -> None:
    """A row a catalogue, each in a process of its own."""
    [row] = tag_batch([str(EXAMPLES / "island-dreams.mp3")], listeners_of(asked))
    print("\n| songs | peak MB | microseconds a song | bytes of table | bytes of index |\n|---|---|---|---|---|")
    for count in CATALOGUES:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            print(pool.submit(_measure, count, asked, row).result(), flush=True)


def _measure(count: int, asked: list[Task], row: Row) -> str:
    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / "t.parquet"
        index, draw = 0, random.Random(0)
        column = embedding_column(each.name for each in asked)
        # One for all songs would be kept once; drawn before, as that takes time which is not the table's.
        embeddings = np.random.default_rng(0).normal(0, 0.24, (ROWS_OF_A_GROUP, len(row[column]))).astype(np.float16)

        def heard_at_once(paths: Iterator[str]) -> Iterator[Row]:
            nonlocal index
            for path, embedding in zip(paths, cycle(embeddings), strict=False):
                numbers = {name: draw.random() for name, value in row.items() if isinstance(value, float)}
                drawn = numbers | {"content": draw.randbytes(32).hex(), column: embedding.tolist()}
                yield row | drawn | {"path": path}
            index = output.with_name(f"{output.name}.parts").joinpath("places").stat().st_size

        found = ((f"/music/artist {song % 997}/album {song % 9973}/{song:09}.mp3", None) for song in range(count))
        begun = time.process_time()
        with open_tags(found, asked, output) as parts:
            for _ in tag(parts, heard_at_once):
                pass
        seconds = time.process_time() - begun
        room = output.stat().st_size
    micros, *rooms = (f"{each / count:,.0f}" for each in (1e6 * seconds, room, index))
    return f"| {count:,} | {peak_megabytes():,.0f} | {micros} | {' | '.join(rooms)} |"
