"""
A Hub on loopback: a real HTTP server for the real client, which finds it by HF_ENDPOINT.

`http://127.0.0.1:PORT` is the Hub. `http://localhost:PORT` is where it keeps large files: another host for the client,
which must not show its token there. A request that no endpoint answers gets 501 and stands in `unknown`.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from loopback_endpoints import ENDPOINTS
from loopback_repositories import Refused, Repository

WRITER, READER = "hf_writer", "hf_reader"
USERS = {WRITER: "me", READER: "someone"}


class Hub(ThreadingHTTPServer):
    """The server and what it keeps; `requests` holds what was asked, `faults` what is to go wrong."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.requests: list[str] = []
        self.unknown: list[str] = []
        self.faults: list[list] = []
        self.lock = threading.RLock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def storage(self) -> str:
        return f"http://localhost:{self.server_port}"

    def fail(self, request: str, status: int, times: int) -> None:
        """Answer the next requests whose `METHOD PATH` matches with a status; 0 hangs up in the middle of them."""
        self.faults.append([re.compile(request), status, times])

    def fault(self, request: str) -> int | None:
        """The status that this request is to fail with."""
        for fault in self.faults:
            if fault[2] and fault[0].search(request):
                fault[2] -= 1
                return fault[1]
        return None

    def asked(self, request: str) -> int:
        """How many requests matched."""
        return sum(bool(re.search(request, each)) for each in self.requests)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads a request whole, finds its endpoint, and knows who asks."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def handle_request(self) -> None:
        address = urlsplit(self.path)
        self.query = parse_qs(address.query)
        with self.server.lock:
            request = f"{self.command} {self.path} {self.headers.get('Range', '')}"
            self.server.requests.append(request)
            status = self.server.fault(request)
        if status == 0:
            self.rfile.read(int(self.headers.get("Content-Length") or 0) // 2)
            self.close_connection = True
            return
        self.body = self._body()
        try:
            if status is not None:
                raise Refused(status, "on purpose")
            with self.server.lock:
                self._route(unquote(address.path))
        except Refused as refusal:
            code = {"X-Error-Code": refusal.code} if refusal.code else {}
            self.answer({"error": str(refusal)}, refusal.status, {**code, "X-Error-Message": str(refusal)})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = handle_request

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _route(self, path: str) -> None:
        wanted = "GET" if self.command == "HEAD" else self.command
        for method, pattern, function in ENDPOINTS:
            if method == wanted and (found := pattern.fullmatch(path)):
                return function(self, **found.groupdict())
        self.server.unknown.append(f"{self.command} {self.path}")
        raise Refused(501, f"the loopback Hub does not know {self.command} {path}")

    def answer(self, content: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """JSON, or bytes as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_file(self, content: bytes, headers: dict[str, str]) -> None:
        """A file, or the part of it that was asked for."""
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
            span = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
            self.answer(content[first : last + 1], 206, {**span, **headers})
        else:
            self.answer(content, 200, {"Accept-Ranges": "bytes", **headers})

    def user(self) -> str | None:
        """Who asks; a token that nobody has is refused."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token not in USERS:
            raise Refused(401, "Invalid credentials in Authorization header")
        return USERS.get(token)

    def writer(self, name: str | None = None) -> str:
        """Who asks, who must be somebody, and the owner of what has that name."""
        user = self.user()
        if user is None:
            raise Refused(401, "Invalid username or password.")
        if name is not None and user != name.split("/")[0]:
            raise Refused(403, f"You have no right to write to {name}")
        return user

    def repository(self, kind: str | None, name: str, writes: bool = False) -> Repository:
        """The repository, if who asks may know of it."""
        if writes:
            self.writer(name)
        found, user = self.server.repositories.get((kind or "model", name)), self.user()
        if found is None or (found.private and user != name.split("/")[0]):
            raise Refused(404 if user else 401, "Repository not found", "RepoNotFound")
        return found

    def must_show_no_token(self) -> None:
        """Refuse what would have told a token to the host of large files."""
        if self.headers.get("Authorization"):
            raise Refused(400, "a token was shown to the storage")

    def log_message(self, *_) -> None:
        """Nothing on standard error."""
