"""What the loopback Hub keeps: repositories with branches, commits and files, regular ones and those of Git LFS."""

import hashlib
import json
from dataclasses import dataclass, field

REGULAR_BYTES = 100_000
"""From here on a file is LFS (10 MB on the Hub), so that small tests meet both; and by suffix, as `.gitattributes`."""
LFS_SUFFIXES = (".safetensors", ".parquet")
ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS_SUFFIXES).encode()


class Refused(Exception):
    """An answer that is no success: its status, and the Hub's own code for the client."""

    def __init__(self, status: int, message: str, code: str = ""):
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Blob:
    """A file's bytes, and whether a pointer stands for them in the repository."""

    content: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git_content(self) -> bytes:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.content)}\n"
        return pointer.encode() if self.lfs else self.content

    @property
    def git_hash(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.git_content) + self.git_content).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.git_hash

    def listed(self, path: str) -> dict:
        """As the tree lists it."""
        size = len(self.content)
        facts = {"type": "file", "path": path, "size": size, "oid": self.git_hash}
        pointer = {"oid": self.sha256, "size": size, "pointerSize": len(self.git_content)}
        return {**facts, "lfs": pointer} if self.lfs else facts


@dataclass
class Repository:
    """A repository; like the Hub's, it begins with a commit of `.gitattributes`."""

    kind: str
    name: str
    private: bool
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)  # of LFS, by SHA-256
    variables: dict[str, dict] = field(default_factory=dict)  # of a Space

    def __post_init__(self):
        self.commit("main", {".gitattributes": Blob(ATTRIBUTES, lfs=False)})

    def commit(self, branch: str, files: dict[str, Blob | None]) -> str:
        """Add files on a branch, or take them away where they are `None`; the new commit's hash."""
        both = {**self.commits.get(self.branches.get(branch, ""), {}), **files}
        whole = {path: blob for path, blob in both.items() if blob is not None}
        said = [self.kind, self.name, len(self.commits), sorted((path, blob.git_hash) for path, blob in whole.items())]
        commit = hashlib.sha1(json.dumps(said).encode()).hexdigest()
        self.commits[commit] = whole
        self.branches[branch] = commit
        return commit

    def at(self, revision: str) -> tuple[str, dict[str, Blob]]:
        """The commit of a branch, or of a commit's own hash, and its files."""
        commit = self.branches.get(revision, revision)
        if commit not in self.commits:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit, self.commits[commit]

    def files(self, revision: str) -> dict[str, bytes]:
        """What a revision holds."""
        return {path: blob.content for path, blob in self.at(revision)[1].items()}


def is_lfs(path: str, size: int) -> bool:
    """Whether the Hub wants a file as LFS."""
    return path.endswith(LFS_SUFFIXES) or size >= REGULAR_BYTES


def listing(files: dict[str, Blob], below: str, recursive: bool) -> list[dict]:
    """Files and folders below a folder, as the tree endpoint gives them."""
    prefix = f"{below}/" if below else ""
    inside = {path: blob for path, blob in files.items() if path.startswith(prefix)}
    depth = prefix.count("/") + 1
    parents = {"/".join(path.split("/")[:n]) for path in inside for n in range(depth, path.count("/") + 1)}
    shown = [folder(path) for path in parents if recursive or path.count("/") < depth]
    shown += [blob.listed(path) for path, blob in inside.items() if recursive or path.count("/") < depth]
    return sorted(shown, key=lambda each: each["path"])


def folder(path: str) -> dict:
    """A folder as the tree lists it."""
    return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}
