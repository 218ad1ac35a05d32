"""The card of a model as it stands on the Hub: under the repository's name, with the results that were measured."""

from pathlib import Path
from typing import Any

import yaml
from huggingface_hub.repocard import metadata_load, metadata_save

from tonada.listening.listener import Listener
from tonada.sharing.chapters import chapters, figures_chapter, headed, lacking
from tonada.sharing.folders import FOR_THE_PIPELINE, FOR_TONADA, OF_THE_MIX, how_to_use
from tonada.sharing.provenance import provenance_of_model

FILE = "README.md"
RESULTS = "model-index.yaml"
"""As `tonada evaluate` writes it."""
PLACEHOLDER = "THIS FOLDER OR ITS HUB ID"
EVALUATED = "Evaluation"
"""The chapter of what `tonada evaluate` left."""

BARE = """---
{library}
tags: [music, tonada]
---
# {name}

Hears a song and answers with: **{labels}**.

{use}
No card was kept with this model: what was measured is not told here.
"""


def write_pushed_card(listener: Listener, folder: Path, name: str, output: Path) -> None:
    """
    Write the folder's card, or a bare one, with the repository's name in it, the folder's results in its head, and the
    chapters that it lacks (a card of an earlier Tonada, or of a person's own) at its end.

    Args:
        listener: the model, for a bare card.
        folder: of the model, where `README.md` and `model-index.yaml` may lie.
        name: of the repository.
        output: the folder to write into.

    Raises:
        ValueError: the card's head or the results are not YAML of that kind, naming the file.
    """
    expected = {EVALUATED: figures_chapter(folder), **chapters(listener.model.config, provenance_of_model(str(folder)))}
    write_card(bare_card(listener, name), expected, folder, name, output)


def write_card(bare: str, expected: dict[str, str], folder: Path, name: str, output: Path) -> None:
    """As `write_pushed_card`, of any kind of model: `bare` is the card where the folder has none."""
    card = output / FILE
    text = (_read(folder / FILE) if (folder / FILE).is_file() else bare).replace(PLACEHOLDER, name)
    card.write_text(f"{text.rstrip()}\n{headed(lacking(text, expected))}", encoding="utf-8")
    try:
        head = metadata_load(card) or {}
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{folder / FILE}: its head between --- and --- is no YAML mapping; mend it") from error
    if (folder / RESULTS).is_file():
        metadata_save(card, {**head, "model-index": _results(folder / RESULTS, name)})


def bare_card(listener: Listener, name: str) -> str:
    """What can be told of a model that has no card."""
    use = how_to_use(listener.extractor)
    library = FOR_THE_PIPELINE if use == OF_THE_MIX else FOR_TONADA
    return BARE.format(library=library, name=name, labels=", ".join(listener.labels()), use=use)


def _results(path: Path, name: str) -> list[dict[str, Any]]:
    """The results, of a model that is called as its repository is, and no longer as its folder was."""
    try:
        return [{**each, "name": name} for each in yaml.safe_load(_read(path))["model-index"]]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: is no model-index; have `tonada evaluate` write it anew, or remove it") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
