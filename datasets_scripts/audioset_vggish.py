"""
AudioSet's published embeddings, labelled music or not (Gemmeke et al. 2017; source S2).

A step is a second of a clip through VGGish, turned by PCA and quantised to 8 bits; a clip has ten at most, fewer at the
end of a video. A folder holds `audioset_v1_embeddings/` (of features.tar.gz) with `bal_train/`, `eval/` and, if wanted,
`unbal_train/`, and beside it `class_labels_indices.csv` (index, mid, display_name) and the ontology's `ontology.json`.
A clip is music if one of its classes is: by S2's rule, what the words of a class's name or description say (noisy:
a bird's song is music by it), or with `rule="subtree"`, the class Music and all below it. `eval` is the test, the rest
to train. The group is the video. Not yet run on the real data: tested on a tiny replica of its schema.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from . import form, tables, tfrecord

LICENSE = "CC BY 4.0; the ontology CC BY-SA 4.0"
LICENSES = ("CC BY 4.0", "CC BY-SA 4.0")
CITATION = """@inproceedings{gemmeke2017audioset,
  title={Audio Set: An ontology and human-labeled dataset for audio events},
  author={Gemmeke, Jort F. and Ellis, Daniel P. W. and Freedman, Dylan and Jansen, Aren and Lawrence, Wade and
    Moore, R. Channing and Plakal, Manoj and Ritter, Marvin},
  booktitle={Proceedings of IEEE ICASSP}, year={2017}, doi={10.1109/ICASSP.2017.7952261}
}"""
SONGS = 42_531
LABELS = ["music", "non_music"]
PARENTS: dict[str, str] = {}
SOURCE = "https://research.google.com/audioset/download.html"
SPLIT_OF = {"bal_train": "train", "unbal_train": "train", "eval": "test"}
RULES = ("words", "subtree")
NAMES_OF_MUSIC = re.compile("music|musical|song|instrument|singing", re.IGNORECASE)
DESCRIPTIONS_OF_MUSIC = re.compile("music|musical|song|singing", re.IGNORECASE)
"""Source S2's words; whether it heeds case is not known."""
MUSIC = "/m/04rlf"
STEPS = 10
WIDTH = 128


@dataclass
class AudioSetConfig(datasets.BuilderConfig):
    """What counts as music, which parts, and what tells their files from others."""

    rule: str = "words"
    parts: tuple[str, ...] = ("bal_train", "eval")
    state: str = ""


class AudioSetVggish(form.SongBuilder):
    """Reads the TFRecord files."""

    BUILDER_CONFIG_CLASS = AudioSetConfig
    NEEDS = ("class_labels_indices.csv", "ontology.json", "audioset_v1_embeddings")

    def _info(self) -> datasets.DatasetInfo:
        content = {"embeddings": datasets.List(datasets.List(datasets.Value("uint8"), length=WIDTH))}
        features = form.columns(content, LABELS, official=True)
        return datasets.DatasetInfo(description=__doc__, features=features, citation=CITATION, license=LICENSE)

    def _songs(self, folder: Path) -> Iterator[dict[str, Any]]:
        music = music_classes(folder, self.config.rule)
        for part in self.config.parts:
            for path in _files(folder, part):
                for record in tfrecord.records(path):
                    video, classes, embeddings = _clip(record, path.name)
                    yield {
                        "embeddings": embeddings,
                        "label": "music" if music & set(classes) else "non_music",
                        "song_id": video,
                        "group": f"video {video}",
                        "split": SPLIT_OF[part],
                    }


def load(
    folder: str | Path,
    cache_dir: str | Path | None = None,
    streaming: bool = False,
    rule: str = "words",
    parts: tuple[str, ...] = ("bal_train", "eval"),
) -> Any:
    """
    The clips, as `form.load_songs` has them.

    Args:
        folder: of the embeddings, the classes and the ontology.
        cache_dir, streaming: as in every data set.
        rule: `words` as source S2 has it, or `subtree`.
        parts: of `bal_train`, `unbal_train` and `eval`.
    """
    tables.word("rule", rule, RULES)
    folder = form.opened(AudioSetVggish, folder, cache_dir)
    files = [path for part in parts for path in _files(folder, tables.word("a part", part, SPLIT_OF))]
    state = " ".join(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files)
    return form.load_songs(AudioSetVggish, folder, cache_dir, streaming, rule=rule, parts=tuple(parts), state=state)


def music_classes(folder: Path, rule: str = "words") -> set[int]:
    """The numbers of the classes that are music by a rule of `RULES`."""
    rows = tables.read(folder / "class_labels_indices.csv", ("index", "mid", "display_name"))
    try:
        ontology = {each["id"]: each for each in json.loads((folder / "ontology.json").read_text(encoding="utf-8"))}
        music = _below(ontology) if rule == "subtree" else _told(ontology)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"ontology.json is not AudioSet's: {error!r}; expected a list of id, name, description and child_ids"
        ) from error
    try:
        return {int(row["index"]) for row in rows if row["mid"] in music}
    except ValueError as error:
        raise ValueError(f"class_labels_indices.csv: {error}") from error


def _below(ontology: dict[str, Any]) -> set[str]:
    """The class Music and all below it."""
    music, found = set(), [MUSIC]
    while found:
        music.add(name := found.pop())
        found += [child for child in ontology[name]["child_ids"] if child not in music]
    return music


def _told(ontology: dict[str, Any]) -> set[str]:
    """The classes whose words speak of music."""
    return {
        name
        for name, each in ontology.items()
        if NAMES_OF_MUSIC.search(each["name"]) or DESCRIPTIONS_OF_MUSIC.search(each["description"])
    }


def scaled(embeddings: list[list[int]]) -> np.ndarray:
    """Embeddings as S2's network takes them: float32 `(10, 128)` from -1 to 1, steps that are missing zero."""
    steps = np.zeros((STEPS, WIDTH), np.float32)
    if embeddings:
        steps[: len(embeddings)] = (np.asarray(embeddings, np.float32) - 127.5) / 127.5
    return steps


def _files(folder: Path, part: str) -> list[Path]:
    found = sorted((folder / "audioset_v1_embeddings" / part).glob("*.tfrecord"))
    if not found:
        raise FileNotFoundError(
            f"{folder} has no audioset_v1_embeddings/{part}/*.tfrecord; unpack features.tar.gz there"
        )
    return found


def _clip(record: bytes, name: str) -> tuple[str, list[int], list[list[int]]]:
    """Video, classes and embeddings of a record."""
    try:
        context, lists = tfrecord.sequence_example(record)
        video, classes = context["video_id"][0].decode(), context["labels"]
        steps = [list(step) for (step,) in lists["audio_embedding"]]
    except (tfrecord.RecordError, KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} holds a record that is no clip of AudioSet's ({error!r})") from error
    if len(steps) > STEPS or any(len(step) != WIDTH for step in steps):
        raise ValueError(f"{name}: {video} has {len(steps)} steps; expected {STEPS} at most, of {WIDTH} bytes each")
    return video, classes, steps
