"""A model as a stranger needs it: loaded, checked and written anew, with what stands beside its weights."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tonada.checkpoints import is_bundled, tasks
from tonada.listening.listener import Listener, ModelError
from tonada.sharing.pushed_cards import FILE, RESULTS, write_pushed_card

BESIDE = (
    "LICENSE*",
    "provenance.json",
    "recipe.yaml",
    "split.json",
    "predictions/*.csv",
    *(f"{of_the_report}/*.csv" for of_the_report in ("songs", "segments", "gap")),
    "report.md",
    "*.png",
    ".eval_results/*.yaml",
)
"""What goes along where a folder has it; nothing else of it leaves, be it an unfinished run or somebody's notes."""


def open_model(model: str) -> tuple[Listener, Path]:
    """
    The model of a folder, or one that came with Tonada, and its folder; a folder goes before a bundled name.

    Raises:
        ModelError: there is no such model, it has no weights, it is damaged, or its extractor does not fit it.
    """
    if not (is_bundled(model) or Path(model).is_dir()):
        made = f"one that `tonada train` or `save_pretrained` made, or {', '.join(tasks())}, which came with Tonada"
        raise ModelError(f"{model} is no folder of a model; give {made}")
    listener = Listener.from_pretrained(model)
    return listener, Path(listener.model.name_or_path)


def pack_model(listener: Listener, folder: Path, name: str, output: Path) -> None:
    """
    Write weights, config, preprocessor and flat code as this version of Tonada saves them, and what goes along.

    Args:
        listener: the model and its extractor.
        folder: they were loaded from.
        name: of the repository, which the card tells.
        output: an empty folder.

    Raises:
        OSError: something cannot be read or written.
        ValueError: the card or the results cannot be read, or a file is a link to what lies elsewhere; naming the file.
    """
    copy_beside(folder, BESIDE, output)
    write_pushed_card(listener, folder, name, output)
    listener.model.save_pretrained(output)
    listener.extractor.save_pretrained(output)


def copy_beside(folder: Path, patterns: Iterable[str], output: Path) -> None:
    """
    Copy what goes along with a model.

    Raises:
        ValueError: some of it, or the card, is a link that leads out of the folder, which may be somebody else's.
    """
    beside = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    _check_inside(folder, [*beside, folder / FILE, folder / RESULTS])
    for path in beside:
        (output / path.relative_to(folder)).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, output / path.relative_to(folder))


def _check_inside(folder: Path, paths: list[Path]) -> None:
    for path in paths:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{path}: is a link to {path.resolve()}, outside the folder; put a copy in its place")
