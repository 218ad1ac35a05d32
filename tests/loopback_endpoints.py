"""The endpoints of the loopback Hub: what huggingface-hub 2 asks to push, list and fetch, and what the Hub answers."""

import base64
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from loopback_repositories import Blob, Refused, Repository, is_lfs, listing

if TYPE_CHECKING:
    from loopback_hub import Handler

API = r"/api/(?P<kind>model|dataset|space)s/(?P<name>[^/]+/[^/]+)"
WEB = r"/(?:(?P<kind>dataset|space)s/)?(?P<name>[^/]+/[^/]+?)"
STORED = r"/objects/(?P<kind>model|dataset|space)/(?P<name>[^/]+/[^/]+)"
ENDPOINTS: list[tuple[str, re.Pattern, Callable]] = []


def endpoint(method: str, path: str) -> Callable:
    """The function below answers requests to such paths, and is given their named groups."""

    def register(function: Callable) -> Callable:
        ENDPOINTS.append((method, re.compile(path), function))
        return function

    return register


@endpoint("GET", "/api/whoami-v2")
def whoami(call: "Handler") -> None:
    call.answer({"type": "user", "name": call.writer(), "orgs": [], "auth": {"type": "access_token"}})


@endpoint("POST", "/api/repos/create")
def create(call: "Handler") -> None:
    asked = json.loads(call.body)
    kind, name = asked.get("type") or "model", f"{asked.get('organization') or call.writer()}/{asked['name']}"
    call.writer(name)
    address = f"{call.server.address}/{'' if kind == 'model' else kind + 's/'}{name}"
    if (kind, name) in call.server.repositories:
        call.answer({"error": "You already created this repo", "url": address}, 409)
    else:
        call.server.repositories[kind, name] = Repository(kind, name, asked.get("visibility") == "private")
        call.answer({"url": address})


@endpoint("POST", f"{API}/branch/(?P<branch>.+)")
def create_branch(call: "Handler", kind: str, name: str, branch: str) -> None:
    repository = call.repository(kind, name, writes=True)
    if branch in repository.branches:
        raise Refused(409, "Reference already exists")
    repository.branches[branch], _ = repository.at(json.loads(call.body).get("startingPoint", "main"))
    call.answer({})


@endpoint("POST", "/api/validate-yaml")
def validate(call: "Handler") -> None:
    wrong = [{"message": "no metadata"}] if not json.loads(call.body)["content"].startswith("---\n") else []
    call.answer({"errors": [], "warnings": wrong})


@endpoint("POST", f"{API}/preupload/(?P<revision>.+)")
def preupload(call: "Handler", kind: str, name: str, revision: str) -> None:
    _, there = call.repository(kind, name, writes=True).at(revision)
    files = []
    for each in json.loads(call.body)["files"]:
        path, old = each["path"], there.get(each["path"])
        mode = "lfs" if is_lfs(path, each["size"]) else "regular"
        files.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": old.etag if old else None})
    call.answer({"files": files})


@endpoint("POST", rf"{WEB}\.git/info/lfs/objects/batch")
def lfs_batch(call: "Handler", kind: str | None, name: str) -> None:
    repository = call.repository(kind, name, writes=True)
    path = f"/objects/{kind or 'model'}/{name}"
    objects = []
    for each in json.loads(call.body)["objects"]:
        upload = {"href": f"{call.server.storage}{path}/{each['oid']}"}
        actions = {"upload": upload, "verify": {"href": f"{call.server.address}{path}/verify"}}
        objects.append(each if each["oid"] in repository.objects else {**each, "actions": actions})
    call.answer({"transfer": "basic", "objects": objects})


@endpoint("PUT", rf"{STORED}/(?P<oid>[0-9a-f]{{64}})")
def lfs_upload(call: "Handler", kind: str, name: str, oid: str) -> None:
    call.must_show_no_token()
    if Blob(call.body, lfs=True).sha256 != oid:
        raise Refused(400, "the content is not what its hash says")
    call.server.repositories[kind, name].objects[oid] = call.body
    call.answer(b"")


@endpoint("POST", f"{STORED}/verify")
def lfs_verify(call: "Handler", kind: str, name: str) -> None:
    asked = json.loads(call.body)
    if len(call.repository(kind, name, writes=True).objects.get(asked["oid"], b"")) != asked["size"]:
        raise Refused(404, "no such object")
    call.answer({})


@endpoint("GET", rf"{STORED}/(?P<oid>[0-9a-f]{{64}})")
def lfs_download(call: "Handler", kind: str, name: str, oid: str) -> None:
    call.must_show_no_token()
    call.answer_file(call.server.repositories[kind, name].objects[oid], {"ETag": f'"{oid}"'})


@endpoint("POST", f"{API}/commit/(?P<branch>.+)")
def commit(call: "Handler", kind: str, name: str, branch: str) -> None:
    repository = call.repository(kind, name, writes=True)
    repository.at(branch)
    files: dict[str, Blob | None] = {}
    for line in call.body.splitlines():
        key, value = (item := json.loads(line))["key"], item["value"]
        if key == "file":
            files[value["path"]] = Blob(base64.b64decode(value["content"]), lfs=False)
        elif key == "lfsFile":
            if value["oid"] not in repository.objects:
                raise Refused(400, f"{value['path']} was not uploaded")
            files[value["path"]] = Blob(repository.objects[value["oid"]], lfs=True)
        elif key == "deletedFile":
            files[value["path"]] = None
        elif key != "header":
            raise Refused(501, f"the loopback Hub knows no {key}")
    made = repository.commit(branch, files)
    prefix = "" if kind == "model" else f"{kind}s/"
    call.answer({"commitUrl": f"{call.server.address}/{prefix}{name}/commit/{made}", "commitOid": made})


@endpoint("POST", r"/api/spaces/(?P<name>[^/]+/[^/]+)/variables")
def add_variable(call: "Handler", name: str) -> None:
    variables = call.repository("space", name, writes=True).variables
    asked = json.loads(call.body)
    variables[asked["key"]] = {"key": asked["key"], "value": asked["value"]}
    call.answer(variables)


@endpoint("GET", f"{API}(?:/revision/(?P<revision>.+))?")
def info(call: "Handler", kind: str, name: str, revision: str | None) -> None:
    repository = call.repository(kind, name)
    found, files = repository.at(revision or "main")
    siblings = [{"rfilename": path} for path in sorted(files)]
    facts = {"id": name, "private": repository.private, "gated": False, "disabled": False, "tags": []}
    call.answer({**facts, "sha": found, "siblings": siblings})


@endpoint("GET", f"{API}/refs")
def refs(call: "Handler", kind: str, name: str) -> None:
    branches = call.repository(kind, name).branches.items()
    found = [{"name": branch, "ref": f"refs/heads/{branch}", "targetCommit": commit} for branch, commit in branches]
    call.answer({"branches": found, "converts": [], "tags": []})


@endpoint("GET", f"{API}/tree/(?P<revision>[^/]+)(?:/(?P<below>.+))?")
def tree(call: "Handler", kind: str, name: str, revision: str, below: str | None) -> None:
    _, files = call.repository(kind, name).at(revision)
    shown = listing(files, below or "", call.query.get("recursive", [""])[0].lower() == "true")
    if below and not shown:
        raise Refused(404, f"{below} does not exist", "EntryNotFound")
    call.answer(shown)


@endpoint("POST", f"{API}/paths-info/(?P<revision>.+)")
def paths_info(call: "Handler", kind: str, name: str, revision: str) -> None:
    _, files = call.repository(kind, name).at(revision)
    asked = parse_qs(call.body.decode())["paths"]
    call.answer([each for each in listing(files, "", recursive=True) if each["path"] in asked])


@endpoint("GET", f"{WEB}/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
def resolve(call: "Handler", kind: str | None, name: str, revision: str, path: str) -> None:
    found, files = call.repository(kind, name).at(revision)
    if (blob := files.get(path)) is None:
        raise Refused(404, "Entry not found", "EntryNotFound")
    headers = {"X-Repo-Commit": found, "ETag": f'"{blob.etag}"'}
    if blob.lfs:
        linked = {"X-Linked-Etag": f'"{blob.sha256}"', "X-Linked-Size": str(len(blob.content))}
        where = f"{call.server.storage}/objects/{kind or 'model'}/{name}/{blob.sha256}"
        call.answer(b"", 302, {**headers, **linked, "Location": where})
    else:
        call.answer_file(blob.content, headers)
