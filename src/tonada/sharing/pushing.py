"""A folder to the Hub in one commit, and what can go wrong said in a line."""

from pathlib import Path

from huggingface_hub import HfApi, errors


class PushError(Exception):
    """The folder did not arrive, and what to do about it."""


def to_send(folder: Path) -> list[Path]:
    """The files of a folder that are sent, in the order of names; none whose name begins with a dot."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if not any(each.startswith(".") for each in path.relative_to(folder).parts))


def push(folder: Path, repository: str, kind: str, private: bool, message: str) -> str:
    """
    Make the repository if it is not there, send the folder in one commit and return the commit's address.

    Args:
        folder: to send, as `to_send` lists it.
        repository: `owner/name`.
        kind: `dataset` or `model`.
        private: whether a repository that is made is for its owner alone.
        message: of the commit.

    Raises:
        PushError: nobody is logged in, the Hub refuses, or it cannot be reached.
    """
    hub = HfApi()
    try:
        hub.create_repo(repository, repo_type=kind, private=private, exist_ok=True)
        names = [path.relative_to(folder).as_posix() for path in to_send(folder)]
        done = hub.upload_folder(
            repo_id=repository, repo_type=kind, folder_path=folder, allow_patterns=names, commit_message=message
        )
    except (errors.HfHubHTTPError, errors.HFValidationError, errors.HTTPError, OSError) as error:
        raise PushError(f"{repository}: {_reason(error)}; {folder} is whole, nothing has to be built again") from error
    return done.commit_url


def _reason(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.LocalTokenNotFoundError) or status == 401:
        return "the Hub does not know you; log in with `hf auth login`, or set HF_TOKEN"
    if status == 403:
        return "the Hub knows you, but you may not write there; use a token with the right to write, or another owner"
    if status == 404:
        return "there is no such owner or repository, or your token may not see it"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set; unset it to push"
    if status is None and isinstance(error, errors.HTTPError | ConnectionError):
        return f"the Hub cannot be reached ({error}); push when there is a network"
    return (str(error).strip() or type(error).__name__).splitlines()[0]
