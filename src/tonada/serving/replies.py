"""Answers as HTTP has them: the object that `tonada classify --format json` prints, and a code that fits its status."""

from typing import NotRequired

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, with_config
from starlette.exceptions import HTTPException
from typing_extensions import TypedDict  # pydantic takes Python's own only from 3.12 on

from tonada.listening.answers import Answer, Stretch
from tonada.listening.listener import ModelError

CODES = {
    **{"ok": 200, "not_music": 200},
    **{"bad_request": 400, "not_found": 404, "not_allowed": 405, "late": 408, "too_large": 413, "too_long": 413},
    **{"failed": 500, "busy": 503, "timeout": 504},
}
UNJUDGED = 422  # any other status: the song cannot be judged, or the query asks for what there is not
STATUSES = {code: status for status, code in CODES.items() if status != "too_long"}
HOW = "send one file in the multipart field named file, as curl -F file=@song.mp3 does, to /classify"


# Answer.to_dict's object, for the OpenAPI document: unlike Answer it says what always comes, and what never does.
@with_config(ConfigDict(extra="forbid"))
class Reply(TypedDict):
    """
    What is said of an upload. Where there is no label, `status` and `message` say why; `level` and `leaf` come where a
    level was asked for, `labels` and `values` from models that answer so, and `segments` with a timeline.
    """

    path: str
    status: str
    message: str
    label: str | None
    parents: list[str]
    probability: float | None
    probabilities: dict[str, float] | None
    agreement: float | None
    set: list[str] | None
    duration: float | None
    model: str | None
    revision: str | None
    level: NotRequired[int]
    leaf: NotRequired[str]
    labels: NotRequired[list[str]]
    values: NotRequired[dict[str, float]]
    segments: NotRequired[list[Stretch]]


def reply(answer: Answer, timeline: bool = False, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer to a song, or why there is none."""
    return JSONResponse(answer.to_dict(timeline), CODES.get(answer.status, UNJUDGED), headers)


def refusal(status: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer to a request that brought no song."""
    return reply(Answer("", status, message), headers=headers)


def say_errors_so(app: FastAPI) -> None:
    """Let every error of the application, and of the libraries below it, come as an answer that says what to do."""

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        status = STATUSES.get(error.status_code, "bad_request")
        words = {
            "not_found": f"there is no {request.url.path}; {HOW}",
            "not_allowed": f"{request.url.path} takes no {request.method}; {HOW}",
            "bad_request": f"the body is no such upload ({error.detail}); {HOW}",
        }
        return refusal(status, words.get(status, error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def of_the_query(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        asked, came = ".".join(map(str, first["loc"])), str(first.get("input"))
        return refusal("bad_query", f"{asked} is {came[:100]!r}: {first['msg']}; ask for what /openapi.json offers")

    @app.exception_handler(ModelError)
    async def of_the_model(_: Request, error: ModelError) -> JSONResponse:
        return refusal("bad_query", str(error))
