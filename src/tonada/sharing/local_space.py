"""The Space as a folder that runs here: the page, the example songs, and a model as a stranger would download it."""

import shutil
import sys
from pathlib import Path

from tonada.sharing.models import open_model, pack_model
from tonada.sharing.spaces import copy_page


def assemble_space(repository: Path, model: str, output: Path) -> None:
    """
    Write a folder whose `app.py` needs no network and no Tonada.

    Args:
        repository: Tonada's, which has the page and the songs.
        model: a folder, or the name of one that came with Tonada.
        output: what is there is replaced.

    Raises:
        ModelError: there is no such model.
        OSError: something cannot be read or written.
    """
    shutil.rmtree(output, ignore_errors=True)
    copy_page(repository / "space", output)
    (output / "model").mkdir()
    pack_model(*open_model(model), f"tonada/{Path(model).name}", output / "model")


if __name__ == "__main__":
    assemble_space(Path.cwd(), sys.argv[1], Path(sys.argv[2]))
