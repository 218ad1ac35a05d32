"""A folder to the Hub in one commit, and what can go wrong said in a line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, errors
from huggingface_hub.constants import DEFAULT_REVISION
from huggingface_hub.utils import validate_repo_id

from tonada.sharing.pushed_files import FILE, noted, stale_files

READ_BY_THE_HUB = ".eval_results"
NEVER_SENT = ("__pycache__", FILE)


class PushError(Exception):
    """The folder did not arrive, and what to do about it."""


@dataclass(frozen=True)
class Pushed:
    """The commit's address, and the names of files of an earlier push that it took away."""

    url: str
    deleted: list[str]


def to_send(folder: Path) -> dict[str, Path]:
    """The files of a folder that are sent, by their names there; hidden ones only if the Hub reads them."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name.as_posix(): files[name] for name in sorted(files) if not any(map(_stays, name.parts))}


def sizes(folder: Path) -> dict[str, int]:
    """The bytes of all that a push of a folder sends: its files, and the list of them for the next push."""
    files = to_send(folder)
    return {**sizes_of(files), FILE: len(noted(files))}


def sizes_of(files: dict[str, Path]) -> dict[str, int]:
    """The bytes of each file."""
    return {name: path.stat().st_size for name, path in files.items()}


def check_names(repository: str, branch: str = DEFAULT_REVISION) -> None:
    """
    Refuse what can be no repository or no branch, before anything is made.

    Raises:
        ValueError: saying what is expected.
    """
    try:
        validate_repo_id(repository)
        owned = repository.count("/") == 1
    except errors.HFValidationError:
        owned = False
    if not owned:
        raise ValueError(f"{repository!r} is no repository; write OWNER/NAME, of letters, digits, '-', '_' and '.'")
    if not re.fullmatch(r"[\w][\w./-]*", branch):
        raise ValueError(f"{branch!r} is no branch; write it of letters, digits, '-', '_', '.' and '/'")


def push(
    folder: Path, repository: str, kind: str, private: bool, message: str, branch: str = DEFAULT_REVISION
) -> Pushed:
    """
    Make repository and branch if they are not there, and send the folder in one commit, which also takes away what an
    earlier push left and this one does not send.

    Args:
        folder: to send, as `to_send` lists it.
        repository: `owner/name`.
        kind: `dataset`, `model` or `space`.
        private: whether a repository that is made is for its owner alone.
        message: of the commit.
        branch: to commit to; a new one begins at the repository's default branch.

    Raises:
        PushError: nobody is logged in, the Hub refuses or cannot be reached, or what should be private is public.
    """
    hub = HfApi()
    where: dict[str, Any] = {"repo_id": repository, "repo_type": kind}
    with told(repository):
        sdk = "gradio" if kind == "space" else None
        hub.create_repo(**where, private=private, exist_ok=True, space_sdk=sdk)
        if private and not hub.repo_info(**where).private:
            raise PushError(f"{repository}: is there already and public; make it private on the Hub, or choose another")
        if branch != DEFAULT_REVISION:
            hub.create_branch(**where, branch=branch, exist_ok=True)
        files = to_send(folder)
        stale = stale_files(hub, repository, kind, branch, files)
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(name, path) for name, path in files.items()),
            CommitOperationAdd(FILE, noted(files)),
            *(CommitOperationDelete(name) for name in stale),
        ]
        done = hub.create_commit(**where, operations=operations, commit_message=message, revision=branch)
    return Pushed(done.commit_url, stale)


@contextmanager
def told(repository: str) -> Iterator[None]:
    """Whatever the Hub's client raises within it is a `PushError` that names the repository."""
    try:
        yield
    except (errors.HTTPError, OSError, ValueError) as error:  # a card that the Hub refuses is a ValueError
        raise PushError(f"{repository}: {_reason(error)}") from error
    except RuntimeError as error:  # of a large file, in a thread: what happened is its cause
        raise PushError(f"{repository}: {_reason(error.__cause__ or error)}") from error


def _stays(name: str) -> bool:
    return name in NEVER_SENT or (name.startswith(".") and name != READ_BY_THE_HUB)


def _reason(error: BaseException) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.LocalTokenNotFoundError) or status == 401:
        return "the Hub does not know you; log in with `hf auth login`, or set HF_TOKEN"
    if status == 403:
        return "the Hub knows you, but you may not write there; use a token with the right to write, or another owner"
    if status == 404:
        return "there is no such owner or repository, or your token may not see it"
    if status is not None and status >= 500:
        return f"the Hub itself fails (status {status}); push again later"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it to push"
    if status is None and isinstance(error, errors.HTTPError | ConnectionError):
        return f"the Hub cannot be reached ({error}); push when there is a network"
    return " ".join(str(error).split()) or type(error).__name__
