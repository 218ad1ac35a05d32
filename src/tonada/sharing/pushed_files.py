"""
Which files of a repository an earlier push left, so that the next one takes away what it no longer sends.

Every push sends `pushed.json`: the hashes of the files that went with it. What stands in there, is not sent again and
still has its hash on the Hub is Tonada's own and stale; what somebody added or changed since is theirs and stays.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, RepoFile, errors

FILE = "pushed.json"
BLOCK_BYTES = 1 << 20


def noted(files: dict[str, Path]) -> bytes:
    """The content of `pushed.json` for files by the names that they get on the Hub."""
    hashes = {name: _hashes(path) for name, path in files.items()}
    return json.dumps(hashes, indent=1, sort_keys=True).encode() + b"\n"


def stale_files(hub: HfApi, repository: str, kind: str, branch: str, sent: Iterable[str]) -> list[str]:
    """
    Files that an earlier push left on a branch, that nobody changed since, and that are not among those sent now.

    Raises:
        errors.HTTPError, OSError: the Hub cannot be asked.
    """
    where: dict[str, Any] = {"repo_id": repository, "repo_type": kind, "revision": branch}
    try:
        earlier = _read(Path(hub.hf_hub_download(filename=FILE, **where)))
    except errors.EntryNotFoundError:
        return []
    gone = sorted(earlier.keys() - set(sent))
    there = hub.get_paths_info(paths=gone, **where) if gone else []
    return [each.path for each in there if isinstance(each, RepoFile) and _hash_of(each) in earlier[each.path]]


def _hashes(path: Path) -> list[str]:
    """As Git LFS names the content, and as Git does: which of them the Hub keeps is for the Hub to say."""
    lfs, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            lfs.update(block)
            git.update(block)
    return [lfs.hexdigest(), git.hexdigest()]


def _hash_of(file: RepoFile) -> str:
    return file.lfs.sha256 if file.lfs else file.blob_id


def _read(path: Path) -> dict[str, list[str]]:
    """What was noted; nothing if the file is of somebody else's making."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    is_ours = isinstance(found, dict) and all(isinstance(hashes, list) for hashes in found.values())
    return found if is_ours else {}
