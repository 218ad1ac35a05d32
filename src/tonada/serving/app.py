"""The service: a song is posted, and what `tonada classify --format json` says of it comes back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

import tonada
from tonada.listening.answers import Answer
from tonada.listening.listener import Listener
from tonada.serving.arrivals import Door, Inside
from tonada.serving.hearing import Hearing
from tonada.serving.metrics import Metrics
from tonada.serving.replies import Reply, reply, say_errors_so
from tonada.serving.service_limits import ServiceLimits

BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}
WHY = {
    400: "The body is no such upload.",
    408: "The upload did not arrive in time.",
    413: "The upload is too large, or the recording too long.",
    422: "The file cannot be judged, or the query asks for what there is not; `status` and `message` say why.",
    500: "Unforeseen.",
    503: "As many songs as can be are being heard; come again after `Retry-After` seconds.",
    504: "The song was not judged in time.",
}


class State(BaseModel):
    """In a word."""

    status: str


def create_app(listener: Listener, limits: ServiceLimits | None = None) -> FastAPI:
    """
    An ASGI application.

    Args:
        listener: who judges; its limits hold for every recording.
        limits: of the service itself.
    """
    limits = limits or ServiceLimits()
    metrics, inside = Metrics(), Inside(limits.requests)
    hearing = Hearing(listener, limits.songs, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hearing.open()
        yield
        hearing.close()

    app = FastAPI(
        title="Tonada",
        version=tonada.__version__,
        description=f"What a song sounds like, by {listener.name}.",
        lifespan=lifespan,
        docs_url=None,  # pages that load their code from elsewhere
        redoc_url=None,
    )
    answers: dict[int | str, dict[str, Any]] = {code: {"model": Reply, "description": why} for code, why in WHY.items()}

    @app.post("/classify", response_model=Reply, responses=answers, openapi_extra={"requestBody": BODY})
    async def classify(
        request: Request,
        timeline: Annotated[bool, Query(description="Also say when in the song, in segments.")] = False,
        level: Annotated[
            int | None, Query(ge=1, description="Of the model's tree of labels; 1 is the topmost.")
        ] = None,
    ) -> Response:
        """Judge the song that is posted as `file`."""
        listener.labels(level)
        async with request.form(max_files=1, max_fields=0) as form:
            upload = form.get("file")
            if not isinstance(upload, UploadFile):
                raise HTTPException(400, "no file came")
            path = upload.filename or ""
            # A descriptor of its own: after a timeout the song is still being read, and the form is closed.
            file = os.fdopen(os.dup(upload.file.fileno()), "rb")
        request.state.work = asyncio.create_task(hearing.classify(file, path, level))
        return reply(await _in_time(request.state.work, path, limits.answer_seconds), timeline)

    _add_probes(app, inside, metrics)
    say_errors_so(app)
    app.add_middleware(Door, inside=inside, limits=limits, max_bytes=listener.limits.max_bytes, metrics=metrics)
    return app


async def _in_time(work: asyncio.Task[Answer], path: str, seconds: float) -> Answer:
    """The answer, or that it took too long; nobody would read a later one, so that the work is given up."""
    try:
        done, _ = await asyncio.wait({work}, timeout=seconds)
    finally:
        work.cancel()  # which leaves what is done as it is
    if done:
        return work.result()
    message = f"{path}: was not judged in {seconds:g} s; come again later, or send a shorter excerpt"
    return Answer(path, "timeout", message)


def _add_probes(app: FastAPI, inside: Inside, metrics: Metrics) -> None:
    """What whoever runs the service asks of it."""

    @app.get("/health")
    async def health() -> State:
        """Whether the process lives."""
        return State(status="ok")

    @app.get("/ready", responses={503: {"model": State, "description": "It is full."}})
    async def ready(response: Response) -> State:
        """Whether one more song would be let in."""
        if inside.is_full:
            response.status_code = 503
        return State(status="busy" if inside.is_full else "ok")

    @app.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
    async def show_metrics() -> Response:
        """Counters for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
