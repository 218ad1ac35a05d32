"""The Space as a folder that runs here: the page, the example songs, and a model as a stranger would download it."""

import shutil
import sys
from pathlib import Path

from tonada.listening.model_error import ModelError
from tonada.sharing.models import open_model, pack_model
from tonada.sharing.spaces import SpaceError, copy_page, space_folder


def assemble_space(model: str, output: Path) -> None:
    """
    Write a folder whose `app.py` needs no network and no Tonada.

    Args:
        model: a folder, or the name of one that came with Tonada.
        output: a page that is there is replaced.

    Raises:
        ModelError: there is no such model.
        OSError: something cannot be read or written.
        SpaceError: `output` holds something else, or this Tonada has no page.
    """
    if output.exists() and not (output / "app.py").is_file() and any(output.iterdir()):
        raise SpaceError(f"{output} holds something that is no page; give a new folder")
    page, opened = space_folder(), open_model(model)
    shutil.rmtree(output, ignore_errors=True)
    copy_page(page, output)
    (output / "model").mkdir()
    pack_model(*opened, f"tonada/{Path(model).name}", output / "model")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Which model, and where to? For example: python -m tonada.sharing.local_space emotion page")
    try:
        assemble_space(sys.argv[1], Path(sys.argv[2]))
    except (ModelError, OSError, ValueError) as error:
        sys.exit(str(error))
