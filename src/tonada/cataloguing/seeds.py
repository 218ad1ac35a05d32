"""The song that others should be like: from a table of tags, or heard by the model that made the table."""

import hashlib
from pathlib import Path

from tonada.cataloguing.chosen import EMBEDDING, OF_A_SONG, Tags
from tonada.cataloguing.tables import TableError, as_text
from tonada.cataloguing.tag_tables import Row, embedding_column
from tonada.cataloguing.tagging import tag_batch
from tonada.cataloguing.tasks import Task, fingerprint, listeners_of
from tonada.listening.limits import AudioError

BUNDLED = "bundled:"


def seed_of(song: str, tags: Tags) -> Row:
    """
    A song's path, content, duration and embedding.

    It is heard only if its bytes are not in the table, under whatever name. Of a file that is not here, the name that
    the table has is enough.

    Raises:
        TableError: the table has no embeddings, or those of another edition of the model than is here.
        ModelError: the model is not here.
        AudioError: the song cannot be heard.
    """
    if Path(song).is_file():
        with open(song, "rb") as file:
            known = tags.song("content", hashlib.file_digest(file, "sha256").hexdigest())
        known = known and known | {"path": song}
    else:
        known = tags.song("path", as_text(song))
    return known or _heard(song, tags)


def _heard(song: str, tags: Tags) -> Row:
    name, made_by = next(iter(tags.models.items()))
    model = made_by["model"]
    is_bundled = model.startswith(BUNDLED)
    listeners = listeners_of([Task(model.removeprefix(BUNDLED)) if is_bundled else Task(name, model)])
    [listener] = listeners.values()
    if (now := fingerprint(listener)) != made_by["fingerprint"]:
        raise TableError(
            f"{tags.path} has embeddings of revision {made_by['fingerprint']} of {model}, and {now} is here, to whose "
            "they cannot be compared; make the table anew with tonada tag, or choose a song that is in it"
        )
    [row] = tag_batch([song], listeners)
    if row["status"] != "ok":
        raise AudioError(row["status"], row["message"])
    return {**{name: row[name] for name in OF_A_SONG}, EMBEDDING: row[embedding_column(listeners)]}
