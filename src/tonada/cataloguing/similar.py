"""Songs that sound like a song: the nearest by the model's embedding, in a FAISS index through `datasets`."""

from collections.abc import Iterator

import numpy as np
from datasets import Dataset
from datasets.table import InMemoryTable

from tonada.cataloguing.chosen import EMBEDDING, Filter, Tags
from tonada.cataloguing.tables import TableError
from tonada.cataloguing.tag_tables import Row
from tonada.extras import lacking

INDEX = "L2norm,SQfp16"
"""Every song is compared, by the cosine, in half precision: the same songs as by `L2norm,Flat`, in half the room."""
FIRST_ASKED = 64  # neighbours, of which some may be copies or unwanted; then four times as many


class Similar:
    """
    The songs of a table of tags by how they sound.

    Args:
        tags: the table.
        which: songs are meant.
        index: in the words of FAISS's index factory; one that is trained learns from all songs.

    Attributes:
        songs: a `datasets.Dataset` with the index on `embedding`.

    Raises:
        TableError: the table has no embeddings, no song fits, or FAISS is not installed.
    """

    def __init__(self, tags: Tags, which: Filter | None = None, index: str = INDEX):
        if missing := lacking("similar"):
            raise TableError(f"similarity {missing}")
        import faiss

        self.songs = Dataset(InMemoryTable(tags.embedded(which or Filter())))
        if len(self.songs) == 0:
            raise TableError(f"no song of {tags.path} fits; ask for less")
        made = faiss.index_factory(len(self.songs[0][EMBEDDING]), index, faiss.METRIC_INNER_PRODUCT)
        to_learn_from = None if made.is_trained else len(self.songs)
        self.songs.add_faiss_index(EMBEDDING, custom_index=made, train_size=to_learn_from)

    def nearest(self, song: Row) -> Iterator[Row]:
        """
        All songs, the most similar first, each with its `similarity`, the cosine between -1 and 1.

        Of the same bytes under several names the first comes alone, and nothing with the bytes of the song itself.

        Args:
            song: with its `content` and `embedding`, as `seed_of` and this method give it.
        """
        told, asked = {song["content"]}, FIRST_ASKED
        query = np.asarray(song[EMBEDDING], np.float32)
        while True:
            scores, found = self.songs.get_nearest_examples(EMBEDDING, query, asked)
            for number, score in enumerate(scores):
                row = {name: cells[number] for name, cells in found.items()}
                if row["content"] not in told:
                    told.add(row["content"])
                    yield row | {"similarity": float(score)}
            if len(scores) < asked:
                return
            asked *= 4
