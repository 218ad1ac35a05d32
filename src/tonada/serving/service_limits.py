"""What a service takes on at once, and for how long."""

from dataclasses import dataclass

ENVELOPE_BYTES = 65_536  # what a multipart body may hold beside the file


@dataclass(frozen=True)
class ServiceLimits:
    """
    Attributes:
        requests: uploads inside at once, arriving, waiting or judged, or given up while a thread is still at them; one
            more is told to come again.
        songs: decoded and not yet answered, which is what takes memory; also the most that the model hears at once.
        arrival_seconds: within which an upload must have arrived.
        answer_seconds: within which an upload that has arrived is answered.
        retry_seconds: after which to come again.
        drained: refused uploads that are read to their end at once; one more is answered without.
    """

    requests: int = 64
    songs: int = 8
    arrival_seconds: float = 60.0
    answer_seconds: float = 60.0
    retry_seconds: int = 2
    drained: int = 256
