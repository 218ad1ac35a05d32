"""`tonada serve`: songs over HTTP."""

import socket
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonada_cli.limit_options import MaxChannels, MaxDecodedGb, MaxFileGb, MaxMinutes, MaxRate, limits
from tonada_cli.loading import load_listener
from tonada_cli.model_options import Gate, OwnModel, Revision, Task
from tonada_cli.printing import complain, fail

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tonada.listening.listener import Listener


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 is every one of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one and says which.")] = 8000,
    task: Task = "emotion",
    model: OwnModel = None,
    revision: Revision = None,
    gate: Gate = None,
    max_requests: Annotated[
        int, typer.Option(min=1, help="Uploads inside at once; one more is told to come again (503).")
    ] = 64,
    max_songs: Annotated[
        int, typer.Option(min=1, help="Of them decoded and not yet answered: what takes memory, and the largest batch.")
    ] = 8,
    max_seconds: Annotated[
        float, typer.Option(min=1.0, max=3600.0, help="For an upload to arrive, and again for its answer.")
    ] = 60.0,
    max_minutes: MaxMinutes = 15.0,
    max_file_gb: MaxFileGb = 0.1,
    max_decoded_gb: MaxDecodedGb = 4.0,
    max_channels: MaxChannels = 8,
    max_rate: MaxRate = 192_000,
) -> None:
    """
    Judge songs that are posted over HTTP.

    POST /classify takes a file in the multipart field named file and answers with the object that classify prints with
    --format json; timeline and level stand in the query. GET /health, /ready, /metrics (Prometheus), /openapi.json.

    What cannot be judged is an answer, too: status and message say why, and the code is 413 (too large), 422 (no song),
    503 (full; come again after Retry-After seconds) or 504 (took too long). Ctrl-C and SIGTERM let those who are inside
    have their answer. Needs FastAPI: pip install 'tonada\\[serve]'.

    Examples:

      tonada serve --port 8080

      curl -F file=@song.mp3 http://127.0.0.1:8080/classify

      curl -F file=@song.mp3 'http://127.0.0.1:8080/classify?timeline=true'
    """
    from tonada.extras import lacking

    if told := lacking("serve"):
        fail(f"serving {told}")
    bounds = limits(max_minutes, max_file_gb, max_decoded_gb, max_channels, max_rate)
    door = _door(host, port)
    app = _app(load_listener(task, model, revision, bounds, gate), max_requests, max_songs, max_seconds)
    import uvicorn

    # No limit_concurrency: uvicorn's refusal is plain text, and /health would get it too. The door limits uploads.
    settings: dict[str, Any] = {"log_level": "warning", "server_header": False}
    server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=round(max_seconds), **settings))
    name, at = door.getsockname()[:2]
    complain(f"listens at http://{name}:{at}/classify; Ctrl-C ends it")
    try:
        server.run([door])
    except KeyboardInterrupt:  # uvicorn raises it again when it is done
        raise typer.Exit(0) from None


def _door(host: str, port: int) -> socket.socket:
    """Taken before the model is loaded, which takes seconds."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        fail(f"{host}:{port} cannot be listened at ({error.strerror or error}); choose another --host or --port")


def _app(listener: "Listener", requests: int, songs: int, seconds: float) -> "FastAPI":
    from tonada.serving.app import create_app
    from tonada.serving.service_limits import ServiceLimits

    return create_app(listener, ServiceLimits(requests, songs, seconds, seconds))
