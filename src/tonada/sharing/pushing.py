"""A folder to the Hub in one commit, and what can go wrong said in a line."""

import re
from pathlib import Path

from huggingface_hub import HfApi, errors
from huggingface_hub.constants import DEFAULT_REVISION
from huggingface_hub.utils import validate_repo_id

READ_BY_THE_HUB = ".eval_results"


class PushError(Exception):
    """The folder did not arrive, and what to do about it."""


def to_send(folder: Path) -> list[Path]:
    """The files of a folder that are sent, in the order of names; hidden ones only if the Hub reads them."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(map(_is_hidden, path.relative_to(folder).parts)))


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


def push(folder: Path, repository: str, kind: str, private: bool, message: str, branch: str = DEFAULT_REVISION) -> str:
    """
    Make repository and branch if they are not there, send the folder in one commit and return the commit's address.

    Args:
        folder: to send, as `to_send` lists it.
        repository: `owner/name`.
        kind: `dataset` or `model`.
        private: whether a repository that is made is for its owner alone.
        message: of the commit.
        branch: to commit to; a new one begins at the repository's default branch.

    Raises:
        PushError: nobody is logged in, the Hub refuses, or it cannot be reached.
    """
    hub = HfApi()
    try:
        hub.create_repo(repository, repo_type=kind, private=private, exist_ok=True)
        if branch != DEFAULT_REVISION:
            hub.create_branch(repository, repo_type=kind, branch=branch, exist_ok=True)
        names = [path.relative_to(folder).as_posix() for path in to_send(folder)]
        done = hub.upload_folder(
            repo_id=repository,
            repo_type=kind,
            folder_path=folder,
            allow_patterns=names,
            commit_message=message,
            revision=branch,
        )
    except (errors.HTTPError, OSError, ValueError) as error:  # a card that the Hub refuses is a ValueError
        raise PushError(f"{repository}: {_reason(error)}") from error
    except RuntimeError as error:  # of a large file, in a thread: what happened is its cause
        raise PushError(f"{repository}: {_reason(error.__cause__ or error)}") from error
    return done.commit_url


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name != READ_BY_THE_HUB


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
