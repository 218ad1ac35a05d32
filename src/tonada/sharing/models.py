"""A model as a stranger needs it: loaded, checked and written anew, with what stands beside its weights."""

import shutil
from pathlib import Path

from tonada.listening.listener import Listener, ModelError
from tonada.sharing.folders import FOR_THE_PIPELINE, FOR_TONADA, OF_THE_MIX, how_to_use

BESIDE = (
    "README.md",
    "LICENSE*",
    "provenance.json",
    "recipe.yaml",
    "split.json",
    "predictions/*.csv",
    "*.png",
    ".eval_results/*.yaml",
)
"""What goes along where a folder has it; nothing else of it leaves, be it an unfinished run or somebody's notes."""

PLACEHOLDER = "THIS FOLDER OR ITS HUB ID"

CARD = """---
{library}
tags: [music, tonada]
---
# {name}

Hears a song and answers with: **{labels}**.

{use}
Nothing was measured of it, or its card was lost: how often it is right is not known.
"""


def open_model(model: str) -> tuple[Listener, Path]:
    """
    The model of a folder, or one that came with Tonada, and its folder; a folder goes before a bundled name.

    Raises:
        ModelError: there is no such model, it has no weights, it is damaged, or its extractor does not fit it.
    """
    if Path(model).is_dir():
        return Listener.from_pretrained(model), Path(model)
    if "/" in model or model.startswith("."):
        raise ModelError(f"{model} is no folder; give one that `tonada train` or `save_pretrained` made")
    listener = Listener.bundled(model)
    return listener, Path(listener.model.name_or_path)


def pack_model(listener: Listener, folder: Path, name: str, output: Path) -> None:
    """
    Write weights, config, preprocessor and flat code as this version of Tonada saves them, and copy what stands beside.

    Args:
        listener: the model and its extractor.
        folder: they were loaded from.
        name: of the repository, which the card's example of use then names.
        output: an empty folder.

    Raises:
        OSError: something cannot be read or written.
    """
    listener.model.save_pretrained(output)
    listener.extractor.save_pretrained(output)
    for pattern in BESIDE:
        for path in sorted(folder.glob(pattern)):
            (output / path.relative_to(folder)).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, output / path.relative_to(folder))
    card = output / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else _bare_card(listener, name)
    card.write_text(text.replace(PLACEHOLDER, name), encoding="utf-8")


def _bare_card(listener: Listener, name: str) -> str:
    use = how_to_use(listener.extractor)
    library = FOR_THE_PIPELINE if use == OF_THE_MIX else FOR_TONADA
    return CARD.format(library=library, name=name, labels=", ".join(listener.labels()), use=use)
