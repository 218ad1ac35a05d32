"""The Space: the page that shows a model in a browser, as a folder that the Hub runs."""

import shutil
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.repocard import metadata_load, metadata_save

import tonada
from tonada.sharing.pushing import Pushed, push, to_send, told

NEEDED = ("app.py", "requirements.txt", "README.md")
VARIABLE = "TONADA_MODEL"
"""The variable of the environment by which the page finds its model."""


class SpaceError(ValueError):
    """A folder that can be no Space."""


def space_folder() -> Path:
    """
    The page's folder: within the package where a wheel put it, beside `src` in a checkout.

    Raises:
        SpaceError: it is in neither place, or lacks a file.
    """
    package = Path(tonada.__file__).parent
    for folder in (package / "space", package.parents[1] / "space"):
        if folder.is_dir():
            return _checked(folder)
    raise SpaceError("the page of the Space did not come with this Tonada; push from a checkout that has space/")


def pack_space(folder: Path, model: str, output: Path) -> None:
    """
    Write the page's files, its card naming the model that it shows.

    Args:
        folder: of the page.
        model: the Hub's id of the model.
        output: an empty folder.

    Raises:
        OSError: something cannot be read or written.
        ValueError: the head of its card is no YAML.
    """
    copy_page(folder, output)
    card = output / "README.md"
    metadata_save(card, {**(metadata_load(card) or {}), "models": [model]})


def copy_page(folder: Path, output: Path) -> None:
    """Copy the page, and the example songs where they lie beside it; the page that needs no server is another one."""
    files = {name: path for name, path in to_send(folder).items() if not name.startswith("browser/")}
    if (examples := folder.parent / "examples").is_dir():
        files |= {f"examples/{name}": path for name, path in to_send(examples).items()}
    for name, path in files.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, output / name)


def push_space(folder: Path, repository: str, model: str, private: bool) -> Pushed:
    """
    Send a packed page to the Hub, and tell it its model.

    Args:
        folder: as `pack_space` wrote it.
        repository: the Space, `owner/name`.
        model: the Hub's id of the model.
        private: whether a Space that is made is for its owner alone.

    Raises:
        PushError: as `push` does.
    """
    pushed = push(folder, repository, "space", private, f"A page for {model} by tonada push")
    with told(repository):
        HfApi().add_space_variable(repository, VARIABLE, model)
    return pushed


def _checked(folder: Path) -> Path:
    if lacking := [name for name in NEEDED if not (folder / name).is_file()]:
        raise SpaceError(f"{folder} is no Space: it lacks {', '.join(lacking)}")
    return folder
