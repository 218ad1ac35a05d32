"""`tonada push`: a model to the Hub, with all that a stranger needs to use and to judge it."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.printing import complain, printable


def push(
    model: Annotated[
        str, typer.Argument(help="A folder, or a model that came with Tonada: emotion.", show_default=False)
    ],
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Made if it is new.", show_default=False)],
    private: Annotated[bool, typer.Option("--private", help="A repository that is made is yours alone.")] = False,
    revision: Annotated[str, typer.Option(help="The branch, made if it is new.")] = "main",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
) -> None:
    """
    Send a model to the Hub in one commit, so that `pipeline` and `from_pretrained` take it by its id.

    That is weights (safetensors), config, preprocessor, the code they need (nobody has to install Tonada), a card, and
    where the folder has them recipe, split, provenance, predictions and figures. Prints each file with its bytes, and
    then the commit's address.

    Of a classical model the skops file with its config, card, recipe, songs and provenance; its network/ is a model of
    its own: push that folder too, for `pipeline`.

    A folder without weights, or whose extractor makes other features than the model was built for, is refused. You push
    as you are logged in on the Hub (`hf auth login`, or HF_TOKEN).

    Examples:

      tonada push emotion me/moods --dry-run

      tonada push my-moods me/moods --private --revision trial
    """
    from huggingface_hub.utils import disable_progress_bars
    from transformers.utils import logging

    from tonada.learning.classical.saving import is_classical_model
    from tonada.listening.listener import ModelError
    from tonada.sharing.classical import pack_classical
    from tonada.sharing.models import open_model, pack_model
    from tonada.sharing.pushing import PushError, check_names, to_send
    from tonada.sharing.pushing import push as push_folder

    logging.disable_progress_bar()  # of loading some fifty small tensors
    if not sys.stderr.isatty():
        disable_progress_bars()
    try:
        check_names(repository, revision)
        with tempfile.TemporaryDirectory(prefix="tonada-push-") as place:
            packed = Path(place)
            if Path(model).is_dir() and is_classical_model(model):
                pack_classical(Path(model), repository, packed)
            else:
                pack_model(*open_model(model), repository, packed)
            for path in to_send(packed):
                typer.echo(f"{path.stat().st_size:>14,}  {printable(path.relative_to(packed).as_posix())}")
            if dry_run:
                new = ", private if it is new" if private else ""
                typer.echo(f"would go to the Hub's model {repository}, branch {revision}{new}")
            else:
                typer.echo(push_folder(packed, repository, "model", private, "A model by tonada push", revision))
    except (ModelError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(2) from error
    except (PushError, OSError) as error:
        complain(str(error))
        raise typer.Exit(1) from error
