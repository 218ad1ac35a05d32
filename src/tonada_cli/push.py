"""`tonada push`: a model to the Hub, with all that a stranger needs to use and to judge it."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tonada_cli.loading import quiet_loading
from tonada_cli.model_options import ModelHere
from tonada_cli.printing import fail
from tonada_cli.push_printing import print_pushed, print_sizes


def push(
    model: ModelHere,
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Made if it is new.", show_default=False)],
    space: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="A Space to make too, a page that shows it.", show_default=False),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="A repository that is made is yours alone.")] = False,
    revision: Annotated[str, typer.Option(help="The branch, made if it is new.")] = "main",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
) -> None:
    """
    Send a model to the Hub in one commit, so that `pipeline` and `from_pretrained` take it by its id.

    That is weights (safetensors), config, preprocessor, the code they need (nobody has to install Tonada), a card, and
    where the folder has them recipe, split, provenance, report, predictions and figures. Prints each file with its
    bytes, what an earlier push left and this commit deletes, and then the commit's address.

    With --space a page that shows the model in a browser goes to a Space of its own.

    Of a classical model the skops file with its config, card, recipe, songs and provenance; its network/ is a model of
    its own: push that folder too, for `pipeline`.

    A folder without weights, or whose extractor makes other features than the model was built for, is refused. You push
    as you are logged in on the Hub (`hf auth login`, or HF_TOKEN).

    Examples:

      tonada push emotion me/moods --dry-run

      tonada push my-moods me/moods --space me/moods-page --private
    """
    from huggingface_hub.utils import disable_progress_bars

    from tonada.listening.listener import ModelError
    from tonada.sharing.pushing import PushError

    quiet_loading()
    if not sys.stderr.isatty():
        disable_progress_bars()
    try:
        with tempfile.TemporaryDirectory(prefix="tonada-push-") as place:
            packed, page = _pack(model, repository, revision, space, Path(place))
            _send(packed, repository, revision, private, dry_run)
            if space is not None:
                _send_page(page, space, repository, private, dry_run)
    except (ModelError, ValueError) as error:
        fail(str(error))
    except (PushError, OSError) as error:
        fail(str(error), 1)


def _pack(model: str, repository: str, revision: str, space: str | None, place: Path) -> tuple[Path, Path]:
    """Both folders, whole before anything is made on the Hub."""
    from tonada.learning.classical.saving import is_classical_model
    from tonada.sharing.classical import pack_classical
    from tonada.sharing.models import open_model, pack_model
    from tonada.sharing.pushing import check_names
    from tonada.sharing.spaces import pack_space, space_folder

    packed, page = place / "model", place / "space"
    packed.mkdir()
    page.mkdir()
    check_names(repository, revision)
    if space is not None:
        check_names(space)
        pack_space(space_folder(), repository, page)
    if Path(model).is_dir() and is_classical_model(model):
        pack_classical(Path(model), repository, packed)
    else:
        pack_model(*open_model(model), repository, packed)
    return packed, page


def _send(packed: Path, repository: str, revision: str, private: bool, dry_run: bool) -> None:
    from tonada.sharing.pushing import push as push_folder
    from tonada.sharing.pushing import sizes

    print_sizes(sizes(packed))
    if dry_run:
        typer.echo(f"would go to the Hub's model {repository}, branch {revision}{_if_new(private)}")
    else:
        print_pushed(push_folder(packed, repository, "model", private, "A model by tonada push", revision))


def _send_page(page: Path, space: str, model: str, private: bool, dry_run: bool) -> None:
    from tonada.sharing.pushing import sizes
    from tonada.sharing.spaces import VARIABLE, push_space

    print_sizes(sizes(page))
    if dry_run:
        typer.echo(f"would go to the Hub's Space {space}, with {VARIABLE}={model}{_if_new(private)}")
    else:
        print_pushed(push_space(page, space, model, private))


def _if_new(private: bool) -> str:
    return ", private if it is new" if private else ""
