"""The door: how many uploads are inside, how large they may be, and how long they may take to arrive."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tonada.serving.metrics import Metrics
from tonada.serving.replies import refusal
from tonada.serving.service_limits import ENVELOPE_BYTES, ServiceLimits


@dataclass
class Inside:
    """How many uploads are inside, and how many may be."""

    most: int
    now: int = 0

    @property
    def is_full(self) -> bool:
        """Whether one more would be told to come again."""
        return self.now >= self.most

    def enter(self) -> None:
        """One more."""
        self.now += 1

    def leave_after(self, work: "asyncio.Task[Any] | None") -> None:
        """One less: now, or when the work that its request left behind has ended."""
        if work is None or work.done():
            self.now -= 1
        else:
            work.add_done_callback(lambda _: self.leave_after(None))


class Door:
    """
    Lets uploads in, one by one, and counts their bytes while they arrive, for what a header says of them may be a lie.

    Args:
        app: what is behind it.
        inside: who is there.
        limits: of the service.
        max_bytes: of a file.
        metrics: where it counts.
    """

    def __init__(self, app: ASGIApp, inside: Inside, limits: ServiceLimits, max_bytes: int, metrics: Metrics):
        self.app, self.inside, self.limits, self.metrics = app, inside, limits, metrics
        self.max_bytes = max_bytes
        self.draining = 0
        metrics.inside.set_function(lambda: inside.now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        send = self._noted(send)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self.max_bytes + ENVELOPE_BYTES:
            await self._drain(receive)
            await refusal("too_large", self._too_large(int(declared)))(scope, receive, send)
        elif self.inside.is_full:
            message = f"{self.inside.now} songs are being heard, as many as are at once; come again in a moment"
            again = {"Retry-After": str(self.limits.retry_seconds)}
            await self._drain(receive)
            await refusal("busy", message, again)(scope, receive, send)
        else:
            await self._let_in(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        self.inside.enter()
        try:
            # Who hung up is owed no answer, and is no error.
            with suppress(ClientDisconnect), self.metrics.seconds.time():
                await self.app(scope, self._counted(receive), send)
        finally:
            self.inside.leave_after(state.get("work"))

    def _noted(self, send: Send) -> Send:
        async def send_some(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.answers.labels(message["status"]).inc()
            await send(message)

        return send_some

    def _counted(self, receive: Receive) -> Receive:
        arrived, end = 0, time.monotonic() + self.limits.arrival_seconds

        async def receive_some() -> Message:
            nonlocal arrived
            try:
                message = await asyncio.wait_for(receive(), end - time.monotonic())
            except TimeoutError as error:
                raise HTTPException(408, self._late(arrived), {"Connection": "close"}) from error
            arrived += len(message.get("body", b""))
            if arrived > self.max_bytes + ENVELOPE_BYTES:
                await self._drain(receive)
                raise HTTPException(413, self._too_large(arrived))
            return message

        return receive_some

    async def _drain(self, receive: Receive) -> None:
        """
        Lose what is still to come, as much again as a file may have: who is answered while sending, and then cut off,
        reads no answer. Beyond the limit on such courtesy, nothing is awaited.
        """
        if self.draining >= self.limits.drained:
            return
        self.draining += 1
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lose(receive), self.limits.arrival_seconds)
        finally:
            self.draining -= 1

    async def _lose(self, receive: Receive) -> None:
        lost, more = 0, True
        while more and lost <= self.max_bytes:
            message = await receive()
            lost += len(message.get("body", b""))
            more = message.get("more_body", False)

    def _too_large(self, size: int) -> str:
        return f"the upload has {size:,} bytes or more, a file may have {self.max_bytes:,}; send a shorter excerpt"

    def _late(self, arrived: int) -> str:
        seconds = self.limits.arrival_seconds
        return f"{arrived:,} bytes came in {seconds:g} s and the rest did not; send it faster, or a smaller file"
